"""Schedules in words, and when a source is due next."""

from datetime import UTC, datetime

import pytest

from collectors.models import Source
from compliance.staff import timetable


def source(schedule: str, zone: str = "UTC", **facts: object) -> Source:
    return Source(slug="s", collector="staff_mfa", schedule=schedule, time_zone=zone, **facts)


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("15 2 * * *", "At 02:15 every day (UTC)"),
        ("0 6 * * 1-5", "At 06:00 on Monday through Friday (UTC)"),
        ("", "Only when somebody asks for it"),
        ("nonsense", "Not readable: nonsense"),
    ],
)
def test_a_schedule_is_said_as_people_say_it(schedule: str, said: str) -> None:
    assert timetable.words_of(source(schedule)) == said


def test_a_zone_that_is_not_known_is_told() -> None:
    assert timetable.words_of(source("15 2 * * *", "Atlantis")) == "Not readable: 15 2 * * *"
    assert timetable.next_due(source("15 2 * * *", "Atlantis")) is None


def test_the_next_time_follows_the_clocks_of_the_source() -> None:
    due = timetable.next_due(source("30 2 * * *", "Asia/Tokyo"))
    assert due
    assert due > datetime.now(UTC)
    assert (due.hour, due.minute) == (2, 30)
    assert due.utcoffset()


@pytest.mark.parametrize(
    "resting",
    [source(""), source("nonsense"), source("15 2 * * *", enabled=False)],
)
def test_what_is_not_scheduled_is_never_due(resting: Source) -> None:
    assert timetable.next_due(resting) is None


def test_a_folder_is_due_whenever_a_file_comes() -> None:
    folder = Source(slug="f", collector="csv_import", schedule="15 2 * * *")
    assert timetable.words_of(folder) == "Whenever a file is put into its folder"
    assert timetable.next_due(folder) is None


def test_a_collector_that_is_gone_breaks_nothing() -> None:
    gone = Source(slug="g", collector="vanished", schedule="15 2 * * *")
    assert timetable.words_of(gone) == "At 02:15 every day (UTC)"


def test_a_source_that_must_settle_is_asked_again_and_says_so() -> None:
    monthly = source("0 3 1 * *")
    said = "At 03:00 on the first day of every month (UTC)"
    assert timetable.words_of(monthly) == said
    later = f"{said}, and 2 days later, when its lists have settled"
    assert timetable.words_of(monthly, lag_days=2) == later
    first, again = timetable.next_due(monthly), timetable.next_due(monthly, lag_days=2)
    assert first
    assert again
    assert again.day in {1, 3}
    assert again == first or again < first
