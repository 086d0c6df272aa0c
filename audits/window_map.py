"""The heat map of expectations by windows: each expected time a mark, or a count where many are."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from audits import scope
from audits.coverage import Occurrence, State, worst
from audits.facts import coverage_of
from audits.models import Engagement
from controls.models import Expectation

MOST_MARKS = 5
"""So many windows of a month are marked one by one; more are counted in one mark."""


@dataclass(frozen=True)
class MonthOfWindows:
    """The windows of an expectation that end in one month."""

    month: date
    occurrences: Sequence[Occurrence]

    @property
    def state(self) -> State | None:
        return worst(one.state for one in self.occurrences) if self.occurrences else None

    @property
    def last(self) -> Occurrence | None:
        return self.occurrences[-1] if self.occurrences else None

    @property
    def is_counted(self) -> bool:
        return len(self.occurrences) > MOST_MARKS

    @property
    def words(self) -> str:
        counted = Counter(one.state for one in self.occurrences)
        return ", ".join(f"{counted[state]} {state}" for state in State if counted[state])


@dataclass(frozen=True)
class WindowRow:
    """One expectation and its windows, month by month."""

    expectation: Expectation
    months: Sequence[MonthOfWindows]


@dataclass(frozen=True)
class WindowMap:
    """A page of the map."""

    months: Sequence[date]
    rows: Sequence[WindowRow]
    count: int
    as_of: datetime


def of(engagement: Engagement, as_of: datetime | None, *, start: int, size: int) -> WindowMap:
    """Return the rows from a place on; only what they show is computed."""
    expectations = scope.expectations_of(engagement)
    slugs = list(expectations.values_list("slug", flat=True))
    report = coverage_of(engagement, as_of, slugs=slugs[start : start + size])
    known = [one for line in report.controls for one in line.expectations]
    rows = _rows(known, report.occurrences, report.months)
    return WindowMap(report.months, list(rows), len(slugs), report.as_of)


def _rows(
    expectations: Sequence[Expectation],
    occurrences: Sequence[Occurrence],
    months: Sequence[date],
) -> Iterator[WindowRow]:
    found = {
        key: list(group) for key, group in groupby(occurrences, key=lambda one: one.expectation)
    }
    for expectation in expectations:
        by_month = {
            month: list(group)
            for month, group in groupby(
                found.get(expectation.pk, ()), key=lambda one: one.end.replace(day=1)
            )
        }
        yield WindowRow(
            expectation, [MonthOfWindows(month, by_month.get(month, ())) for month in months]
        )
