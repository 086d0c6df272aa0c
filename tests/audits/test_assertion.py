"""Management's assertion: drafted from the record, versioned, and signed by an executive."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from accounts import journal
from accounts.models import User
from audits import assertion, engagements, organisations
from audits.days import today
from audits.errors import ClosedError, DescriptionError, NotAllowedError
from audits.models import Assertion, AssertionSignature, Engagement
from audits.organisations import Profile
from evidence import ledger
from evidence.models import LedgerEntry
from tests import cast
from tests.audits.world import World


@pytest.fixture
def engagement(world: World) -> Engagement:
    return world.engagement()


@pytest.fixture
def erin(db: None) -> User:
    return cast.person("executive", full_name="Erin Executive")


@pytest.fixture
def written(world: World, engagement: Engagement) -> Assertion:
    text = assertion.draft(engagement)
    return assertion.write_assertion(engagement, text=text, by=world.alice)


def sign(version: Assertion, by: User, position: str = "Chief of Dora") -> None:
    digest = journal.digest(version.text)
    assertion.sign_assertion(version, text_sha256=digest, position=position, by=by)


def test_the_draft_says_what_the_record_says(world: World, engagement: Engagement) -> None:
    organisations.add_organisation(
        engagement, profile=Profile("Nimbus", "Machines.", "carve_out"), by=world.alice
    )
    organisations.add_organisation(
        engagement, profile=Profile("Bank", "Money.", "inclusive"), by=world.alice
    )
    organisations.add_user_entity_control(
        engagement, criterion=world.criteria["CC6.1"], text="Rotate.", by=world.alice
    )
    text = assertion.draft(engagement)
    for part in (
        "from 2026-06-01 to 2026-08-31",
        "Security",
        "operated effectively throughout",
        "Nimbus is carved out",
        "includes the controls of Bank",
        "the 1 complementary",
    ):
        assert part in text, part


def test_the_draft_of_a_report_at_a_date_speaks_of_design(engagement: Engagement) -> None:
    engagement.type, engagement.window_to = Engagement.Type.SOC2_TYPE1, engagement.window_from
    text = assertion.draft(engagement)
    assert "as of 2026-06-01" in text
    assert "operated effectively" not in text
    assert "customers" not in text


def test_an_executive_signs_what_was_read(written: Assertion, erin: User) -> None:
    sign(written, erin)
    signed = assertion.standing(written.engagement).signed
    assert signed
    assert (signed.signed_by, signed.position, signed.signed_on) == (
        erin,
        "Chief of Dora",
        today(),
    )
    assert signed.text_sha256 == journal.digest(written.text)
    leaf = LedgerEntry.objects.latest("index").leaf
    assert signed.text_sha256 in leaf
    assert "Dora" not in leaf


def test_what_was_signed_is_replaced_by_a_new_version_only(
    world: World, written: Assertion, erin: User
) -> None:
    sign(written, erin)
    with pytest.raises(DescriptionError, match="signed already"):
        sign(written, erin)
    for rows in (Assertion.objects, AssertionSignature.objects):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.all().delete()
    second = assertion.write_assertion(written.engagement, text="Shorter.", by=world.alice)
    standing = assertion.standing(written.engagement)
    assert standing.latest == second
    assert standing.signed
    assert standing.signed.assertion == written


def test_a_version_that_was_replaced_meanwhile_is_not_signed(
    world: World, written: Assertion, erin: User
) -> None:
    assertion.write_assertion(written.engagement, text="Shorter.", by=world.alice)
    with pytest.raises(DescriptionError, match="newer version"):
        sign(written, erin)


def test_another_text_than_the_one_read_is_not_signed(written: Assertion, erin: User) -> None:
    with pytest.raises(DescriptionError, match="not the text that you read"):
        assertion.sign_assertion(written, text_sha256="0" * 64, position="CEO", by=erin)


def test_a_period_that_still_runs_is_not_signed(
    world: World, written: Assertion, erin: User
) -> None:
    Engagement.objects.update(window_to=today() + timedelta(days=1))
    with pytest.raises(DescriptionError, match="Sign once it is over"):
        sign(written, erin)
    Engagement.objects.update(window_to=today())
    sign(written, erin)


def test_only_an_executive_signs(world: World, written: Assertion, charlie: User) -> None:
    leaves = ledger.size()
    for stranger in (world.alice, charlie, cast.person("auditor")):
        with pytest.raises(NotAllowedError, match="Ask an executive"):
            sign(written, stranger)
    assert ledger.size() == leaves


def test_a_signatory_gives_a_position(written: Assertion, erin: User) -> None:
    with pytest.raises(DescriptionError, match="position"):
        sign(written, erin, position=" ")


def test_a_version_says_something_new(world: World, written: Assertion) -> None:
    for text, said in ((" ", "needs a text"), (f"{written.text}\r\n", "already")):
        with pytest.raises(DescriptionError, match=said):
            assertion.write_assertion(written.engagement, text=text, by=world.alice)


def test_a_closed_engagement_is_neither_asserted_nor_signed(
    world: World, written: Assertion, erin: User
) -> None:
    engagements.close_engagement(written.engagement, by=world.alice)
    with pytest.raises(ClosedError):
        sign(written, erin)
    with pytest.raises(ClosedError):
        assertion.write_assertion(written.engagement, text="x", by=world.alice)


def test_it_refuses_who_may_not_manage_engagements(engagement: Engagement, erin: User) -> None:
    with pytest.raises(NotAllowedError):
        assertion.write_assertion(engagement, text="x", by=erin)
