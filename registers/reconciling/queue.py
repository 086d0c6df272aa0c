"""The queue of breaks: which ones a person asks for, how many of each age, and who must look.

Lists go from the oldest to the youngest, and on by where the page before ended.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Min, Q, QuerySet

from accounts.models import User
from registers.models import Break, Reconciliation
from registers.reconciling.aging import (
    BUCKETS,
    EXECUTIVE_DAYS,
    LEAD_DAYS,
    Bucket,
    Level,
    level_of,
)

NOBODY = "nobody"
REASONS = (
    "amount",
    "currency",
    "duplicate",
    "fee_variance",
    "file_missing",
    "file_rejected",
    "fx_rounding",
    "manual_adjustment",
    "mapping_unknown",
    "missing_in_bank",
    "missing_in_ledger",
    "missing_in_platform",
    "missing_in_processor",
    "orphan_chargeback",
    "orphan_refund",
    "reserve",
    "return_unposted",
    "split_sum",
    "status",
    "timing_overdue",
    "unexpected_in_bank",
    "unknown",
)
"""Why items are breaks, as the engine says it; what is not due yet is none."""


@dataclass(frozen=True)
class Choice:
    """Which breaks are meant, as an address says it; empty words mean all."""

    reconciliation: str = ""
    state: str = ""
    age: str = ""
    owner: str = ""
    reason: str = ""
    currency: str = ""

    @property
    def asked(self) -> list[tuple[str, str]]:
        """The parts that narrow the list, for an address."""
        return [(name, value) for name, value in vars(self).items() if value]


@dataclass(frozen=True)
class Place:
    """Where a page ended: the day from which its last break ages, and its number."""

    aged_from: date
    number: int

    def __str__(self) -> str:
        return f"{self.aged_from.isoformat()}.{self.number}"

    @classmethod
    def read(cls, words: str) -> "Place | None":
        """Return the place that an address names; None where it names none."""
        day, _, number = words.partition(".")
        try:
            return cls(date.fromisoformat(day), int(number)) if number.isdecimal() else None
        except ValueError:
            return None


@dataclass(frozen=True)
class Waiting:
    """Open breaks of one reconciliation that wait for the same people."""

    reconciliation: Reconciliation
    owner: User | None
    level: Level | None
    """None where somebody proposed how to close them, and another person must approve."""
    count: int
    oldest: date


def address_of(choice: Choice) -> str:
    """Return the query of an address that asks for a choice; empty for all."""
    return f"?{urlencode(choice.asked)}" if choice.asked else ""


def breaks(choice: Choice, *, today: date, after: Place | None = None) -> "QuerySet[Break]":
    """Return the breaks of a choice in order; closed ones only where their state is asked for."""
    found = Break.objects.select_related("reconciliation", "owner")
    if choice.state in Break.State.values:
        found = found.filter(state=choice.state)
    else:
        found = found.filter(is_open=True)
    if choice.reconciliation.isdecimal() and len(choice.reconciliation) < 10:
        found = found.filter(reconciliation__number=int(choice.reconciliation))
    if choice.owner == NOBODY:
        found = found.filter(owner=None)
    elif choice.owner.isdecimal() and len(choice.owner) < 19:
        found = found.filter(owner=int(choice.owner))
    if choice.reason:
        found = found.filter(reason=choice.reason)
    if choice.currency:
        found = found.filter(currency=choice.currency)
    for bucket in BUCKETS:
        if bucket.slug == choice.age:
            found = found.filter(_in(bucket, today))
    if after:
        found = found.filter(
            Q(aged_from__gt=after.aged_from) | Q(aged_from=after.aged_from, number__gt=after.number)
        )
    return found.order_by("aged_from", "number")


def ages(today: date, reconciliation: Reconciliation | None = None) -> list[tuple[Bucket, int]]:
    """Count the open breaks of each age; one query."""
    found = Break.objects.filter(is_open=True)
    if reconciliation:
        found = found.filter(reconciliation=reconciliation)
    counted = found.aggregate(
        **{f"b{place}": Count("pk", filter=_in(each, today)) for place, each in enumerate(BUCKETS)}
    )
    return [(each, counted[f"b{place}"]) for place, each in enumerate(BUCKETS)]


def level(broken: Break, today: date) -> Level:
    """Say who has to look at a break."""
    return level_of(
        broken.aged_from,
        today,
        size=broken.size,
        currency=broken.currency,
        large=broken.reconciliation.large,
        huge=broken.reconciliation.huge,
    )


def waiting(today: date) -> Iterator[Waiting]:
    """Yield what waits for owners, leads, executives and approvers; three queries at most."""
    standing = {each.pk: each for each in Reconciliation.objects.all()}
    if not standing:
        return
    rows = list(_summed(standing.values(), today))
    people = User.objects.in_bulk([row["owner"] for row in rows if row["owner"]]) if rows else {}
    for row in rows:
        if row["worked"]:
            of, owner = standing[row["reconciliation"]], people.get(row["owner"] or 0)
            yield Waiting(of, owner, Level.OWNER, row["worked"], row["worked_since"])
    for name, level_asked in (("lead", Level.LEAD), ("executive", Level.EXECUTIVE), ("ask", None)):
        for pk, of in standing.items():
            mine = [row for row in rows if row["reconciliation"] == pk and row[name]]
            if mine:
                count = sum(row[name] for row in mine)
                oldest = min(row[f"{name}_since"] for row in mine)
                yield Waiting(of, None, level_asked, count, oldest)


def _summed(standing: Iterable[Reconciliation], today: date) -> Iterable[Any]:
    """Count the open breaks by reconciliation and owner, in all four ways at once."""
    asked = Q(state=Break.State.PROPOSED)
    ways = {
        "worked": ~asked,
        "lead": ~asked & _reaching(standing, today, LEAD_DAYS, "large"),
        "executive": ~asked & _reaching(standing, today, EXECUTIVE_DAYS, "huge"),
        "ask": asked,
    }
    counts = {name: Count("pk", filter=way) for name, way in ways.items()}
    oldest = {f"{name}_since": Min("aged_from", filter=way) for name, way in ways.items()}
    found = Break.objects.filter(is_open=True).order_by("reconciliation", "owner")
    return found.values("reconciliation", "owner").annotate(**counts, **oldest)


def _reaching(standing: Iterable[Reconciliation], today: date, days: int, limits: str) -> Q:
    reached = Q(aged_from__lte=today - timedelta(days=days))
    for each in standing:
        for currency, amount in getattr(each, limits).items():
            reached |= Q(reconciliation=each, currency=currency, size__gte=amount)
    return reached


def _in(bucket: Bucket, today: date) -> Q:
    first, last = bucket.span(today)
    wanted = Q()
    if first:
        wanted &= Q(aged_from__gte=first)
    if last:
        wanted &= Q(aged_from__lte=last)
    return wanted
