"""/welcome/<secret>/: an invitation becomes an account that must add a second factor."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import invitations
from accounts.models import Invitation, User
from tests import cast
from tests.cast import PASSWORD, Journal
from tests.signin.pages import ENROL, signed_in

pytestmark = pytest.mark.usefixtures("journal")


def invite(by: User | None, role: str = "reviewer", email: str = "new@example.org") -> str:
    _, secret = invitations.invite(
        role=role, email=email, invited_by=by, valid_for=timedelta(days=1)
    )
    return f"/welcome/{secret}/"


def answers(**other: str) -> dict[str, str]:
    return {"full_name": "Nora Neu", "password": PASSWORD, "password_again": PASSWORD, **other}


def test_it_shows_who_invited_and_to_what(client: Client, alice: User) -> None:
    response = client.get(invite(alice))
    assert response.status_code == 200
    page = response.content.decode()
    assert "Alice Lindqvist invited you" in page
    assert "Reviewer" in page
    assert 'value="new@example.org"' in page
    assert response["Cache-Control"].startswith("max-age=0")


def test_it_makes_the_account_and_leads_on_to_the_second_factor(
    client: Client, alice: User, journal: Journal
) -> None:
    response = client.post(invite(alice), answers())
    assert response.status_code == 302
    assert response["Location"] == ENROL
    user = User.objects.get(email="new@example.org")
    assert user.full_name == "Nora Neu"
    assert client.session["_auth_user_id"] == str(user.pk)
    assert journal.kinds() == ["invitation.sent", "invitation.accepted", "signin.succeeded"]
    # The account is not asked for its password again before the second factor is set up.
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200


def test_it_opens_nothing_before_a_second_factor_is_set_up(client: Client, alice: User) -> None:
    client.post(invite(alice), answers())
    response = client.get("/admin/")
    assert (response.status_code, response["Location"]) == (302, ENROL)


@pytest.mark.django_db
def test_the_first_administrator_types_an_address(client: Client) -> None:
    cast.all_roles()
    address = invite(None, role="administrator", email="")
    assert "You set this installation up" in client.get(address).content.decode()
    client.post(address, answers(email="First@Example.org"))
    user = User.objects.get()
    assert (user.email, user.is_staff) == ("first@example.org", True)


def test_a_posted_address_does_not_replace_the_invited_one(client: Client, alice: User) -> None:
    client.post(invite(alice), answers(email="other@example.org"))
    assert User.objects.filter(email="new@example.org").exists()
    assert not User.objects.filter(email="other@example.org").exists()


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ({"full_name": ""}, "This field is required."),
        ({"password_again": "another long walk"}, "The two passwords differ."),
        ({"password": "short", "password_again": "short"}, "This password is too short."),
        ({"email": "alice@example.org"}, "has an account already"),
        ({"email": "no address"}, "Enter a valid email address."),
        ({"full_name": "x" * 121}, "at most 120 characters"),
        ({"full_name": "Nul\x00l"}, "Null characters are not allowed."),
    ],
)
def test_a_wrong_answer_is_said_and_uses_nothing_up(
    client: Client, alice: User, answer: dict[str, str], complaint: str
) -> None:
    address = invite(alice, email="")
    response = client.post(address, answers(**{"email": "new@example.org", **answer}))
    assert response.status_code == 200
    assert complaint in response.content.decode()
    assert Invitation.objects.get().used_at is None
    assert not signed_in(client)
    assert client.post(address, answers(email="new@example.org")).status_code == 302


def test_the_passwords_are_not_sent_back(client: Client, alice: User) -> None:
    response = client.post(invite(alice), answers(password_again="another long walk"))
    assert PASSWORD not in response.content.decode()


def test_a_used_link_says_so(client: Client, alice: User) -> None:
    address = invite(alice)
    client.post(address, answers())
    client.logout()
    for response in (client.get(address), client.post(address, answers())):
        assert response.status_code == 410
        assert "used already" in response.content.decode()
    assert User.objects.filter(email="new@example.org").count() == 1


def test_an_expired_link_says_so_and_what_to_do(client: Client, alice: User) -> None:
    address = invite(alice)
    Invitation.objects.update(expires_at=timezone.now())
    response = client.get(address)
    assert response.status_code == 410
    assert "has expired. Ask the person who sent it" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("secret", ["nonsense", "%00", "é", "A" * 5000])
def test_an_unknown_link_says_so(client: Client, secret: str) -> None:
    response = client.get(f"/welcome/{secret}/")
    assert response.status_code == 410
    assert "not known here" in response.content.decode()


def test_it_refuses_a_wrong_method(client: Client, alice: User) -> None:
    address = invite(alice)
    for method in (client.put, client.patch, client.delete):
        assert method(address).status_code == 405


def test_who_is_signed_in_keeps_the_link_for_its_owner(
    client: Client, alice: User, charlie: User
) -> None:
    address = invite(alice)
    cast.sign_in(client, charlie)
    for response in (client.get(address), client.post(address, answers())):
        assert response.status_code == 409
        assert "signed in already" in response.content.decode()
    assert Invitation.objects.get().used_at is None


def test_a_form_from_another_site_is_refused(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(invite(alice), answers()).status_code == 403
    assert not User.objects.filter(email="new@example.org").exists()
