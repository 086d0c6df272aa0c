"""Description and assertion in the staff door: written, complained about, and signed."""

import pytest

from accounts.models import User
from audits import assertion, engagements
from audits.models import Assertion, AssertionSignature, DescriptionRevision, Engagement
from tests import cast
from tests.audits.world import World
from tests.staff import desk
from tests.staff.desk import Desk, told, words

TEXT = "We take payments for merchants and pay them out on the next business day. " * 3


@pytest.fixture
def engagement(world: World) -> Engagement:
    return world.engagement()


@pytest.fixture
def erin(db: None) -> Desk:
    return desk.at(cast.person("executive", full_name="Erin Executive"))


@pytest.fixture
def written(world: World, engagement: Engagement) -> Assertion:
    return assertion.write_assertion(engagement, text="We <b>assert</b> it.", by=world.alice)


def test_an_empty_section_says_what_belongs_into_it(alices: Desk, engagement: Engagement) -> None:
    text = alices.text("engagement_description", engagement.pk)
    assert "DC1 What we provide Lacking Write DC1 The services that the report is about" in text
    assert "DC7 Subservice organisations not needed here" in text
    assert "There is no text yet." in text


def test_a_section_is_written(alices: Desk, engagement: Engagement) -> None:
    answer = alices.post("engagement_section", engagement.pk, "DC1", text=TEXT, based_on=0)
    assert answer.url == desk.url("engagement_description", engagement.pk)
    text = alices.text("engagement_description", engagement.pk)
    assert "DC1 What we provide Complete" in text
    assert "Text 1 by Alice Lindqvist" in text
    form = alices.get("engagement_section", engagement.pk, "DC1").context["form"]
    assert (form["based_on"].value(), form["text"].value()) == (1, TEXT.strip())


def test_two_writers_do_not_overwrite_each_other(alices: Desk, engagement: Engagement) -> None:
    for _ in range(2):
        answer = alices.post("engagement_section", engagement.pk, "DC1", text=TEXT, based_on=0)
    assert "meanwhile (text 1)" in words(answer)
    assert DescriptionRevision.objects.count() == 1


def test_an_unknown_section_is_not_found(alices: Desk, engagement: Engagement) -> None:
    assert alices.get("engagement_section", engagement.pk, "DC10").status_code == 404


def test_no_assertion_yet_says_what_to_do(alices: Desk, engagement: Engagement) -> None:
    assert "Begin with the draft" in alices.text("engagement_assertion", engagement.pk)
    form = alices.get("assertion_write", engagement.pk).context["form"]
    assert form["text"].value() == assertion.draft(engagement)
    alices.post("assertion_write", engagement.pk, text="Ours.")
    assert Assertion.objects.get().text == "Ours."
    again = alices.post("assertion_write", engagement.pk, text="Ours.")
    assert "latest version already" in words(again)


def test_an_executive_signs_what_the_page_showed(erin: Desk, written: Assertion) -> None:
    page = erin.get("engagement_assertion", written.engagement_id)
    assert "We &lt;b&gt;assert" in page.content.decode()
    assert "Write a new version" not in words(page)
    signed = {"text_sha256": page.context["digest"], "position": "Chief executive"}
    answer = erin.post("assertion_sign", written.pk, follow=True, **signed)
    assert "The assertion is signed." in told(answer)
    assert "Erin Executive, Chief executive" in words(answer)
    assert "Sign for the management" not in words(answer)
    assert "signed already" in told(erin.post("assertion_sign", written.pk, follow=True, **signed))


def test_a_text_that_was_not_read_is_not_signed(erin: Desk, written: Assertion) -> None:
    answer = erin.post(
        "assertion_sign", written.pk, follow=True, text_sha256="", position="Chief executive"
    )
    assert "not the text that you read" in told(answer)
    assert not AssertionSignature.objects.exists()


def test_who_leads_compliance_writes_and_does_not_sign(alices: Desk, written: Assertion) -> None:
    assert "Sign for the management" not in alices.text(
        "engagement_assertion", written.engagement_id
    )
    assert alices.post("assertion_sign", written.pk).status_code == 403


def test_a_closed_engagement_offers_nothing(
    alices: Desk, erin: Desk, written: Assertion, world: World
) -> None:
    engagements.close_engagement(written.engagement, by=world.alice)
    assert "Write DC1" not in alices.text("engagement_description", written.engagement_id)
    assert "Sign for" not in erin.text("engagement_assertion", written.engagement_id)


def test_strangers_are_refused(
    strangers: tuple[User, ...], engagement: Engagement, written: Assertion
) -> None:
    desk.assert_refused("engagement_description", engagement.pk, strangers=strangers)
    desk.assert_refused("engagement_section", engagement.pk, "DC1", strangers=strangers)
    desk.assert_refused("engagement_assertion", engagement.pk, strangers=strangers)
    desk.assert_refused("assertion_write", engagement.pk, strangers=strangers)
