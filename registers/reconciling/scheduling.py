"""Which days wait: for a run, for files, for a signature; and the files that collectors brought.

Rules:
- A day waits from its end on until its last run is signed; one that is overdue is a deviation.
- A day runs by itself as soon as all its daily files are there.
- What a collector brought from the source system that a leg names is a file of that leg, of the
  last day that it covers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q

from evidence import ledger
from evidence.models import Evidence
from registers.campaigns.lists import local_day
from registers.errors import RegistersError
from registers.models import InputFile, MatchingRules, Reconciliation, ReconciliationRun
from registers.reconciling import definitions, files, running

LOOKED_BACK = 60
"""So many days back somebody is asked for what is missing; coverage tells of all."""
RUN_BACK = 14


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
    made = []
    for leg, source in reconciliation.feeds.items():
        with transaction.atomic():
            ledger.lock()
            known = InputFile.objects.filter(reconciliation=reconciliation, leg=leg)
            found = Evidence.objects.filter(
                source_system=source,
                covers_to__gte=reconciliation.starts_on,
                superseded_by__isnull=True,
            ).exclude(run_ref="")
            new = found.exclude(pk__in=known.values("evidence")).order_by("id")
            made += [
                files.keep(reconciliation, leg=leg, day=each.covers_to, evidence=each, by=None)
                for each in new
                if definitions.is_due_on(reconciliation, each.covers_to)
            ]
    return made
