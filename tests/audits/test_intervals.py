"""Intervals fill the period, say what the last result said, and admit what nobody knows."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audits.intervals import Interval, Outcome, Result, intervals
from controls.cadence import Window, windows

START, END = date(2026, 6, 1), date(2026, 6, 30)
DAY = timedelta(days=1)


def due(cadence: str) -> list[Window]:
    return windows(cadence, START, END, days_allowed=0)


def result(day: int, outcome: Outcome, order: int = 0) -> Result:
    return Result(date(2026, 6, day), order or day, outcome, f"EV-{order or day}")


def said(found: list[Interval]) -> list[tuple[int, int, str]]:
    return [(one.start.day, one.end.day, one.outcome.value) for one in found]


def test_a_failing_interval_that_was_fixed_is_shown_between_passes() -> None:
    results = [
        result(day, Outcome.FAILED if 10 <= day <= 12 else Outcome.PASSED) for day in range(1, 31)
    ]
    found = intervals(results, due("daily"), start=START, end=END)
    assert said(found) == [(1, 9, "passed"), (10, 12, "failed"), (13, 30, "passed")]
    assert found[1].evidence == ("EV-10", "EV-11", "EV-12")
    assert found[1].days == 3


def test_a_day_without_a_result_is_unknown() -> None:
    results = [result(day, Outcome.PASSED) for day in range(1, 31) if day != 7]
    found = intervals(results, due("daily"), start=START, end=END)
    assert said(found) == [(1, 6, "passed"), (7, 7, "unknown"), (8, 30, "passed")]


def test_a_weekly_result_stands_for_a_week_and_no_longer() -> None:
    found = intervals([result(3, Outcome.PASSED)], due("weekly"), start=START, end=END)
    assert said(found) == [(1, 2, "unknown"), (3, 9, "passed"), (10, 30, "unknown")]


def test_the_result_of_a_friday_stands_over_the_weekend() -> None:
    results = [result(5, Outcome.PASSED), result(8, Outcome.ERROR)]
    found = intervals(results, due("business_daily"), start=START, end=date(2026, 6, 8))
    assert said(found) == [(1, 4, "unknown"), (5, 7, "passed"), (8, 8, "error")]


def test_the_last_result_of_a_day_speaks() -> None:
    results = [result(4, Outcome.PASSED, 9), result(4, Outcome.FAILED, 8)]
    found = intervals(results, due("daily"), start=START, end=END)
    assert (4, 4, "passed") in said(found)


def test_nothing_is_said_after_the_day_of_asking_or_of_no_days() -> None:
    assert intervals([], due("daily"), start=START, end=START - DAY) == []
    found = intervals([result(20, Outcome.FAILED)], [], start=START, end=date(2026, 6, 10))
    assert said(found) == [(1, 10, "unknown")]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(
        st.builds(
            Result,
            st.dates(date(2026, 5, 20), date(2026, 7, 10)),
            st.integers(1, 99),
            st.sampled_from([Outcome.PASSED, Outcome.FAILED, Outcome.ERROR]),
            st.just("EV-1"),
        ),
        max_size=12,
    ),
    st.sampled_from(["daily", "business_daily", "weekly", "monthly"]),
)
def test_they_fill_the_days_without_gap_overlap_or_equal_neighbours(
    results: list[Result], cadence: str
) -> None:
    found = intervals(results, due(cadence), start=START, end=END)
    assert (found[0].start, found[-1].end) == (START, END)
    for one, following in pairwise(found):
        assert following.start == one.end + DAY
        assert following.outcome is not one.outcome
    for one in found:
        assert one.start <= one.end
        assert bool(one.evidence) is (one.outcome is not Outcome.UNKNOWN)
