"""Engagements in the staff door: list, page, opening, categories, members, closing."""

from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import Invitation, User
from audits import access_log, engagements
from audits.models import BoundInvitation, Engagement, EngagementMember
from compliance.staff import words as said
from controls.models import Criterion, Framework
from evidence.models import LedgerEntry
from tests import cast
from tests.audits.world import SECURITY, World, hand_in_staff
from tests.staff import desk
from tests.staff.desk import Desk, at_most, told, words

LIST = "audits_engagement_changelist"
PAGE = "audits_engagement_change"
OPEN = "engagement_open"


def filled(**changes: Any) -> dict[str, Any]:
    answers: dict[str, Any] = {
        "title": "SOC 2 Type 2 of 2027",
        "type": "soc2_type2",
        "firm": "Achterberg & Partners",
        "window_from": "2026-11-01",
        "window_to": "2027-04-30",
        "fieldwork_from": "",
        "fieldwork_to": "",
        "category_0": "on",
        "reason_0": "Every report covers it.",
        "reason_1": "",
        **changes,
    }
    return {name: value for name, value in answers.items() if value is not None}


def test_an_empty_list_says_what_to_do(alices: Desk) -> None:
    assert "No engagement yet An engagement names the framework" in alices.text(LIST)


def test_it_lists_engagements_with_their_latest_pack(alices: Desk, world: World) -> None:
    engagement = world.engagement()
    text = alices.text(LIST)
    assert f"SOC 2 of the summer {engagement.ref}" in text
    assert "1 Jun to 31 Aug 2026" in text
    assert "none yet" in text
    with at_most(12):
        alices.get(LIST)


def test_an_empty_catalogue_is_said_instead_of_a_form(alices: Desk) -> None:
    assert "The catalogue is empty" in alices.text(OPEN)
    assert alices.post(OPEN, **filled()).status_code == 200
    assert not Engagement.objects.exists()


def test_the_form_begins_with_six_months_and_security(alices: Desk, world: World) -> None:
    form = alices.get(OPEN).context["form"]
    start, end = form["window_from"].value(), form["window_to"].value()
    assert start == said.today().replace(day=1)
    assert (end + timedelta(days=1)).day == 1
    assert 150 < (end - start).days < 190
    assert form.categories == [SECURITY, "Availability"]
    assert [box.value() for box, _ in form.pairs] == [True, False]


def test_an_engagement_is_opened(alices: Desk, world: World) -> None:
    answer = alices.post(
        OPEN,
        **filled(
            category_1="on",
            reason_1="Customers ask for it.",
            fieldwork_from="2027-05-03",
            fieldwork_to="2027-05-14",
        ),
    )
    engagement = Engagement.objects.get()
    assert answer.url == desk.url(PAGE, engagement.pk)
    assert engagement.framework == world.framework
    assert (engagement.window_from, engagement.window_to) == (date(2026, 11, 1), date(2027, 4, 30))
    assert engagement.fieldwork_from == date(2027, 5, 3)
    assert dict(engagement.categories.values_list("category", "reason")) == {
        SECURITY: "Every report covers it.",
        "Availability": "Customers ask for it.",
    }
    assert engagement.created_by == alices.user
    assert LedgerEntry.objects.filter(kind="engagement.opened").count() == 1


@pytest.mark.parametrize(
    ("changes", "told_words"),
    [
        ({"title": ""}, "This field is required."),
        ({"title": "   "}, "This field is required."),
        ({"type": "nonsense"}, "Select a valid choice."),
        ({"window_to": "2026-10-01"}, "The observation window ends on 2026-10-01, before"),
        ({"window_from": "soon"}, "Enter a valid date."),
        ({"fieldwork_from": "2027-05-01"}, "Give both days of the fieldwork, or none."),
        (
            {"fieldwork_from": "2027-05-14", "fieldwork_to": "2027-05-03"},
            "The fieldwork ends on 2027-05-03, before",
        ),
        ({"category_0": None}, "Choose at least one category"),
        ({"reason_0": " "}, f"Say why {SECURITY} is in scope"),
        ({"category_0": None, "category_1": "on", "reason_1": "x"}, f"covers {SECURITY}. Add it."),
    ],
)
def test_bad_input_is_told_and_nothing_typed_is_lost(
    alices: Desk, world: World, changes: dict[str, Any], told_words: str
) -> None:
    answer = alices.post(OPEN, **filled(**changes))
    assert answer.status_code == 200
    assert told_words in words(answer)
    assert 'value="Achterberg &amp; Partners"' in answer.content.decode()
    assert not Engagement.objects.exists()


def test_another_framework_can_be_chosen(alices: Desk, world: World) -> None:
    other = Framework.objects.create(slug="a_first", title="House rules", version="1")
    Criterion.objects.create(
        framework=other,
        ref="H1",
        section="H",
        section_title="House",
        category="Order",
        title="Rooms are tidy",
        position=1,
    )
    assert alices.get(OPEN, framework="a_first").context["form"].categories == ["Order"]
    assert alices.get(OPEN).context["framework"] == world.framework
    assert alices.get(OPEN, framework="nothing").status_code == 404


def test_the_page_of_an_engagement(alices: Desk, world: World, bob: User) -> None:
    engagement = world.engagement()
    hand_in_staff(world, date(2026, 6, 30))
    engagements.add_member(engagement, user=bob, access_until=date(2027, 12, 31), by=alices.user)
    access_log.note(engagement, bob, "view", "EV-000001")
    text = alices.text(PAGE, engagement.pk)
    for part in (
        "Bob Achterberg bob@audit.example Auditor 31 Dec 2027",
        "Customers ask for Security",
        "Observed 1 Jun to 31 Aug 2026",
        "Fieldwork not set",
        "1 Met",
        "No pack yet",
        "Bob Achterberg Viewed EV-000001",
    ):
        assert part in text, part


def test_categories_are_chosen_anew(alices: Desk, world: World) -> None:
    engagement = world.engagement()
    form = alices.get("engagement_categories", engagement.pk).context["form"]
    assert [box.value() for box, _ in form.pairs] == [True, False]
    answer = alices.post(
        "engagement_categories",
        engagement.pk,
        category_0="on",
        reason_0="As before.",
        category_1="on",
        reason_1="Now they ask.",
    )
    assert answer.url == desk.url(PAGE, engagement.pk)
    assert engagement.categories.count() == 2


def test_categories_without_a_reason_are_refused_on_the_form(alices: Desk, world: World) -> None:
    engagement = world.engagement()
    answer = alices.post("engagement_categories", engagement.pk, category_0="on", reason_0="")
    assert f"Say why {SECURITY} is in scope" in words(answer)
    assert engagement.categories.get().reason.startswith("Customers ask")


def test_an_auditor_becomes_a_member_and_leaves(alices: Desk, world: World, bob: User) -> None:
    engagement = world.engagement()
    until = said.today() + timedelta(days=30)
    answer = alices.post(
        "engagement_member_add", engagement.pk, user=bob.pk, access_until=until, follow=True
    )
    assert "Bob Achterberg may look at" in told(answer)
    member = EngagementMember.objects.get()
    assert (member.user, member.access_until) == (bob, until)
    assert bob not in answer.context["could_join"]
    gone = alices.post("engagement_member_remove", member.pk, follow=True)
    assert "may no longer look" in told(gone)
    member.refresh_from_db()
    assert member.removed_at


def test_people_from_outside_are_offered_first(alices: Desk, world: World, bob: User) -> None:
    offered = alices.get(PAGE, world.engagement().pk).context["could_join"]
    assert offered == [bob, alices.user]


@pytest.mark.parametrize(
    ("until", "told_words"),
    [("2020-01-01", "is over already"), ("soon", "is over already"), ("", "is over already")],
)
def test_access_in_the_past_is_refused(
    alices: Desk, world: World, bob: User, until: str, told_words: str
) -> None:
    engagement = world.engagement()
    answer = alices.post(
        "engagement_member_add", engagement.pk, user=bob.pk, access_until=until, follow=True
    )
    assert told_words in told(answer)
    assert not EngagementMember.objects.exists()


def test_who_may_not_open_the_portal_is_neither_offered_nor_taken(
    alices: Desk, world: World, charlie: User
) -> None:
    engagement = world.engagement()
    assert charlie not in alices.get(PAGE, engagement.pk).context["could_join"]
    answer = alices.post(
        "engagement_member_add",
        engagement.pk,
        user=charlie.pk,
        access_until=said.today(),
        follow=True,
    )
    assert "may not open the auditors' portal" in told(answer)
    nobody = alices.post("engagement_member_add", engagement.pk, user="x", access_until="")
    assert nobody.status_code == 404


def test_an_auditor_is_invited_and_the_link_is_shown_once(alices: Desk, world: World) -> None:
    engagement = world.engagement()
    until = said.today() + timedelta(days=90)
    answer = alices.post(
        "engagement_invite", engagement.pk, email="new@audit.example", access_until=until
    )
    secret = answer.context["secret"]
    assert "/welcome/" in secret
    assert "This is shown once." in words(answer)
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role.slug) == ("new@audit.example", "auditor")
    bound = BoundInvitation.objects.get(invitation=invitation)
    assert (bound.engagement, bound.access_until) == (engagement, until)
    assert secret.rsplit("/", 2)[1] not in str(Invitation.objects.values())
    assert "no-store" in answer["Cache-Control"]
    assert secret not in alices.get("accounts_invitation_changelist").content.decode()


def test_an_invitation_that_is_refused_leads_back(alices: Desk, world: World, bob: User) -> None:
    engagement = world.engagement()
    until = said.today()

    def invited(**typed: Any) -> str:
        wanted = {"access_until": until, **typed}
        return told(alices.post("engagement_invite", engagement.pk, follow=True, **wanted))

    assert "has an account already" in invited(email=bob.email)
    assert "is not an e-mail address" in invited(email="no address")
    assert "Give the auditor's e-mail address" in invited(email=" ")
    assert "is over already" in invited(email="new@audit.example", access_until="soon")
    assert not Invitation.objects.exists()


def test_closing_asks_first(alices: Desk, world: World) -> None:
    engagement = world.engagement()
    assert "Close this engagement?" in alices.text("engagement_close", engagement.pk)
    engagement.refresh_from_db()
    assert engagement.closed_at is None
    answer = alices.post("engagement_close", engagement.pk, follow=True)
    assert f"{engagement.ref} is closed." in told(answer)
    assert "Closed" in words(answer)
    assert "Close the engagement" not in words(answer)
    again = alices.post("engagement_close", engagement.pk, follow=True)
    assert "is closed already" in told(again)


def test_who_may_not_manage_engagements_may_look_only(world: World) -> None:
    engagement = world.engagement()
    executive = desk.at(cast.person("executive"))
    text = executive.text(PAGE, engagement.pk)
    assert "Add a person" not in text
    assert "Build a pack" not in text
    assert executive.get(OPEN).status_code == 403
    assert executive.post("engagement_close", engagement.pk).status_code == 403
    assert not Engagement.objects.exclude(closed_at=None).exists()


@pytest.mark.parametrize("name", [PAGE, "engagement_categories", "engagement_close"])
def test_an_engagement_that_is_not_there_is_not_found(alices: Desk, name: str) -> None:
    assert alices.get(name, 999).status_code == 404


def test_strangers_are_refused(strangers: tuple[User, ...], world: World) -> None:
    engagement = world.engagement()
    desk.assert_refused(LIST, strangers=strangers)
    desk.assert_refused(OPEN, strangers=strangers)
    desk.assert_refused(PAGE, engagement.pk, strangers=strangers)
    desk.assert_refused("engagement_member_add", engagement.pk, strangers=strangers)
    desk.assert_refused("engagement_invite", engagement.pk, strangers=strangers)
