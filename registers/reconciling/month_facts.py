"""What is to be said of a month: its days with their signatures, what is open, what was let go.

Rules:
- Every business day of the month stands in it: signed and by whom, or not signed and why not.
- What was open at its end is told by age and reason, as it was due by then.
- Write-offs are told one by one with the sum of the month so far, which the caps are held against:
  it counts the write-offs of all reconciliations in the currency.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from accounts.models import User
from evidence.models import LedgerEntry
from registers.models import (
    Break,
    BreakEvent,
    DaySignature,
    Reconciliation,
    ReconciliationRun,
    WriteOffLimit,
)
from registers.reconciling import definitions, rolling
from registers.reconciling.aging import BUCKETS, days_of
from registers.reconciling.rolling import Rolled

_BATCH = 2000
_REASONS = (BreakEvent.Kind.FOUND, BreakEvent.Kind.CHANGED, BreakEvent.Kind.REOPENED)


@dataclass(frozen=True)
class MonthDay:
    """One business day of a month, how its last run went, and its signature."""

    day: date
    run: ReconciliationRun | None = None
    signature: DaySignature | None = None

    @property
    def standing(self) -> str:
        """How far it is, in words."""
        if self.signature:
            return "signed late" if self.signature.is_late else "signed"
        if self.run is None:
            return "no run"
        is_failed = self.run.state == ReconciliationRun.State.FAILED
        return "run failed" if is_failed else "run without signature"


@dataclass(frozen=True)
class OpenBreak:
    """A break that was open at the end of a month; its reason as it was then."""

    broken: Break
    reason: str

    def days(self, last: date) -> int:
        """Its age at the end of the month."""
        return days_of(self.broken.aged_from, last)

    def bucket(self, last: date) -> str:
        """The label of its age."""
        days = self.days(last)
        return [each.label for each in BUCKETS if each.least <= days][-1]


@dataclass(frozen=True)
class WrittenOff:
    """One write-off, with the sum of its currency in the month so far, without signs."""

    event: BreakEvent
    proposed_by: User | None
    so_far: int


def days_of_month(
    reconciliation: Reconciliation, month: date, *, told_by: LedgerEntry | None = None
) -> list[MonthDay]:
    """Return the business days of a month so far; with a leaf, as they stood when it was written.

    Three queries.
    """
    first, last = rolling.month_of(month)
    here = {"reconciliation": reconciliation, "day__gte": first, "day__lte": last}
    signed, ran = DaySignature.objects.filter(**here), ReconciliationRun.objects.filter(**here)
    if told_by:
        signed = signed.filter(ledger_entry__lte=told_by.pk)
        ran = ran.filter(ledger_entry__lte=told_by.pk)
    runs = {run.day: run for run in ran.defer("facts").order_by("number")}
    signatures = {
        one.day: one for one in signed.select_related("by", "run", "evidence").order_by("id")
    }
    due = definitions.business_days(reconciliation, first, min(last, definitions.today()))
    return [_day(day, runs.get(day), signatures.get(day)) for day in due]


def _day(day: date, last_run: ReconciliationRun | None, signature: DaySignature | None) -> MonthDay:
    return MonthDay(day, signature.run if signature else last_run, signature)


def open_at_end(
    reconciliation: Reconciliation, month: date, *, told_by: LedgerEntry | None = None
) -> Iterator[OpenBreak]:
    """Yield what was open at the end of a month, by number; with a leaf, as known by then."""
    last = rolling.month_of(month)[1]
    steps = BreakEvent.objects.filter(broken__reconciliation=reconciliation, day__lte=last)
    if told_by:
        steps = steps.filter(ledger_entry__lte=told_by.pk)
    standing: set[int] = set()
    reasons: dict[int, str] = {}
    rows = steps.order_by("id").values_list("broken_id", "kind", "word", "change")
    for key, kind, word, change in rows.iterator(_BATCH):
        if kind in _REASONS:
            reasons[key] = word
        if change > 0:
            standing.add(key)
        elif change < 0:
            standing.discard(key)
    found = Break.objects.filter(reconciliation=reconciliation).select_related("owner")
    for broken in found.order_by("number").iterator(_BATCH):
        if broken.pk in standing:
            yield OpenBreak(broken, reasons.get(broken.pk, broken.reason))


def written_off(
    reconciliation: Reconciliation, month: date, *, told_by: LedgerEntry | None = None
) -> list[WrittenOff]:
    """Return the write-offs of a month by currency and time, with the sum that each one reached."""
    rows = (
        _let_go(month, told_by)
        .select_related("broken__proposed_by", "by")
        .order_by("currency", "id")
    )
    so_far: Counter[str] = Counter()
    told = []
    for event in rows.iterator(_BATCH):
        so_far[event.currency] += abs(event.amount)
        if event.broken.reconciliation_id == reconciliation.pk:
            told.append(WrittenOff(event, event.broken.proposed_by, so_far[event.currency]))
    return told


def spent(month: date, *, told_by: LedgerEntry) -> Mapping[str, int]:
    """Return what was written off in a month in each currency, in all reconciliations."""
    sums: Counter[str] = Counter()
    rows = _let_go(month, told_by)
    for currency, amount in rows.order_by().values_list("currency", "amount").iterator(_BATCH):
        sums[currency] += abs(amount)
    return sums


def _let_go(month: date, told_by: LedgerEntry | None) -> QuerySet[BreakEvent]:
    """Return the write-offs of a month that were approved, as far as a leaf knew of them."""
    first, last = rolling.month_of(month)
    found = BreakEvent.objects.filter(
        kind=BreakEvent.Kind.APPROVED,
        word=Break.Proposal.WRITTEN_OFF,
        day__gte=first,
        day__lte=last,
    )
    return found.filter(ledger_entry__lte=told_by.pk) if told_by else found


def limits_at(told_by: LedgerEntry) -> list[WriteOffLimit]:
    """Return the limits that counted when a leaf was written, by role and currency."""
    last: dict[tuple[str, str], WriteOffLimit] = {}
    found = WriteOffLimit.objects.filter(ledger_entry__lte=told_by.pk)
    for each in found.order_by("id").select_related("by"):
        last[each.role, each.currency] = each
    return [last[key] for key in sorted(last)]


def facts(
    reconciliation: Reconciliation,
    month: date,
    *,
    legs: Sequence[Rolled],
    reasons: Mapping[date, str],
) -> dict[str, object]:
    """Return what a signature of a month is about, as JSON values: amounts as text."""
    missing = [each for each in days_of_month(reconciliation, month) if not each.signature]
    return {
        "currencies": [each.said() for each in rolling.together(legs)],
        "legs": [each.said() for each in legs],
        "unsigned_days": [each.day.isoformat() for each in missing],
        "missing": [
            {
                "day": each.day.isoformat(),
                "standing": each.standing,
                "reason": reasons.get(each.day, ""),
            }
            for each in missing
        ],
        "ages": _ages(reconciliation, month),
        "written_off": _written_off(reconciliation, month),
    }


def _ages(reconciliation: Reconciliation, month: date) -> list[dict[str, object]]:
    last = rolling.month_of(month)[1]
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for each in open_at_end(reconciliation, month):
        found = sums[each.bucket(last), each.reason, each.broken.currency]
        found[0] += 1
        found[1] += each.broken.amount
    order = {bucket.label: place for place, bucket in enumerate(BUCKETS)}
    return [
        {"age": age, "reason": reason, "currency": code, "count": count, "amount": str(amount)}
        for (age, reason, code), (count, amount) in sorted(
            sums.items(), key=lambda one: (order[one[0][0]], one[0][1:])
        )
    ]


def _written_off(reconciliation: Reconciliation, month: date) -> list[dict[str, object]]:
    sums: dict[str, list[int]] = {}
    for each in written_off(reconciliation, month):
        found = sums.setdefault(each.event.currency, [0, 0, 0])
        found[0] += 1
        found[1] += abs(each.event.amount)
        found[2] = each.so_far
    return [
        {"currency": code, "count": count, "amount": str(amount), "month": str(month_sum)}
        for code, (count, amount, month_sum) in sorted(sums.items())
    ]
