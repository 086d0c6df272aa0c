"""When a source is due, by the clocks of its time zone."""

from datetime import UTC, datetime, timedelta

import pytest

from collectors.errors import ScheduleError
from collectors.schedule import check, latest_due, zone

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due(cron: str, now: str, *, after: str = "2025-12-31T00:00", place: str = "UTC") -> str | None:
    found = latest_due(cron, place, after=at(after), now=at(now))
    return found.strftime("%Y-%m-%dT%H:%M") if found else None


def test_a_due_time_counts_from_its_very_minute() -> None:
    assert due("30 2 * * *", "2026-03-10T02:29:59") == "2026-03-09T02:30"
    assert due("30 2 * * *", "2026-03-10T02:30:00") == "2026-03-10T02:30"


def test_a_due_time_that_was_asked_is_not_due_again() -> None:
    assert due("30 2 * * *", "2026-03-10T09:00", after="2026-03-10T02:30") is None


def test_of_missed_times_only_the_latest_is_due() -> None:
    assert due("30 2 * * *", "2026-03-10T09:00", after="2026-02-01T00:00") == "2026-03-10T02:30"


def test_times_are_those_of_the_time_zone() -> None:
    assert due("30 2 * * *", "2026-01-10T12:00", place=BERLIN) == "2026-01-10T01:30"
    assert due("30 2 * * *", "2026-07-10T12:00", place=BERLIN) == "2026-07-10T00:30"


def test_a_time_that_the_clocks_skip_is_due_after_the_gap() -> None:
    """On 29 March 2026 clocks in Berlin go from 02:00 to 03:00, which is 01:00 UTC."""
    assert due("30 2 * * *", "2026-03-29T00:59", place=BERLIN) == "2026-03-28T01:30"
    assert due("30 2 * * *", "2026-03-29T01:01", place=BERLIN) == "2026-03-29T01:00"


def test_a_time_that_the_clocks_repeat_is_due_once() -> None:
    """On 25 October 2026 Berlin has 02:30 twice: at 00:30 and at 01:30 UTC."""
    moment, asked, times = at("2026-10-25T00:00"), at("2026-10-24T22:00"), []
    while moment < at("2026-10-25T06:00"):
        found = latest_due("30 2 * * *", BERLIN, after=asked, now=moment)
        if found:
            times.append(found)
            asked = found
        moment += timedelta(minutes=1)
    assert times == [at("2026-10-25T00:30")]


def test_every_day_of_a_year_is_due_once_whatever_the_clocks_do() -> None:
    moment, asked, count = at("2026-01-01T00:10"), at("2026-01-01T00:00"), 0
    while moment < at("2027-01-01T00:00"):
        found = latest_due("30 2 * * *", BERLIN, after=asked, now=moment)
        if found:
            asked, count = found, count + 1
        moment += timedelta(minutes=20)
    assert count == 365


def later(cron: str, now: str, *, days: int, place: str = "UTC") -> str | None:
    after = at("2025-12-31T00:00")
    found = latest_due(cron, place, after=after, now=at(now), days_later=days)
    return found.strftime("%Y-%m-%dT%H:%M") if found else None


def test_days_later_is_the_same_hour_by_the_clocks() -> None:
    """On 29 March 2026 clocks in Berlin go one hour ahead."""
    monthly = "30 2 27 * *"
    assert later(monthly, "2026-03-30T00:29", days=3, place=BERLIN) == "2026-03-02T01:30"
    assert later(monthly, "2026-03-30T00:30", days=3, place=BERLIN) == "2026-03-30T00:30"


def test_days_later_is_never_early_where_the_clocks_jump() -> None:
    cron = "30 2 27 * *"
    minutes = (at("2026-03-29T00:00") + timedelta(minutes=each) for each in range(180))
    for now in minutes:
        found = latest_due(cron, BERLIN, after=at("2026-03-10T00:00"), now=now, days_later=2)
        assert found is None or found <= now
    assert found == at("2026-03-29T01:30")


def test_nothing_is_due_without_a_schedule() -> None:
    assert due("", "2026-03-10T09:00") is None


@pytest.mark.parametrize(
    "cron",
    ["daily", "* * * *", "* * * * * *", "61 * * * *", "0 0 31 2 *", "a b c d e", "0 0 0 1 *"],
)
def test_it_refuses_what_is_no_cron_expression(cron: str) -> None:
    with pytest.raises(ScheduleError, match="cron expression"):
        check(cron, "UTC")


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "/etc/localtime", "a\0b"])
def test_it_refuses_what_is_no_time_zone(name: str) -> None:
    with pytest.raises(ScheduleError, match="no time zone"):
        zone(name)


def test_it_accepts_what_people_write() -> None:
    for cron in ("0 3 * * 0", "*/15 9-17 * * MON-FRI", "0 0 L * *", "30 2 1,15 * *", ""):
        check(cron, BERLIN)
