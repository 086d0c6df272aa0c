"""Days and their bounds."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from collectors.errors import AskError
from collectors.period import Period

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
BERLIN = ZoneInfo("Europe/Berlin")


def test_a_period_does_not_end_before_it_starts() -> None:
    with pytest.raises(AskError, match="ends on 2026-01-01, before it starts on 2026-01-02"):
        Period(date(2026, 1, 2), date(2026, 1, 1))


def test_bounds_are_midnights_of_the_time_zone() -> None:
    start, end = OCTOBER.bounds(BERLIN)
    assert start == datetime(2026, 9, 30, 22, tzinfo=UTC)
    # Summer time ends within the month, so the last midnight is another hour in UTC.
    assert end == datetime(2026, 10, 31, 23, tzinfo=UTC)


def test_the_day_of_a_moment_is_that_of_the_time_zone() -> None:
    late = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    assert Period.day(late, BERLIN).start == date(2026, 11, 1)
    assert Period.day(late, ZoneInfo("UTC")).start == date(2026, 10, 31)


def test_days_are_whole_and_both_ends_count() -> None:
    days = OCTOBER.days()
    assert len(days) == 31
    assert (days[0], days[-1]) == (date(2026, 10, 1), date(2026, 10, 31))


def test_bounds_of_neighbours_touch() -> None:
    november = Period(date(2026, 11, 1), date(2026, 11, 30))
    assert OCTOBER.bounds(BERLIN)[1] == november.bounds(BERLIN)[0]
    assert november.bounds(BERLIN)[1] - november.bounds(BERLIN)[0] == timedelta(days=30)


def test_it_reads_as_people_write_it() -> None:
    assert str(OCTOBER) == "2026-10-01 to 2026-10-31"
    assert str(Period(date(2026, 10, 1), date(2026, 10, 1))) == "2026-10-01"
