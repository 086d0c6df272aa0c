"""Where findings stand in the maps of coverage: one question to the database for a whole page."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from audits import findings
from audits.coverage import Occurrence
from audits.finding_record import UNSETTLED
from audits.models import Engagement


@dataclass(frozen=True)
class Flag:
    """How many findings are bound to a place of a map, and how many of them are not settled."""

    count: int
    unsettled: int

    @property
    def words(self) -> str:
        """Say it for those who see neither sign nor colour."""
        found = f"{self.count} finding{'' if self.count == 1 else 's'}"
        if self.count == self.unsettled:
            return f"{found}, not settled"
        return f"{found}, {self.unsettled} not settled" if self.unsettled else f"{found}, settled"


@dataclass(frozen=True)
class _Group:
    """Findings of the same expectation and days; many days of a year may have one each."""

    start: date
    end: date
    flag: Flag


class Flags:
    """The findings of an engagement as known at a moment, looked up by place."""

    def __init__(self, engagement: Engagement, rows: Iterable[tuple[str, str, _Group]]) -> None:
        self._last = engagement.window_to.replace(day=1)
        self._by_slug: dict[str, list[_Group]] = defaultdict(list)
        self._by_month: dict[tuple[str, date], list[_Group]] = defaultdict(list)
        for control, slug, group in rows:
            self._by_slug[slug].append(group)
            self._by_month[control, self._month_of(group)].append(group)

    def of_month(self, control: str, month: date) -> Flag | None:
        """Return what is bound to a control in the month in which its days end; None for nothing.

        A table that was sampled may reach beyond the window; it counts in the window's last month.
        """
        return _summed(self._by_month.get((control, month), ()))

    def of_occurrences(self, found: Sequence[Occurrence]) -> Flag | None:
        """Return what is bound to neighbours of one expectation, in order; None for nothing."""
        slug, start, end = found[0].slug, found[0].start, found[-1].end
        met = [one for one in self._by_slug.get(slug, ()) if one.start <= end and one.end >= start]
        return _summed(met)

    def _month_of(self, group: _Group) -> date:
        return min(group.end.replace(day=1), self._last)


def of(
    engagement: Engagement, as_of: datetime | None, *, controls: Sequence[str] | None = None
) -> Flags:
    """Return the findings as known at a moment (None: now); of some controls, or of all."""
    rows: QuerySet[Any] = findings.as_known(engagement, as_of)
    if controls is not None:
        rows = rows.filter(control_ref__in=controls)
    grouped = (
        rows.order_by()
        .values_list("control_ref", "expectation_slug", "start", "end", "was")
        .annotate(found=Count("pk"))
    )
    return Flags(
        engagement,
        (
            (control, slug, _Group(start, end, Flag(found, found if was in UNSETTLED else 0)))
            for control, slug, start, end, was, found in grouped
        ),
    )


def in_month(engagement: Engagement, month: date) -> Q:
    """Return the filter for the findings that a map shows in a month, by its first day."""
    ends = Q(end__gte=month)
    if month < engagement.window_to.replace(day=1):
        ends &= Q(end__lt=(month + timedelta(days=31)).replace(day=1))
    return ends


def _summed(groups: Sequence[_Group]) -> Flag | None:
    if not groups:
        return None
    return Flag(sum(one.flag.count for one in groups), sum(one.flag.unsettled for one in groups))
