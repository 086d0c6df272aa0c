"""The results of the checks of an expectation over the period of an engagement, as intervals."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from audits import days
from audits.finding_subjects import windows_of
from audits.intervals import Interval, Outcome, Result, intervals
from audits.models import Engagement
from controls.models import Check, Expectation
from evidence.models import CheckResult

MOST_RESULTS = 5_000
_PLACES = {
    Outcome.PASSED: (8, 16),
    Outcome.FAILED: (0, 24),
    Outcome.ERROR: (0, 12),
    Outcome.UNKNOWN: (20, 4),
}
"""Top and height of a bar of 24 units by its state, so that it is told without colour too."""


@dataclass(frozen=True)
class Bar:
    """One interval as it is drawn: its place and width in thousandths of the period."""

    interval: Interval
    x: int
    width: int

    @property
    def top(self) -> int:
        return _PLACES[self.interval.outcome][0]

    @property
    def height(self) -> int:
        return _PLACES[self.interval.outcome][1]


@dataclass(frozen=True)
class CheckHistory:
    """One check over the period."""

    check: Check
    bars: Sequence[Bar]
    is_cut: bool

    @property
    def failing_days(self) -> int:
        return sum(bar.interval.days for bar in self.bars if bar.interval.outcome is Outcome.FAILED)


def of(engagement: Engagement, expectation: Expectation, as_of: datetime) -> list[CheckHistory]:
    """Return the history of each check of an expectation, as it was known at a moment."""
    start = max(engagement.window_from, expectation.active_from)
    end = min(engagement.window_to, expectation.active_to or engagement.window_to)
    due = windows_of(engagement, expectation)
    if engagement.is_at_a_date and due:
        start, end = due[0].start, due[0].end
    known = min(end, days.day_of(as_of))
    checks = list(expectation.checks.order_by("slug"))
    if not checks or known < start:
        return []
    found, is_cut = _results(expectation, start, end, as_of)
    return [
        CheckHistory(
            check,
            [
                _bar(one, start, end)
                for one in intervals(found[check.pk], due, start=start, end=known)
            ],
            is_cut,
        )
        for check in checks
    ]


def _results(
    expectation: Expectation, start: date, end: date, as_of: datetime
) -> tuple[dict[int, list[Result]], bool]:
    """Return the results by check; where there are too many, the latest of them."""
    # Items from before the period are none of the engagement's business, so nobody hears of them.
    rows = (
        CheckResult.objects.filter(
            check_ref__expectation=expectation,
            evidence__covers_to__gte=start,
            evidence__covers_to__lte=end,
            ran_at__lte=as_of,
        )
        .order_by("-id")
        .values_list("id", "check_ref_id", "state", "evidence__ref", "evidence__covers_to")
    )
    fetched = list(rows[: MOST_RESULTS + 1])
    found: dict[int, list[Result]] = defaultdict(list)
    for key, check, state, ref, day in fetched[:MOST_RESULTS]:
        found[check].append(Result(day, key, Outcome(state), ref))
    return found, len(fetched) > MOST_RESULTS


def _bar(interval: Interval, start: date, end: date) -> Bar:
    whole = (end - start).days + 1
    left = 1000 * (interval.start - start).days // whole
    right = 1000 * ((interval.end - start).days + 1) // whole
    return Bar(interval, left, right - left)
