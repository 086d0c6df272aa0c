"""Which days wait: for a run, for files, for a signature; and the files that collectors brought.

Rules:
- A day waits from its end on until its last run is signed; one that is overdue is a deviation.
- A day runs by itself as soon as all its daily files are there.
- What a collector brought is a file of the leg that names it: by the short name of its source, or
  by the source system where all of that system's lists are meant. It is of the last day that it
  covers; a list of a day without business is read by the run of the next one.
- Only whole answers of the same environment are taken, and a partial one is no file of any day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from evidence import ledger
from evidence.models import Evidence
from registers.campaigns.lists import local_day
from registers.errors import RegistersError
from registers.models import (
    InputFile,
    MatchingRules,
    MonthSignature,
    Reconciliation,
    ReconciliationRun,
)
from registers.reconciling import definitions, files, rolling, running

LOOKED_BACK = 60
"""So many days back somebody is asked for what is missing; coverage tells of all."""
RUN_BACK = 14
MONTH_DAYS = 10
"""So many days after its end a month is to be signed."""


@dataclass(frozen=True)
class Waiting:
    """A day that is over and not signed."""

    reconciliation: Reconciliation
    day: date
    due: date
    run: ReconciliationRun | None
    """The last run, whatever came of it."""

    @property
    def words(self) -> str:
        if self.run is None:
            return "No run yet: hand in its files, and run it."
        if self.run.state == ReconciliationRun.State.FAILED:
            return "Its run has failed: correct the files, and run it again."
        return "It waits for the signature of another person."


@dataclass(frozen=True)
class WaitingMonth:
    """A month that is over and not signed; `month` is its first day."""

    reconciliation: Reconciliation
    month: date
    due: date


def active(day: date) -> list[Reconciliation]:
    """Return the reconciliations that stand on a day, and have rules to run by."""
    ended = Q(ends_on__isnull=False) & Q(ends_on__lt=day - timedelta(days=LOOKED_BACK))
    found = Reconciliation.objects.exclude(ended).filter(starts_on__lte=day)
    ruled = found.filter(rules__approval__isnull=False).distinct()
    return list(ruled.select_related("owner").order_by("number"))


def waiting(today: date) -> Iterator[Waiting]:
    """Yield the days that wait, by reconciliation and day; a fixed number of queries."""
    first, last = today - timedelta(days=LOOKED_BACK), today - timedelta(days=1)
    standing = active(last)
    rules = {
        each.reconciliation_id: each
        for each in MatchingRules.objects.filter(
            reconciliation__in=standing, approval__isnull=False
        ).order_by("number")
    }
    found = ReconciliationRun.objects.filter(reconciliation__in=standing, day__gte=first)
    runs = {
        (run.reconciliation_id, run.day): run
        for run in found.select_related("signature").defer("facts").order_by("number")
    }
    for each in standing:
        for day in definitions.business_days(each, first, last, rules=rules[each.pk]):
            run = runs.get((each.pk, day))
            if run is None or not hasattr(run, "signature"):
                yield Waiting(each, day, definitions.due_day(each, day), run)


def waiting_months(today: date) -> Iterator[WaitingMonth]:
    """Yield the months that are over and wait for their signature; a fixed number of queries."""
    first = rolling.month_of(today - timedelta(days=LOOKED_BACK))[0]
    standing = active(today - timedelta(days=1))
    found = MonthSignature.objects.filter(reconciliation__in=standing, month__gte=first)
    signed = {*found.values_list("reconciliation", "month")}
    for each in standing:
        month, last = rolling.month_of(first)
        while last < today:
            is_here = each.starts_on <= last and (each.ends_on is None or each.ends_on >= month)
            if is_here and (each.pk, month) not in signed:
                yield WaitingMonth(each, month, last + timedelta(days=MONTH_DAYS))
            month, last = rolling.month_of(last + timedelta(days=1))


def due_runs(now: datetime) -> Iterator[tuple[Reconciliation, date, str]]:
    """Yield the days that can run now and have no run of these files: with their digest."""
    today = local_day(now)
    first, last = today - timedelta(days=RUN_BACK), today - timedelta(days=1)
    for each in active(last):
        for day in definitions.business_days(each, first, last):
            try:
                rules, read = running.ready(each, day)
            except RegistersError:
                continue
            digest = running.inputs_digest(read)
            ran = ReconciliationRun.objects.filter(reconciliation=each, day=day, rules=rules)
            if not ran.filter(inputs_digest=digest).exists():
                yield each, day, digest


def take_in(reconciliation: Reconciliation) -> list[InputFile]:
    """Name what collectors brought for a reconciliation as its files; a second call finds none."""
    made: list[InputFile] = []
    for leg, feed in reconciliation.feeds.items():
        with transaction.atomic():
            ledger.lock()
            known = InputFile.objects.filter(reconciliation=reconciliation, leg=leg)
            new = _brought(reconciliation, feed).exclude(pk__in=known.values("evidence"))
            made += [
                files.keep(reconciliation, leg=leg, day=each.covers_to, evidence=each, by=None)
                for each in new.order_by("id")
            ]
    return made


def _brought(reconciliation: Reconciliation, feed: str) -> "QuerySet[Evidence]":
    """Return the whole answers that a source brought for days that can still run."""
    since = definitions.today() - timedelta(days=LOOKED_BACK)
    named = Q(source_system=feed) | Q(population__ipe__runner=f"collector:{feed}")
    found = Evidence.objects.filter(
        named,
        environment=reconciliation.environment,
        covers_from__gte=reconciliation.starts_on,
        covers_to__gte=since,
        superseded_by__isnull=True,
        population__ipe__partial_reason="",
    ).exclude(run_ref="")
    if reconciliation.ends_on:
        found = found.filter(covers_to__lte=reconciliation.ends_on)
    return found
