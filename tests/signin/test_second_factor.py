"""The obligatory second factor: no role gets past the account pages without it."""

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts import roles
from accounts.models import User
from compliance.signin.middleware import SECOND_FACTOR
from tests import cast
from tests.signin.pages import ENROL, LOGIN, SECOND, code, signed_in, type_password

# Merchants have no door yet.
ROLES = [wording.slug for wording in roles.read() if wording.slug != "merchant"]
DOORS = ["/", "/admin/", "/admin/anything/", "/portal/", "/no/such/page/"]


def signed_in_without(client: Client, user: User) -> Client:
    """A session that a password alone began."""
    client.force_login(user, backend=cast.BACKEND)
    return client


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("door", DOORS)
def test_without_a_second_factor_every_door_leads_to_its_set_up(
    client: Client, role: str, door: str
) -> None:
    signed_in_without(client, cast.person(role))
    for response in (client.get(door), client.post(door)):
        assert (response.status_code, response["Location"]) == (302, ENROL)


@pytest.mark.parametrize("door", DOORS)
def test_who_holds_no_role_is_no_exception(client: Client, charlie: User, door: str) -> None:
    signed_in_without(client, charlie)
    assert client.get(door)["Location"] == ENROL


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_the_set_up_page_says_why(client: Client, role: str) -> None:
    response = signed_in_without(client, cast.person(role)).get(ENROL)
    assert response.status_code == 200
    assert "a password alone opens nothing here" in response.content.decode()


@pytest.mark.parametrize("path", ["/accounts/password/change/", "/accounts/logout/"])
def test_without_a_second_factor_the_account_pages_stay_open(
    client: Client, alice: User, path: str
) -> None:
    assert signed_in_without(client, alice).get(path).status_code == 200


def test_without_a_second_factor_one_can_sign_out(client: Client, alice: User) -> None:
    signed_in_without(client, alice).post("/accounts/logout/")
    assert not signed_in(client)


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_with_a_second_factor_the_door_of_the_role_opens(client: Client, role: str) -> None:
    response = cast.sign_in(client, cast.person(role)).get("/")
    assert response["Location"] in {"/admin/", "/portal/"}


def test_recovery_codes_alone_are_no_second_factor(client: Client, alice: User) -> None:
    Authenticator.objects.create(user=alice, type=Authenticator.Type.RECOVERY_CODES, data={})
    assert signed_in_without(client, alice).get("/")["Location"] == ENROL


def test_a_session_of_a_password_alone_ends_when_the_factor_appears_elsewhere(
    client: Client, alice: User
) -> None:
    signed_in_without(client, alice)
    cast.enrol(alice)
    for path in ("/admin/", "/accounts/2fa/totp/deactivate/"):
        signed_in_without(client, alice)
        response = client.get(path)
        assert response["Location"] == f"{LOGIN}?next={path}"
        assert not signed_in(client)
    assert "Please sign in with it." in client.get(LOGIN).content.decode()
    assert Authenticator.objects.filter(user=alice).exists()


def test_a_typed_password_proves_no_factor_that_is_added_later(client: Client, alice: User) -> None:
    type_password(client, alice)
    cast.enrol(alice)
    assert client.get("/admin/")["Location"].startswith(LOGIN)


def test_a_factor_that_was_removed_closes_the_doors_again(client: Client, alice: User) -> None:
    cast.sign_in(client, alice)
    assert client.get("/")["Location"] == "/admin/"
    Authenticator.objects.filter(user=alice).delete()
    assert client.get("/")["Location"] == ENROL
    # A factor set up in another session does not revive the mark of this one.
    cast.enrol(alice)
    assert client.get("/")["Location"].startswith(LOGIN)


def test_the_mark_of_one_person_does_not_serve_the_next(
    client: Client, alice: User, bob: User
) -> None:
    cast.sign_in(client, alice)
    cast.enrol(bob)
    signed_in_without(client, bob)
    assert SECOND_FACTOR not in client.session
    assert client.get("/")["Location"].startswith(LOGIN)


@pytest.mark.django_db
def test_nobody_passes_through_without_a_query(
    client: Client, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        client.get("/no/such/page/")


def test_it_costs_a_signed_in_person_one_query(
    client: Client, alice: User, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    cast.sign_in(client, alice)
    # The session, the person, the factors.
    with django_assert_num_queries(3):  # type: ignore[operator]
        assert client.get("/")["Location"] == "/admin/"


# --- Setting an app up -------------------------------------------------------------------------
ACTIVATE = "/accounts/2fa/totp/activate/"


def begin(client: Client, user: User) -> str:
    """Sign in with the password and open the page of the app; return the secret it shows."""
    type_password(client, user)
    page = client.get(ACTIVATE)
    assert page.status_code == 200
    secret: str = page.context["form"].secret
    return secret


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_setting_an_app_up_opens_the_door_by_way_of_the_recovery_codes(
    client: Client, role: str
) -> None:
    user = cast.person(role)
    secret = begin(client, user)
    response = client.post(ACTIVATE, {"code": code(secret)})
    assert response["Location"] == "/accounts/2fa/recovery-codes/"
    page = client.get(response["Location"]).content.decode()
    assert "Keep these recovery codes" in page
    assert 'href="/"' in page
    assert client.get("/")["Location"] in {"/admin/", "/portal/"}


def test_a_wrong_code_sets_nothing_up(client: Client, alice: User) -> None:
    begin(client, alice)
    response = client.post(ACTIVATE, {"code": "000000"})
    assert response.status_code == 200
    assert "Incorrect code." in response.content.decode()
    assert client.get("/")["Location"] == ENROL


def test_recovery_codes_are_shown_once(client: Client, alice: User) -> None:
    secret = begin(client, alice)
    client.post(ACTIVATE, {"code": code(secret)})
    codes = client.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    again = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert len(codes) == 10
    assert not any(each in again for each in codes)


def test_a_session_means_nothing_to_the_api(client: Client, alice: User) -> None:
    assert cast.sign_in(client, alice).get("/api/v1/evidence").status_code == 401


def test_an_app_is_asked_for_at_the_next_sign_in(client: Client, alice: User) -> None:
    secret = cast.enrol(alice)
    assert type_password(client, alice)["Location"] == SECOND
    assert not signed_in(client)
    response = client.post(SECOND, {"code": code(secret)})
    assert response["Location"] == "/"
    assert client.get("/")["Location"] == "/admin/"


def test_the_same_code_does_not_work_twice(client: Client, alice: User) -> None:
    secret = cast.enrol(alice)
    used = code(secret)
    type_password(client, alice)
    client.post(SECOND, {"code": used})
    client.post("/accounts/logout/")
    type_password(client, alice)
    client.post(SECOND, {"code": used})
    assert not signed_in(client)


def test_a_recovery_code_works_once(client: Client, alice: User) -> None:
    secret = begin(client, alice)
    client.post(ACTIVATE, {"code": code(secret)})
    spare = client.get("/accounts/2fa/recovery-codes/").context["unused_codes"][0]
    for outcome in (True, False):
        client.post("/accounts/logout/")
        type_password(client, alice)
        client.post(SECOND, {"code": spare})
        assert signed_in(client) is outcome


def test_the_secret_of_an_app_is_stored_sealed(client: Client, alice: User) -> None:
    secret = begin(client, alice)
    client.post(ACTIVATE, {"code": code(secret)})
    rows = str(list(Authenticator.objects.values_list("type", "data")))
    assert "s1." in rows
    assert secret not in rows


def test_after_five_minutes_a_change_of_factors_asks_for_the_password_again(
    client: Client, alice: User
) -> None:
    type_password(client, alice)
    session = client.session
    session["signed_in_at"] -= 301
    session.save()
    response = client.get(ACTIVATE)
    assert response["Location"].startswith("/accounts/reauthenticate/")
    page = client.get(response["Location"])
    assert "Confirm it is you" in page.content.decode()


def test_removing_the_last_factor_leads_back_to_the_set_up(client: Client, alice: User) -> None:
    secret = cast.enrol(alice)
    type_password(client, alice)
    client.post(SECOND, {"code": code(secret)})
    client.post("/accounts/2fa/totp/deactivate/")
    assert client.get("/admin/")["Location"] == ENROL
