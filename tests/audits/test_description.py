"""The description of the system: append-only texts, written on top of what the writer has read."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from accounts.models import User
from audits import description, engagements, organisations
from audits.completeness import Section
from audits.days import today
from audits.errors import ClosedError, DescriptionError, NotAllowedError
from audits.models import DescriptionRevision, Engagement
from audits.organisations import Profile
from evidence import ledger
from evidence.models import LedgerEntry
from tests.audits.world import SECURITY, World

BANK = Profile("Bank of Dora", "Holds the money.", "carve_out", "It settles daily.\n", "Report.")


@pytest.fixture
def engagement(world: World) -> Engagement:
    return world.engagement()


def write(engagement: Engagement, by: User, text: str = "We move money.", based_on: int = 0) -> int:
    row = description.write_section(engagement, section="DC1", text=text, based_on=based_on, by=by)
    return row.number


def test_every_text_stays_and_the_last_one_holds(world: World, engagement: Engagement) -> None:
    write(engagement, world.alice)
    write(engagement, world.alice, "We move much money.\r\nDaily.", based_on=1)
    assert description.current(engagement)[Section.DC1].text == "We move much money.\nDaily."
    assert DescriptionRevision.objects.count() == 2
    with pytest.raises(DatabaseError), transaction.atomic():
        DescriptionRevision.objects.update(text="")


def test_the_leaf_holds_the_digest_of_the_text_only(world: World, engagement: Engagement) -> None:
    write(engagement, world.alice, "Dora keeps the keys.")
    leaf = LedgerEntry.objects.latest("index").leaf
    assert "Dora" not in leaf
    assert '"section":"DC1"' in leaf


def test_who_did_not_read_the_last_text_overwrites_nothing(
    world: World, engagement: Engagement
) -> None:
    write(engagement, world.alice)
    leaves = ledger.size()
    with pytest.raises(DescriptionError, match=r"by Alice Lindqvist meanwhile \(text 1\)"):
        write(engagement, world.alice, "Something else.")
    with pytest.raises(DescriptionError, match="meanwhile"):
        write(engagement, world.alice, "Something else.", based_on=2)
    assert ledger.size() == leaves


@pytest.mark.parametrize(
    ("section", "text", "said"),
    [
        ("DC1", "We move money. ", "says this already"),
        ("DC10", "x", "There is no section"),
        ("DC1", "x" * 100_001, "at most 100,000"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    world: World, engagement: Engagement, section: str, text: str, said: str
) -> None:
    write(engagement, world.alice)
    with pytest.raises(DescriptionError, match=said):
        description.write_section(
            engagement, section=section, text=text, based_on=1, by=world.alice
        )


def test_it_is_written_after_the_freeze_but_not_after_closing(
    world: World, engagement: Engagement
) -> None:
    Engagement.objects.update(freeze_on=today() - timedelta(days=1))
    write(engagement, world.alice)
    engagements.close_engagement(engagement, by=world.alice)
    with pytest.raises(ClosedError):
        write(engagement, world.alice, "More.", based_on=1)


def test_it_refuses_who_may_not_manage_engagements(engagement: Engagement, charlie: User) -> None:
    with pytest.raises(NotAllowedError):
        write(engagement, charlie)


def test_what_it_lacks_comes_from_the_record(world: World, engagement: Engagement) -> None:
    organisations.add_organisation(engagement, profile=BANK, by=world.alice)
    write(engagement, world.alice, "word " * 30)
    lacks = description.lacks(engagement)
    assert Section.DC1 not in lacks
    # CC6.2 has no control in this world, and the bank is named nowhere.
    assert {Section.DC7, Section.DC8, Section.DC9} <= set(lacks)
    assert Section.DC6 not in lacks
    assert None not in lacks
    control = organisations.add_user_entity_control(
        engagement, criterion=world.criteria["CC6.1"], text="Rotate the keys.", by=world.alice
    )
    assert Section.DC6 in description.lacks(engagement)
    organisations.remove_user_entity_control(control, by=world.alice)
    assert Section.DC6 not in description.lacks(engagement)


def test_an_internal_engagement_needs_no_description(world: World) -> None:
    internal = engagements.open_engagement(
        "Readiness",
        type="internal",
        framework=world.framework,
        window_from=world.start,
        window_to=world.end,
        categories={SECURITY: "x"},
        by=world.alice,
    )
    assert description.lacks(internal) == {}
