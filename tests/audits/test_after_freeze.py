"""What came after the freeze date is told: items, requests, findings, skips and moves."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from audits import after_freeze, changes
from audits.changes import Span
from audits.days import today
from audits.models import Engagement
from tests.audits.asking import asked
from tests.audits.world import (
    World,
    at_a_date,
    clock,
    hand_in,
    hand_in_staff,
    moment,
    submission,
)
from tests.portal.house import find

FREEZE = date(2026, 9, 10)
BEFORE, AFTER = moment(FREEZE, 9), moment(FREEZE + timedelta(days=1), 9)


@pytest.fixture
def world(alice: User) -> World:
    return World(alice)


@pytest.fixture
def engagement(world: World) -> Engagement:
    made = world.engagement()
    Engagement.objects.update(freeze_on=FREEZE)
    made.refresh_from_db()
    return made


def skip(world: World, month: int) -> None:
    span = Span(date(2026, month, 1), date(2026, month, 28), date(2026, month, 28))
    changes.skip(world.mfa, span=span, reason="Nobody worked.", by=world.alice)


def test_as_long_as_it_lies_ahead_there_is_nothing_to_tell(world: World) -> None:
    engagement = world.engagement()
    assert after_freeze.of(engagement) is None
    engagement.freeze_on = today()
    assert after_freeze.of(engagement) is None


def test_a_freeze_after_which_nothing_came_says_so(engagement: Engagement) -> None:
    found = after_freeze.of(engagement)
    assert found is not None
    assert not found


def test_what_came_on_the_day_itself_is_not_told(world: World, engagement: Engagement) -> None:
    hand_in_staff(world, date(2026, 6, 30), received=FREEZE)
    with clock(BEFORE):
        asked(engagement, world.alice)
        find(engagement, world)
        skip(world, 6)
    assert not after_freeze.of(engagement)


def test_everything_that_came_later_is_told(world: World, engagement: Engagement) -> None:
    item = hand_in_staff(world, date(2026, 6, 30), received=AFTER.date())
    with clock(AFTER):
        request = asked(engagement, world.alice)
        finding = find(engagement, world)
        skip(world, 6)
    found = after_freeze.of(engagement)
    assert found
    assert list(found.evidence.rows) == [item]
    assert list(found.requests.rows) == [request]
    assert list(found.findings.rows) == [finding]
    assert [one.expectation for one in found.changes.rows] == [world.mfa]


def test_what_is_not_of_the_engagement_is_not(world: World, engagement: Engagement) -> None:
    """Neither what lies outside of its scope or window, nor what another engagement has."""
    other = world.engagement()
    hand_in(submission(b"x", date(2026, 7, 1), None, world.restore), received=AFTER.date())
    hand_in_staff(world, date(2026, 9, 5), received=AFTER.date())
    with clock(AFTER):
        asked(other, world.alice)
        find(other, world)
        skip(world, 9)
    assert not after_freeze.of(engagement)


def test_long_lists_are_cut_and_say_so(world: World, engagement: Engagement) -> None:
    with clock(AFTER):
        numbers = [asked(engagement, world.alice, f"No. {n}").number for n in range(12)]
    found = after_freeze.of(engagement)
    assert found
    assert [one.number for one in found.requests.rows] == numbers[:10]
    assert found.requests.has_more


def test_what_came_long_after_is_told_however_much_else_came_before_it(
    world: World, engagement: Engagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Items of other windows fill those that are looked at one by one."""
    monkeypatch.setattr(after_freeze, "NEAR", 2)
    first = hand_in_staff(world, date(2026, 6, 30), received=AFTER.date())
    for day in range(1, 5):
        hand_in(submission(b"%d" % day, date(2026, 9, day)), received=date(2026, 10, day))
    last = hand_in_staff(world, date(2026, 7, 31), received=date(2027, 3, 1))
    found = after_freeze.of(engagement)
    assert found
    assert list(found.evidence.rows) == [first, last]
    assert not found.evidence.has_more


def test_many_items_are_cut_and_say_so_wherever_they_lie(
    world: World, engagement: Engagement, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [
        hand_in_staff(world, date(2026, 6, day), received=AFTER.date()) for day in range(1, 13)
    ]
    for near in (3_000, 5):
        monkeypatch.setattr(after_freeze, "NEAR", near)
        found = after_freeze.of(engagement)
        assert found
        assert list(found.evidence.rows) == items[: after_freeze.SHOWN]
        assert found.evidence.has_more


def test_a_report_as_of_one_date_is_told_of_all_by_which_the_date_is_judged(
    world: World, bob: User
) -> None:
    """The latest whole month before the date is June: it reaches back to it."""
    audit = at_a_date(world, date(2026, 7, 15))
    Engagement.objects.filter(pk=audit.pk).update(freeze_on=FREEZE)
    audit.refresh_from_db()
    june = hand_in_staff(world, date(2026, 6, 3), received=AFTER.date())
    hand_in_staff(world, date(2026, 5, 30), received=AFTER.date())
    with clock(AFTER):
        skip(world, 6)
        skip(world, 5)
    found = after_freeze.of(audit)
    assert found
    assert list(found.evidence.rows) == [june]
    assert [one.start for one in found.changes.rows] == [date(2026, 6, 1)]


def test_it_takes_five_queries(world: World, engagement: Engagement) -> None:
    for day in range(1, 5):
        hand_in_staff(world, date(2026, 6, day), received=AFTER.date())
    with CaptureQueriesContext(connection) as captured:
        after_freeze.of(engagement)
    assert len(captured) == 5
