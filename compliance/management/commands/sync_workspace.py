"""`manage.py sync_workspace`: brings the workspace of the settings up to date, or another one."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from collectors.errors import CollectorError
from compliance.progress_bar import Bar
from evidence.errors import EvidenceError
from reports.errors import ReportsError
from reports.workspace.places import chosen
from reports.workspace.syncing import sync

_SHOWN = 20


class Command(BaseCommand):
    help = "Copy the evidence, by library and month, into a folder or a SharePoint library."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "place", nargs="?", help="file:FOLDER or sharepoint://...; by default WORKSPACE_URL"
        )
        parser.add_argument("--preview", action="store_true", help="only say what it would do")
        parser.add_argument(
            "--remove", action="store_true", help="also where most files have to be removed"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        url = options["place"] or settings.WORKSPACE_URL
        if not url:
            raise CommandError("Name a place, as in file:/srv/evidence, or set WORKSPACE_URL.")
        bar = Bar(self.stderr)
        try:
            place = chosen(url)
            outcome = sync(
                place,
                actor="system",
                progress=bar.show,
                is_rehearsal=options["preview"],
                may_empty=options["remove"],
            )
        except (CollectorError, EvidenceError, ReportsError) as error:
            raise CommandError(str(error)) from error
        finally:
            bar.clear()
        if options["preview"]:
            for verb, paths in (("write", outcome.written), ("remove", outcome.removed)):
                self._list(verb, paths)
        done = ", ".join(f"{number:,} {name}" for name, number in outcome.counts().items())
        self.stdout.write(f"{place.name}: {done.replace('_', ' ')}")

    def _list(self, verb: str, paths: list[str]) -> None:
        for path in paths[:_SHOWN]:
            self.stdout.write(f"would {verb} {path}")
        if len(paths) > _SHOWN:
            self.stdout.write(f"would {verb} {len(paths) - _SHOWN:,} more")
