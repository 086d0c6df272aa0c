"""Pages of django-allauth as we open them: sign in, sign out, forgotten password, nothing else."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests import cast
from tests.cast import PASSWORD
from tests.signin.pages import ENROL, LOGIN, SECOND, code, signed_in, type_password

RESET = "/accounts/password/reset/"


@pytest.fixture(autouse=True)
def fresh_limits(db: None) -> None:
    """The rate limits count in the cache, which outlives a test."""
    cache.clear()


def test_the_page_asks_for_an_address_and_a_password_and_offers_passkeys(client: Client) -> None:
    page = client.get(LOGIN).content.decode()
    assert "E-mail address" in page
    assert "Sign in with a passkey" in page
    assert "by invitation" in page


def test_a_wrong_password_and_an_unknown_address_sound_the_same(
    client: Client, alice: User
) -> None:
    wrong = type_password(client, alice, "not the password")
    unknown = client.post(LOGIN, {"login": "nobody@example.org", "password": PASSWORD})
    assert wrong.context["form"].errors == unknown.context["form"].errors
    assert wrong.context["form"].errors
    assert not signed_in(client)


def test_the_sixth_wrong_password_is_stopped_though_it_were_right(
    client: Client, alice: User
) -> None:
    for _ in range(5):
        type_password(client, alice, "not the password")
    response = type_password(client, alice)
    assert "Too many failed login attempts" in response.content.decode()
    assert not signed_in(client)


def test_the_limit_of_one_person_does_not_lock_another_out(
    client: Client, alice: User, bob: User
) -> None:
    for _ in range(5):
        type_password(client, alice, "not the password")
    assert type_password(client, bob).status_code == 302


def test_spelling_of_the_address_does_not_matter(client: Client, alice: User) -> None:
    client.post(LOGIN, {"login": "ALICE@Example.org", "password": PASSWORD})
    assert signed_in(client)


def test_an_inactive_person_stays_out(client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    response = type_password(client, alice)
    assert not signed_in(client)
    assert "not active" in client.get(response["Location"]).content.decode()


def test_the_session_ends_with_the_browser(client: Client, alice: User) -> None:
    response = type_password(client, alice)
    assert response.cookies["sessionid"]["max-age"] == ""
    assert response.cookies["sessionid"]["httponly"]


def test_it_leads_on_to_the_page_that_was_asked_for(client: Client, alice: User) -> None:
    secret = cast.enrol(alice)
    type_password(client, alice, next="/admin/jobs/")
    assert client.post(SECOND, {"code": code(secret)})["Location"] == "/admin/jobs/"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example"]
)
def test_it_never_leads_to_another_site(client: Client, alice: User, elsewhere: str) -> None:
    secret = cast.enrol(alice)
    type_password(client, alice, next=elsewhere)
    assert client.post(SECOND, {"code": code(secret)})["Location"] == "/"


def test_a_wrong_code_does_not_sign_in(client: Client, alice: User) -> None:
    cast.enrol(alice)
    type_password(client, alice)
    assert client.post(SECOND, {"code": "000000"}).status_code == 200
    assert not signed_in(client)


def test_the_sixth_wrong_code_is_stopped_though_it_were_right(client: Client, alice: User) -> None:
    secret = cast.enrol(alice)
    type_password(client, alice)
    for _ in range(5):
        client.post(SECOND, {"code": "000000"})
    client.post(SECOND, {"code": code(secret)})
    assert not signed_in(client)


def test_the_page_of_the_code_is_closed_to_who_gave_no_password(client: Client) -> None:
    assert client.get(SECOND)["Location"] == LOGIN


def test_signing_out_takes_a_form_not_a_link(client: Client, alice: User) -> None:
    cast.sign_in(client, alice)
    assert client.get("/accounts/logout/").status_code == 200
    assert signed_in(client)
    assert client.post("/accounts/logout/")["Location"] == LOGIN
    assert not signed_in(client)


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/signup/",
        "/accounts/email/",
        "/accounts/confirm-email/",
        "/accounts/3rdparty/",
        "/accounts/3rdparty/signup/",
        "/accounts/2fa/webauthn/signup/",
        "/accounts/login/code/",
    ],
)
def test_no_other_page_of_allauth_is_open(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404


def test_the_admin_has_no_sign_in_of_its_own(client: Client, alice: User) -> None:
    assert client.get("/admin/login/?next=/admin/x/")["Location"] == f"{LOGIN}?next=/admin/x/"
    credentials = {"username": alice.email, "password": PASSWORD}
    assert client.post("/admin/login/", credentials)["Location"] == LOGIN
    assert not signed_in(client)


def test_the_admin_changes_passwords_and_signs_out_by_our_pages(
    client: Client, alice: User
) -> None:
    cast.sign_in(client, alice)
    assert client.get("/admin/password_change/")["Location"] == "/accounts/password/change/"
    client.post("/admin/logout/")
    assert not signed_in(client)


# --- Passwords ---------------------------------------------------------------------------------
def link(client: Client, user: User) -> str:
    client.post(RESET, {"email": user.email})
    (message,) = mail.outbox
    assert message.subject == "[Countersign] Choose a new password"
    found = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", str(message.body))
    assert found is not None
    return found[1]


def test_a_forgotten_password_is_replaced_by_mail(client: Client, alice: User) -> None:
    page = client.get(link(client, alice))
    new = {"password1": "another long walk home", "password2": "another long walk home"}
    client.post(page["Location"], new)
    assert not signed_in(client)
    assert type_password(client, alice, "another long walk home").status_code == 302


def test_a_new_password_by_mail_does_not_step_around_the_second_factor(
    client: Client, alice: User
) -> None:
    cast.enrol(alice)
    page = client.get(link(client, alice))
    new = {"password1": "another long walk home", "password2": "another long walk home"}
    client.post(page["Location"], new)
    assert type_password(client, alice, "another long walk home")["Location"] == SECOND


def test_a_link_for_a_new_password_works_once(client: Client, alice: User) -> None:
    address = link(client, alice)
    new = {"password1": "another long walk home", "password2": "another long walk home"}
    client.post(client.get(address)["Location"], new)
    assert "This link no longer works" in Client().get(address).content.decode()


def test_a_stranger_gets_no_mail_and_the_same_answer(client: Client, alice: User) -> None:
    known = client.post(RESET, {"email": alice.email})
    unknown = client.post(RESET, {"email": "nobody@example.org"})
    assert known["Location"] == unknown["Location"]
    assert [message.to for message in mail.outbox] == [[alice.email]]


def test_changing_the_password_asks_for_the_old_one(client: Client, alice: User) -> None:
    cast.sign_in(client, alice)
    new = {"password1": "another long walk home", "password2": "another long walk home"}
    client.post("/accounts/password/change/", {"oldpassword": "guess", **new})
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, **new})
    alice.refresh_from_db()
    assert alice.check_password("another long walk home")
    assert "changed" in mail.outbox[-1].subject.lower()


def test_a_mail_server_that_is_down_does_not_undo_a_change(
    client: Client, alice: User, settings: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # type: ignore[attr-defined]
    cast.sign_in(client, alice)
    new = {"password1": "another long walk home", "password2": "another long walk home"}
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, **new})
    alice.refresh_from_db()
    assert alice.check_password("another long walk home")
    assert "could not be mailed" in caplog.text


@pytest.mark.parametrize(
    "path",
    [
        LOGIN,
        RESET,
        ENROL,
        "/accounts/logout/",
        "/accounts/reauthenticate/",
        "/accounts/password/change/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/totp/deactivate/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/2fa/recovery-codes/generate/",
    ],
)
def test_they_refuse_a_wrong_method(client: Client, alice: User, path: str) -> None:
    secret = cast.enrol(alice)
    type_password(client, alice)
    client.post(SECOND, {"code": code(secret)})
    assert client.delete(path).status_code in {302, 405}
    assert client.get("/")["Location"] == "/admin/"
