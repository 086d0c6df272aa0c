"""The next period's engagement takes the scope along, and leaves behind what belongs to its own."""

from datetime import date, timedelta

import pytest

from accounts.models import User
from audits import description, engagements, organisations, roll_forward
from audits.completeness import Section
from audits.days import today
from audits.errors import NotAllowedError, WindowError
from audits.models import Engagement
from audits.organisations import Profile
from audits.roll_forward import Carried
from evidence import ledger
from evidence.models import LedgerEntry
from tests.audits.world import SECURITY, World

START, END = date(2026, 9, 11), date(2027, 8, 31)
BANK = Profile("Bank", "Money.", "carve_out", "It settles.", "Yearly.")


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    one = world.engagement()
    engagements.choose_categories(
        one,
        categories={SECURITY: "Always.", "Availability": "We promise it."},
        grounds={"Availability": "commitments"},
        by=world.alice,
    )
    engagements.add_member(one, user=bob, access_until=today(), by=world.alice)
    for profile in (BANK, Profile("Gone", "Nothing.", "inclusive")):
        added = organisations.add_organisation(one, profile=profile, by=world.alice)
    organisations.remove_organisation(added, by=world.alice)
    cuec = organisations.add_user_entity_control(
        one, criterion=world.criteria["CC6.1"], text="Rotate.", by=world.alice
    )
    organisations.reword_user_entity_control(cuec, text="Rotate yearly.", by=world.alice)
    for section, text in (("DC1", "word " * 30), ("DC2", "")):
        description.write_section(one, section=section, text=text, based_on=0, by=world.alice)
    return one


def rolled(engagement: Engagement, by: User, start: date = START) -> Carried:
    return roll_forward.roll_forward(
        engagement, title="The next year", window_from=start, window_to=END, by=by
    )


def test_the_scope_comes_along(world: World, engagement: Engagement) -> None:
    carried = rolled(engagement, world.alice)
    following = carried.engagement
    assert following.previous == engagement
    assert list(following.categories.values_list("category", "reason", "ground")) == [
        (SECURITY, "Always.", "required"),
        ("Availability", "We promise it.", "commitments"),
    ]
    assert [one.name for one in following.organisations.all()] == ["Bank"]
    assert following.organisations.get().controls == ["It settles."]
    (wording,) = organisations.latest_wordings(following)
    assert (wording.control.ref, wording.number, wording.text) == ("CUEC-1", 1, "Rotate yearly.")
    assert following.firm == engagement.firm


def test_it_says_what_was_carried_and_what_lies_between(
    world: World, engagement: Engagement
) -> None:
    carried = rolled(engagement, world.alice)
    assert carried.words == (
        "Carried over: categories 2, subservice organisations 1, customers' controls 1, sections "
        "of the description 1 as drafts; 10 days lie between the windows."
    )
    assert LedgerEntry.objects.latest("index").kind == "engagement.rolled_forward"
    assert rolled(engagement, world.alice, date(2026, 9, 1)).days_between == 0


def test_texts_are_drafts_until_somebody_looks_them_over(
    world: World, engagement: Engagement
) -> None:
    following = rolled(engagement, world.alice).engagement
    row = description.current(following)[Section.DC1]
    assert row.carried_from == description.current(engagement)[Section.DC1]
    assert "look it over" in description.lacks(following)[Section.DC1][0].problem
    description.write_section(following, section="DC1", text=row.text, based_on=1, by=world.alice)
    assert Section.DC1 not in description.lacks(following)
    assert Section.DC2 not in description.current(following)


def test_people_stay_behind(world: World, engagement: Engagement) -> None:
    following = rolled(engagement, world.alice).engagement
    assert not following.members.exists()
    assert engagement.members.count() == 1


def test_a_frozen_and_closed_one_can_be_rolled_forward(
    world: World, engagement: Engagement
) -> None:
    Engagement.objects.update(freeze_on=today() - timedelta(days=1))
    engagements.close_engagement(engagement, by=world.alice)
    following = rolled(engagement, world.alice).engagement
    assert following.freeze_on is None


def test_windows_that_overlap_are_refused_and_nothing_is_left(
    world: World, engagement: Engagement
) -> None:
    leaves = ledger.size()
    with pytest.raises(WindowError, match="judged in one period only"):
        rolled(engagement, world.alice, engagement.window_to)
    with pytest.raises(WindowError, match="before it starts"):
        rolled(engagement, world.alice, END + timedelta(days=1))
    assert (Engagement.objects.count(), ledger.size()) == (1, leaves)


def test_it_refuses_who_may_not_manage_engagements(engagement: Engagement, charlie: User) -> None:
    with pytest.raises(NotAllowedError):
        rolled(engagement, charlie)


@pytest.mark.parametrize(
    ("start", "end", "following"),
    [
        (date(2026, 6, 1), date(2026, 8, 31), (date(2026, 9, 1), date(2026, 11, 30))),
        (date(2026, 1, 1), date(2026, 12, 31), (date(2027, 1, 1), date(2027, 12, 31))),
        (date(2026, 9, 1), date(2027, 2, 28), (date(2027, 3, 1), date(2027, 8, 31))),
        (date(2026, 6, 10), date(2026, 6, 19), (date(2026, 6, 20), date(2026, 6, 29))),
    ],
)
def test_the_next_window_is_as_long(
    world: World, start: date, end: date, following: tuple[date, date]
) -> None:
    world.start, world.end = start, end
    assert roll_forward.next_window(world.engagement()) == following
