"""Windows of a period: they fill it, lie at calendar edges, and know when evidence is due."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.cadence import (
    MOST_DAYS_ALLOWED,
    Cadence,
    Window,
    calendar_span,
    latest_window,
    windows,
)
from controls.errors import ControlsError, PeriodError

DAY = timedelta(days=1)
DAYS = st.dates(date(1999, 1, 1), date(2101, 12, 31))
LENGTHS = st.integers(0, 800)
FULL = [cadence for cadence in Cadence if cadence is not Cadence.BUSINESS_DAILY]


def ranges(cadence: Cadence, start: date, end: date) -> list[tuple[date, date]]:
    return [(found.start, found.end) for found in windows(cadence, start, end, days_allowed=0)]


def covered(found: list[Window]) -> list[date]:
    return [
        window.start + offset * DAY
        for window in found
        for offset in range((window.end - window.start).days + 1)
    ]


def calendar_window(cadence: Cadence, day: date) -> object:
    """Name the calendar window of a day in another way than the code under test does."""
    half = 1 if day.month <= 6 else 2
    return {
        Cadence.DAILY: day,
        Cadence.CONTINUOUS: day,
        Cadence.BUSINESS_DAILY: day,
        Cadence.WEEKLY: day.isocalendar()[:2],
        Cadence.TWICE_MONTHLY: (day.year, day.month, day.day > 15),
        Cadence.MONTHLY: (day.year, day.month),
        Cadence.PER_EVENT: (day.year, day.month),
        Cadence.QUARTERLY: (day.year, (day.month + 2) // 3),
        Cadence.SEMI_ANNUAL: (day.year, half),
        Cadence.ANNUAL: day.year,
    }[cadence]


@given(cadence=st.sampled_from(FULL), start=DAYS, length=LENGTHS)
def test_windows_fill_the_period_without_gap_or_overlap(
    cadence: Cadence, start: date, length: int
) -> None:
    end = start + length * DAY
    found = windows(cadence, start, end, days_allowed=3)
    assert covered(found) == [start + offset * DAY for offset in range(length + 1)]


@given(cadence=st.sampled_from(FULL), start=DAYS, length=LENGTHS)
def test_each_window_is_one_calendar_window(cadence: Cadence, start: date, length: int) -> None:
    found = windows(cadence, start, start + length * DAY, days_allowed=0)
    names = [calendar_window(cadence, window.start) for window in found]
    assert names == [calendar_window(cadence, window.end) for window in found]
    assert len(set(names)) == len(names)


@given(
    start=DAYS,
    length=LENGTHS,
    holidays=st.frozensets(st.integers(0, 800).map(lambda offset: offset * DAY), max_size=20),
)
def test_business_days_are_weekdays_without_holidays(
    start: date, length: int, holidays: frozenset[timedelta]
) -> None:
    free = frozenset(start + offset for offset in holidays)
    end = start + length * DAY
    found = windows("business_daily", start, end, days_allowed=0, holidays=free)
    days = [start + offset * DAY for offset in range(length + 1)]
    assert covered(found) == [day for day in days if day.isoweekday() < 6 and day not in free]
    assert all(window.start == window.end for window in found)


@given(
    cadence=st.sampled_from(list(Cadence)),
    start=DAYS,
    length=LENGTHS,
    days_allowed=st.integers(0, MOST_DAYS_ALLOWED),
)
def test_evidence_is_due_so_many_days_after_its_window(
    cadence: Cadence, start: date, length: int, days_allowed: int
) -> None:
    found = windows(cadence, start, start + length * DAY, days_allowed=days_allowed)
    assert all(window.due - window.end == days_allowed * DAY for window in found)


@given(cadence=st.sampled_from(FULL), day=DAYS)
def test_a_period_of_one_day_has_one_window(cadence: Cadence, day: date) -> None:
    assert windows(cadence, day, day, days_allowed=1) == [Window(day, day, day + DAY)]


@given(cadence=st.sampled_from(list(Cadence)), start=DAYS, length=LENGTHS, cut=LENGTHS)
def test_a_period_cut_at_a_calendar_edge_gives_the_same_windows(
    cadence: Cadence, start: date, length: int, cut: int
) -> None:
    whole = windows(cadence, start, start + length * DAY, days_allowed=5)
    edges = [window.end for window in whole[:-1]]
    if edges:
        edge = edges[cut % len(edges)]
        parts = windows(cadence, start, edge, days_allowed=5)
        parts += windows(cadence, edge + DAY, start + length * DAY, days_allowed=5)
        assert parts == whole


class TestCalendarEdges:
    def test_months_end_where_the_calendar_says_and_leap_days_count(self) -> None:
        assert ranges(Cadence.MONTHLY, date(2024, 1, 1), date(2024, 4, 30)) == [
            (date(2024, 1, 1), date(2024, 1, 31)),
            (date(2024, 2, 1), date(2024, 2, 29)),
            (date(2024, 3, 1), date(2024, 3, 31)),
            (date(2024, 4, 1), date(2024, 4, 30)),
        ]
        assert ranges(Cadence.MONTHLY, date(2100, 2, 1), date(2100, 2, 28)) == [
            (date(2100, 2, 1), date(2100, 2, 28))
        ]

    def test_half_months_split_after_the_fifteenth(self) -> None:
        assert ranges(Cadence.TWICE_MONTHLY, date(2025, 2, 10), date(2025, 3, 1)) == [
            (date(2025, 2, 10), date(2025, 2, 15)),
            (date(2025, 2, 16), date(2025, 2, 28)),
            (date(2025, 3, 1), date(2025, 3, 1)),
        ]
        assert ranges(Cadence.TWICE_MONTHLY, date(2025, 2, 15), date(2025, 2, 16)) == [
            (date(2025, 2, 15), date(2025, 2, 15)),
            (date(2025, 2, 16), date(2025, 2, 16)),
        ]

    def test_weeks_run_from_monday_across_the_new_year(self) -> None:
        assert ranges(Cadence.WEEKLY, date(2025, 12, 27), date(2026, 1, 6)) == [
            (date(2025, 12, 27), date(2025, 12, 28)),
            (date(2025, 12, 29), date(2026, 1, 4)),
            (date(2026, 1, 5), date(2026, 1, 6)),
        ]

    def test_a_window_that_starts_before_the_period_is_cut_and_still_expected(self) -> None:
        assert ranges(Cadence.QUARTERLY, date(2026, 3, 10), date(2026, 6, 9)) == [
            (date(2026, 3, 10), date(2026, 3, 31)),
            (date(2026, 4, 1), date(2026, 6, 9)),
        ]

    def test_halves_and_years_are_those_of_the_calendar(self) -> None:
        assert ranges(Cadence.SEMI_ANNUAL, date(2025, 11, 1), date(2026, 10, 31)) == [
            (date(2025, 11, 1), date(2025, 12, 31)),
            (date(2026, 1, 1), date(2026, 6, 30)),
            (date(2026, 7, 1), date(2026, 10, 31)),
        ]
        assert ranges(Cadence.ANNUAL, date(2025, 11, 1), date(2026, 10, 31)) == [
            (date(2025, 11, 1), date(2025, 12, 31)),
            (date(2026, 1, 1), date(2026, 10, 31)),
        ]

    @pytest.mark.parametrize(
        ("cadence", "count"),
        [
            (Cadence.DAILY, 365),
            (Cadence.CONTINUOUS, 365),
            (Cadence.BUSINESS_DAILY, 261),
            (Cadence.WEEKLY, 53),
            (Cadence.TWICE_MONTHLY, 24),
            (Cadence.MONTHLY, 12),
            (Cadence.PER_EVENT, 12),
            (Cadence.QUARTERLY, 4),
            (Cadence.SEMI_ANNUAL, 2),
            (Cadence.ANNUAL, 1),
        ],
    )
    def test_a_year_has_so_many_windows(self, cadence: Cadence, count: int) -> None:
        year = windows(cadence, date(2026, 1, 1), date(2026, 12, 31), days_allowed=0)
        assert len(year) == count

    def test_a_weekend_expects_no_business_day(self) -> None:
        assert ranges(Cadence.BUSINESS_DAILY, date(2026, 11, 21), date(2026, 11, 22)) == []


class TestItRefuses:
    def test_a_period_that_ends_before_it_starts(self) -> None:
        with pytest.raises(PeriodError, match="ends on 2026-01-01, before it starts on 2026-01-02"):
            windows(Cadence.DAILY, date(2026, 1, 2), date(2026, 1, 1), days_allowed=0)

    def test_a_period_of_more_than_twenty_years(self) -> None:
        with pytest.raises(PeriodError, match="longer than twenty years"):
            windows(Cadence.ANNUAL, date(2000, 1, 1), date(2026, 1, 1), days_allowed=0)

    def test_a_period_at_the_end_of_the_calendar(self) -> None:
        with pytest.raises(PeriodError, match="beyond the year 9000"):
            windows(Cadence.WEEKLY, date(9999, 12, 1), date.max, days_allowed=0)

    @pytest.mark.parametrize("days_allowed", [-1, MOST_DAYS_ALLOWED + 1])
    def test_days_allowed_out_of_bounds(self, days_allowed: int) -> None:
        with pytest.raises(PeriodError, match="is not between 0 and"):
            windows(Cadence.DAILY, date(2026, 1, 1), date(2026, 1, 1), days_allowed=days_allowed)

    def test_an_unknown_cadence(self) -> None:
        with pytest.raises(PeriodError, match=r"no cadence 'fortnightly'; choose one of daily,"):
            windows("fortnightly", date(2026, 1, 1), date(2026, 1, 1), days_allowed=0)

    def test_it_says_so_in_an_error_that_forms_and_rooms_know(self) -> None:
        assert issubclass(PeriodError, ValueError)
        assert issubclass(PeriodError, ControlsError)
        assert str(PeriodError()) == PeriodError.__doc__


class TestLatestWindow:
    @given(st.sampled_from(Cadence), DAYS, st.integers(0, 30), st.frozensets(DAYS, max_size=3))
    def test_it_is_the_last_of_a_long_period_that_was_over(
        self, cadence: Cadence, day: date, allowed: int, holidays: frozenset[date]
    ) -> None:
        holidays |= {day - DAY}
        start, end = date(day.year - 2, 1, 1), date(day.year + 1, 12, 31)
        long = windows(cadence, start, end, days_allowed=allowed, holidays=holidays)
        over = [window for window in long if window.end <= day]
        found = latest_window(cadence, day, days_allowed=allowed, holidays=holidays)
        # Weeks do not begin with years, so that the very first of the period may be cut.
        assert found == over[-1]

    def test_a_day_that_ends_a_month_ends_it(self) -> None:
        found = latest_window(Cadence.MONTHLY, date(2024, 2, 29), days_allowed=5)
        assert found == Window(date(2024, 2, 1), date(2024, 2, 29), date(2024, 3, 5))
        before = latest_window(Cadence.MONTHLY, date(2024, 2, 28), days_allowed=0)
        assert (before.start, before.end) == (date(2024, 1, 1), date(2024, 1, 31))

    def test_it_refuses_what_windows_refuse(self) -> None:
        with pytest.raises(PeriodError, match="no cadence"):
            latest_window("fortnightly", date(2026, 1, 1), days_allowed=0)
        with pytest.raises(PeriodError, match="beyond the year"):
            latest_window(Cadence.DAILY, date.max, days_allowed=0)


def test_every_cadence_has_words() -> None:
    assert len({cadence.words for cadence in Cadence}) == len(Cadence)


@pytest.mark.parametrize(
    ("cadence", "span"),
    [
        ("daily", (date(2026, 5, 6), date(2026, 8, 20))),
        ("weekly", (date(2026, 5, 4), date(2026, 8, 23))),
        ("twice_monthly", (date(2026, 5, 1), date(2026, 8, 31))),
        ("per_event", (date(2026, 5, 1), date(2026, 8, 31))),
        ("quarterly", (date(2026, 4, 1), date(2026, 9, 30))),
        ("annual", (date(2026, 1, 1), date(2026, 12, 31))),
    ],
)
def test_a_span_reaches_to_the_edges_of_its_windows(cadence: str, span: tuple[date, date]) -> None:
    assert calendar_span(cadence, date(2026, 5, 6), date(2026, 8, 20)) == span
