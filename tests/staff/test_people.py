"""People, roles and invitations in the staff door."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import invitations, tokens
from accounts.capabilities import Capability
from accounts.models import ApiToken, Invitation, RoleGrant, User
from compliance.staff.capability_words import CAPABILITY_WORDS
from tests import cast
from tests.staff import desk
from tests.staff.desk import Desk, at_most, told, words

LIST = "accounts_user_changelist"
PAGE = "accounts_user_change"
INVITATIONS = "accounts_invitation_changelist"


def listed(response: Any) -> set[str]:
    return {row.email for row in response.context["cl"].result_list}


def roles_of(user: User) -> set[str]:
    return set(RoleGrant.objects.filter(user=user).values_list("role__slug", flat=True))


def test_everybody_is_listed_with_roles_and_factor(alices: Desk, bob: User, charlie: User) -> None:
    text = alices.text(LIST)
    assert "Alice Lindqvist alice@example.org Compliance lead Set up" in text
    assert "Bob Achterberg bob@audit.example Auditor Missing" in text
    assert "Charlie Outsider charlie@elsewhere.example no role" in text


def test_the_list_does_not_cost_more_with_more_people(alices: Desk) -> None:
    for _ in range(30):
        cast.enrol(cast.person("engineer", "reviewer"))
    alices.get(LIST)
    with at_most(12):
        assert len(listed(alices.get(LIST))) == 31


def test_people_are_searched_and_filtered(alices: Desk, bob: User, charlie: User) -> None:
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    assert listed(alices.get(LIST, q="achterberg")) == {bob.email}
    assert listed(alices.get(LIST, q="AUDIT.example")) == {bob.email}
    assert listed(alices.get(LIST, state="inactive")) == {charlie.email}
    assert listed(alices.get(LIST, state="active")) == {bob.email, alices.user.email}
    auditor = bob.roles.get()
    assert listed(alices.get(LIST, roles__id__exact=auditor.pk)) == {bob.email}


def test_the_page_of_a_person(alices: Desk) -> None:
    engineer = cast.person("engineer", full_name="Erik Sand")
    tokens.issue(
        engineer,
        purpose="Push of scan reports",
        scopes=["evidence:write"],
        environment="test",
        expires_at=timezone.now() + timedelta(days=30),
        issued_by=alices.user,
    )
    text = alices.text(PAGE, engineer.pk)
    for part in (
        "Erik Sand",
        "Engineer the installation",
        "Push of scan reports never",
        "No second factor",
        "Reset the second factor",
        "Deactivate the account",
    ):
        assert part in text, part


def test_nobody_is_offered_more_than_the_giver_holds(alices: Desk) -> None:
    reviewer = cast.person("reviewer")
    offered = {role.slug for role in alices.get(PAGE, reviewer.pk).context["may_grant"]}
    assert "administrator" not in offered
    assert "auditor" not in offered
    assert {"engineer", "control-owner", "compliance-lead"} <= offered
    # An executive signs in management's name, which a compliance lead may not.
    assert "executive" not in offered
    nobody = cast.person()
    assert "auditor" in {role.slug for role in alices.get(PAGE, nobody.pk).context["may_grant"]}


def test_nobody_changes_themself(alices: Desk) -> None:
    text = alices.text(PAGE, alices.user.pk)
    assert "This is you." in text
    assert "Take away" not in text
    for name, data in (
        ("person_deactivate", {"reason": "x"}),
        ("person_grant", {"role": "engineer"}),
        ("person_factor", {"reason": "x"}),
    ):
        answer = alices.post(name, alices.user.pk, follow=True, **data)
        assert "themself" in told(answer), name
    assert roles_of(alices.user) == {"compliance-lead"}


def test_a_role_is_given_and_taken(alices: Desk) -> None:
    person = cast.person("engineer")
    alices.post("person_grant", person.pk, role="reviewer")
    assert roles_of(person) == {"engineer", "reviewer"}
    answer = alices.post("person_ungrant", person.pk, role="engineer", follow=True)
    assert "The role is taken." in told(answer)
    assert roles_of(person) == {"reviewer"}


@pytest.mark.parametrize(
    ("role", "told_words"),
    [
        ("administrator", "may do more than"),
        ("auditor", "An auditor holds no other role"),
        ("engineer", "holds the role Engineer already"),
        ("no-such-role", "There is no role"),
        ("", "There is no role"),
    ],
)
def test_a_role_that_cannot_be_given_is_refused(alices: Desk, role: str, told_words: str) -> None:
    person = cast.person("engineer")
    answer = alices.post("person_grant", person.pk, role=role, follow=True)
    assert told_words in told(answer)
    assert roles_of(person) == {"engineer"}


def test_deactivating_needs_a_reason_and_ends_tokens(alices: Desk) -> None:
    person = cast.person("engineer")
    tokens.issue(
        person,
        purpose="x",
        scopes=["evidence:write"],
        environment="test",
        expires_at=timezone.now() + timedelta(days=3),
        issued_by=alices.user,
    )
    cast.person("administrator")
    answer = alices.post("person_deactivate", person.pk, reason=" ", follow=True)
    assert "Say why" in told(answer)
    assert User.objects.get(pk=person.pk).is_active
    alices.post("person_deactivate", person.pk, reason="Left the company")
    assert not User.objects.get(pk=person.pk).is_active
    assert ApiToken.objects.get().revoked_at
    assert "Left the company" in alices.text(PAGE, person.pk)
    alices.post("person_activate", person.pk)
    assert User.objects.get(pk=person.pk).is_active


def test_a_lost_second_factor_is_reset_with_a_reason(alices: Desk) -> None:
    person = cast.person("engineer")
    cast.enrol(person)
    answer = alices.post("person_factor", person.pk, reason="", follow=True)
    assert "Say why" in told(answer)
    answer = alices.post("person_factor", person.pk, reason="Lost the phone", follow=True)
    assert "enrols a new one at the next visit" in told(answer)
    assert "No second factor" in words(answer)


def test_who_holds_more_is_out_of_reach(alices: Desk, root: User) -> None:
    answer = alices.post("person_deactivate", root.pk, reason="x", follow=True)
    assert "may do more than" in told(answer)
    root.refresh_from_db()
    assert root.is_active


def test_roles_are_told_in_words(alices: Desk) -> None:
    text = alices.text("accounts_role_changelist")
    assert "Auditor Auditors' portal Open the auditors' portal" in text
    assert "Executive Staff pages Look at everything" in text
    assert set(CAPABILITY_WORDS) == set(Capability)


def test_a_person_is_invited_and_the_link_is_shown_once(alices: Desk, settings: Any) -> None:
    settings.SITE_URL = "https://countersign.example"
    answer = alices.post("invite", email="New@Example.org", role="reviewer", days=7)
    link = answer.context["secret"]
    assert link.startswith("https://countersign.example/welcome/")
    assert "no-store" in answer["Cache-Control"]
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role.slug) == ("new@example.org", "reviewer")
    assert invitations.find(link.rstrip("/").rsplit("/", 1)[1]) == invitation
    html = alices.get(INVITATIONS).content.decode()
    assert "new@example.org" in html
    assert link not in html


def test_only_fitting_roles_are_offered(alices: Desk) -> None:
    form = alices.get("invite").context["form"]
    slugs = {slug for slug, _ in form.fields["role"].choices}
    assert "administrator" not in slugs
    assert {"reviewer", "auditor"} <= slugs


@pytest.mark.parametrize(
    ("changes", "told_words"),
    [
        ({"email": "no address"}, "Enter a valid email address."),
        ({"role": "administrator"}, "Select a valid choice."),
        ({"role": ""}, "This field is required."),
        ({"days": 0}, "greater than or equal to 1"),
        ({"days": 31}, "less than or equal to 30"),
        ({"days": "many"}, "Enter a whole number."),
        ({"email": "alice@example.org"}, "has an account already"),
    ],
)
def test_an_invitation_that_makes_no_sense_is_told_on_the_form(
    alices: Desk, changes: dict[str, Any], told_words: str
) -> None:
    data = {"email": "new@example.org", "role": "reviewer", "days": 7, **changes}
    answer = alices.post("invite", **data)
    assert told_words in words(answer)
    assert not Invitation.objects.exists()


def test_an_invitation_is_withdrawn_after_a_question(alices: Desk) -> None:
    invitation, _ = invitations.invite(
        role="reviewer", email="n@example.org", invited_by=alices.user, valid_for=timedelta(days=7)
    )
    assert "Its link stops working at once." in alices.text("invitation_withdraw", invitation.pk)
    assert "Withdraw…" in alices.text(INVITATIONS)
    answer = alices.post("invitation_withdraw", invitation.pk, follow=True)
    assert "The invitation is withdrawn" in told(answer)
    assert "Withdrawn" in words(answer)
    again = alices.post("invitation_withdraw", invitation.pk, follow=True)
    assert "used or withdrawn before" in told(again)


def test_states_of_invitations_are_told(alices: Desk) -> None:
    for number in range(2):
        invitations.invite(
            role="reviewer",
            email=f"n{number}@example.org",
            invited_by=alices.user,
            valid_for=timedelta(days=7),
        )
    Invitation.objects.filter(email="n0@example.org").update(expires_at=timezone.now())
    text = alices.text(INVITATIONS)
    assert "Expired" in text
    assert "Open" in text
    with at_most(12):
        alices.get(INVITATIONS)


def test_who_does_not_manage_people_is_refused(db: None) -> None:
    engineer = desk.at(cast.person("engineer"))
    for name in (LIST, INVITATIONS, "invite", "accounts_role_changelist"):
        assert engineer.get(name).status_code == 403
    assert engineer.post("person_grant", engineer.user.pk, role="reviewer").status_code == 403


def test_a_person_who_is_not_there_is_not_found(alices: Desk) -> None:
    assert alices.get(PAGE, 999).status_code == 404
    for name in ("person_grant", "person_ungrant", "person_deactivate", "person_activate"):
        assert alices.post(name, 999).status_code == 404


def test_strangers_are_refused(strangers: tuple[User, ...], alice: User) -> None:
    for name in (LIST, INVITATIONS, "invite", "accounts_role_changelist"):
        desk.assert_refused(name, strangers=strangers)
    for name in (PAGE, "person_grant", "person_deactivate", "person_factor"):
        desk.assert_refused(name, alice.pk, strangers=strangers)
