"""What an engagement is about, asked from either side: its claims, and the audits of an item."""

from datetime import date, timedelta

import pytest

from accounts.models import User
from audits import engagements, scope
from audits.models import Engagement
from controls.models import Criterion, Framework
from evidence.models import Evidence
from tests.audits.world import SECURITY, World, at_a_date, hand_in, hand_in_staff, submission

DATE = date(2026, 7, 15)


def audits_of(item: Evidence) -> list[Engagement]:
    return scope.engagements_of(item)


@pytest.fixture
def period(world: World) -> Engagement:
    return world.engagement()


@pytest.fixture
def design(world: World) -> Engagement:
    return at_a_date(world, DATE)


def test_both_sides_say_the_same_of_every_day(
    world: World, period: Engagement, design: Engagement
) -> None:
    """Around the edges of both windows, for each rhythm and for what is out of scope."""
    yearly = world.expect(world.access, "org-chart", kind="document", cadence="annual")
    daily = world.expect(world.access, "logs", kind="event", cadence="business_daily")
    edges = [date(2024, 12, 31), date(2025, 1, 1), date(2026, 5, 31), date(2026, 6, 1)]
    edges += [DATE - timedelta(days=1), DATE, DATE + timedelta(days=1), date(2026, 9, 1)]
    counted = 0
    for expectation in (world.mfa, world.leavers, world.restore, yearly, daily):
        for day in edges:
            item = hand_in(submission(b"x", day, None, expectation))
            claiming = [
                one
                for one in (design, period)
                if scope.claims_of(one).filter(evidence=item).exists()
            ]
            assert audits_of(item) == claiming, (expectation.slug, day)
            counted += len(claiming)
    assert counted > len(edges)


def test_a_design_as_of_a_date_takes_what_its_date_is_judged_by(
    world: World, design: Engagement
) -> None:
    assert audits_of(hand_in_staff(world, date(2026, 6, 3))) == [design]
    assert audits_of(hand_in_staff(world, date(2026, 5, 31))) == []


def test_closed_audits_and_those_of_other_frameworks_are_not_named(
    world: World, period: Engagement, alice: User
) -> None:
    other = Framework.objects.create(slug="own", title="Own criteria", version="1")
    Criterion.objects.create(
        framework=other,
        ref="O1",
        section="O",
        section_title="Own",
        category=SECURITY,
        title="Something else",
        position=0,
    )
    Engagement.objects.create(
        ref="ENG-0099",
        title="Of another framework",
        type=Engagement.Type.INTERNAL,
        framework=other,
        window_from=world.start,
        window_to=world.end,
        created_by=alice,
    ).categories.create(category=SECURITY, reason="It is ours.")
    item = hand_in_staff(world, date(2026, 6, 30))
    assert audits_of(item) == [period]
    engagements.close_engagement(period, by=alice)
    assert audits_of(item) == []


def test_what_claims_nothing_is_of_no_audit(world: World, period: Engagement) -> None:
    assert audits_of(hand_in(submission(b"x", date(2026, 6, 30)))) == []
