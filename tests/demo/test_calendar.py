"""The days of a demo, whatever day it is loaded on, and the dice that throw alike."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from compliance.demo import clock, tables
from compliance.demo.asked import Asked
from compliance.demo.calendar import Calendar, Span
from compliance.demo.diary import Diary
from compliance.demo.tables import TABLES
from compliance.demo.world import World

DAYS = [date(2026, 1, 1), date(2026, 3, 31), date(2026, 11, 22), date(2028, 2, 29)]


@pytest.mark.parametrize("today", DAYS)
def test_the_window_is_four_whole_quarters_before_today(today: date) -> None:
    calendar = Calendar(today)
    quarters = calendar.quarters
    assert len(quarters) == 4
    for before, after in pairwise(quarters):
        assert after.first == before.last + timedelta(days=1)
    assert {one.first.day for one in quarters} == {1}
    assert {one.first.month % 3 for one in quarters} == {1}
    assert calendar.window.last < today
    assert (today - calendar.window.last).days <= 92


@pytest.mark.parametrize("today", DAYS)
def test_every_story_lies_in_the_window(today: date) -> None:
    calendar = Calendar(today)
    window = calendar.window
    for day in (
        tables.leaver_late(calendar)[0],
        tables.leaver_late(calendar)[1],
        tables.token_loose(calendar).first,
        tables.token_loose(calendar).last,
        tables.change_merged_alone(calendar),
    ):
        assert window.first <= day <= window.last
    assert tables.vendor_gap(calendar).last < window.first


@pytest.mark.parametrize("slug", sorted(TABLES))
def test_the_same_dice_throw_the_same_list(slug: str) -> None:
    calendar = Calendar(date(2026, 11, 22))
    span = Span(date(2025, 11, 1), date(2025, 11, 30))
    at = datetime(2025, 12, 2, 7, tzinfo=UTC)

    def thrown() -> list[tuple[object, ...]]:
        asked = Asked(span, at, calendar, World(calendar, Diary(at)).dice(slug))
        return [tuple(row) for row in TABLES[slug](asked)]

    assert thrown() == thrown() != []


def test_deeds_are_done_in_the_order_of_their_moments(db: None) -> None:
    done: list[str] = []
    diary = Diary(until=clock.on(date(2026, 1, 3)))
    diary.put(clock.on(date(2026, 1, 2)), lambda: done.append("second"))

    def first() -> None:
        done.append("first")
        diary.put(clock.on(date(2026, 1, 1), 12), lambda: done.append("planned on the way"))

    diary.put(clock.on(date(2026, 1, 1)), first)
    diary.put(clock.on(date(2026, 1, 4)), lambda: done.append("ahead"))
    assert diary.live(tell=lambda *_: None) == 3
    assert done == ["first", "planned on the way", "second"]
