"""Days are those of the source: its zone, its cut-off, its calendar, its changes of the clock."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from evidence.reconcile.calendars import business_day, due_on, in_zone
from evidence.reconcile.errors import RowError

BERLIN = ZoneInfo("Europe/Berlin")
MIDNIGHT = time(0)


@pytest.mark.parametrize(
    ("moment", "cut_off", "day"),
    [
        (datetime(2026, 3, 2, 22, 59, tzinfo=UTC), MIDNIGHT, date(2026, 3, 2)),
        (datetime(2026, 3, 2, 23, 0, tzinfo=UTC), MIDNIGHT, date(2026, 3, 3)),
        (datetime(2026, 7, 2, 22, 0, tzinfo=UTC), MIDNIGHT, date(2026, 7, 3)),
        (datetime(2026, 3, 2, 16, 59, tzinfo=UTC), time(18), date(2026, 3, 2)),
        (datetime(2026, 3, 2, 17, 0, tzinfo=UTC), time(18), date(2026, 3, 3)),
    ],
)
def test_the_day_is_that_of_the_source(moment: datetime, cut_off: time, day: date) -> None:
    assert business_day(moment, BERLIN, cut_off) == day


def test_days_of_23_and_25_hours_are_whole_days() -> None:
    spring = [datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 21, 59, tzinfo=UTC)]
    autumn = [datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 22, 59, tzinfo=UTC)]
    assert {business_day(each, BERLIN, MIDNIGHT) for each in spring} == {date(2026, 3, 29)}
    assert {business_day(each, BERLIN, MIDNIGHT) for each in autumn} == {date(2026, 10, 25)}


@pytest.mark.parametrize("naive", [datetime(2026, 3, 29, 2, 30), datetime(2026, 10, 25, 2, 30)])  # noqa: DTZ001
def test_a_local_time_that_is_no_single_moment_is_refused(naive: datetime) -> None:
    with pytest.raises(RowError, match="no single moment in Europe/Berlin"):
        in_zone(naive, BERLIN)


def test_a_local_time_is_read_in_its_zone() -> None:
    local = datetime(2026, 7, 1, 12, 0)  # noqa: DTZ001
    assert in_zone(local, BERLIN) == datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "lag", "due"),
    [
        (date(2026, 3, 2), 0, date(2026, 3, 2)),
        (date(2026, 3, 6), 1, date(2026, 3, 9)),
        (date(2026, 3, 7), 0, date(2026, 3, 9)),
        (date(2026, 4, 2), 1, date(2026, 4, 7)),
        (date(2026, 4, 2), 2, date(2026, 4, 8)),
    ],
)
def test_due_days_are_business_days(day: date, lag: int, due: date) -> None:
    assert due_on(day, lag, {date(2026, 4, 3), date(2026, 4, 6)}) == due
