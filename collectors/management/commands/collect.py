"""`manage.py collect`: ask sources in the foreground and say what came of it."""

import uuid
from argparse import ArgumentParser
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from collectors import registry
from collectors.base import AsksFor
from collectors.errors import CollectorError
from collectors.files import inbox
from collectors.models import Run, Source
from collectors.period import Period
from collectors.run import perform

_GOOD = {Run.State.COMPLETE, Run.State.EMPTY}


class Command(BaseCommand):
    help = (
        "Ask one source, or all enabled ones, now. Exit code 0: every answer was whole; "
        "1: a run failed or was partial."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", nargs="?", help="short name of a source")
        parser.add_argument("--all", action="store_true", help="every enabled source")
        parser.add_argument("--from", dest="start", help="first day of the period, 2026-01-01")
        parser.add_argument("--to", dest="end", help="last day of the period, 2026-01-31")
        parser.add_argument("--by-month", action="store_true", help="one run for each month of it")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            periods = self._periods(options)
            runs = [
                run
                for source in self._sources(options)
                for period in periods
                for run in self._ask(source, period)
            ]
        except CollectorError as error:
            raise CommandError(str(error)) from error
        short = [run for run in runs if run.state not in _GOOD]
        if short:
            raise CommandError(f"{len(short)} of {len(runs)} runs did not give a whole answer.")

    def _periods(self, options: dict[str, Any]) -> Sequence[Period | None]:
        period = self._period(options)
        if not options["by_month"]:
            return [period]
        if period is None:
            raise CommandError("Give --from and --to with --by-month.")
        return period.months()

    def _period(self, options: dict[str, Any]) -> Period | None:
        if not options["start"] and not options["end"]:
            return None
        if not (options["start"] and options["end"]):
            raise CommandError("Give both --from and --to, or neither.")
        try:
            return Period(date.fromisoformat(options["start"]), date.fromisoformat(options["end"]))
        except ValueError as error:
            raise CommandError(f"Dates are written 2026-01-31: {error}.") from error

    def _sources(self, options: dict[str, Any]) -> list[Source]:
        if bool(options["source"]) == options["all"]:
            known = ", ".join(Source.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"Name one source, or say --all. Sources: {known}.")
        if options["all"]:
            return list(Source.objects.filter(enabled=True))
        source = Source.objects.filter(slug=options["source"]).first()
        if source is None:
            raise CommandError(f"There is no source {options['source']!r}.")
        return [source]

    def _ask(self, source: Source, period: Period | None) -> list[Run]:
        collector = registry.collectors().get(source.collector)
        if collector and collector.declared.asks_for is AsksFor.FILE:
            return self._take_in(source)
        self.stdout.write(f"{source.slug}: asking ...")
        key = f"run:{source.pk}:command:{uuid.uuid4().hex}"
        run = perform(source, period=period, key=key, requested_by="system")
        return [self._told(source, run)]

    def _take_in(self, source: Source) -> list[Run]:
        runs = []
        for arrival in inbox.arrivals(source, now=timezone.now()):
            self.stdout.write(f"{source.slug}: taking in {arrival.path.name} ...")
            run = perform(source, period=None, key=arrival.ticket, file=arrival.path)
            inbox.settle(arrival.path, run)
            runs.append(self._told(source, run))
        if not runs:
            self.stdout.write(f"{source.slug}: no new files in {inbox.folder_of(source)}.")
        return runs

    def _told(self, source: Source, run: Run) -> Run:
        words = [f"{source.slug}: {run.get_state_display()}, {run.ref}"]
        if run.period_from:
            words.append(f"{run.period_from} to {run.period_to}")
        if run.rows is not None:
            words.append(f"{run.rows} rows")
        if run.evidence:
            words.append(run.evidence.ref)
            results = run.evidence.check_results.select_related("check_ref")
            words += [f"check {result.check_ref.slug}: {result.state}" for result in results]
        style = self.style.SUCCESS if run.state in _GOOD else self.style.WARNING
        self.stdout.write(style(", ".join(words) + "."))
        if run.reason:
            self.stdout.write(f"  {run.reason}")
        return run
