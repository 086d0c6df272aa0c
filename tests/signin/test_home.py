"""/: everyone is sent to the door that is theirs."""

import pytest
from django.test import Client

from accounts.models import User
from tests import cast


@pytest.mark.django_db
@pytest.mark.parametrize(
    "role",
    ["administrator", "compliance-lead", "control-owner", "reviewer", "engineer", "executive"],
)
def test_staff_go_to_the_admin(client: Client, role: str) -> None:
    cast.sign_in(client, cast.person(role))
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/admin/")


def test_an_auditor_goes_to_the_portal(client: Client, bob: User) -> None:
    response = cast.sign_in(client, bob).get("/")
    assert (response.status_code, response["Location"]) == (302, "/portal/")


@pytest.mark.django_db
def test_nobody_goes_to_the_sign_in(client: Client) -> None:
    assert client.get("/")["Location"] == "/accounts/login/?next=/"


def test_it_refuses_charlie_and_says_whom_to_ask(client: Client, charlie: User) -> None:
    response = cast.sign_in(client, charlie).get("/")
    assert response.status_code == 403
    assert "holds no role" in response.content.decode()


def test_it_refuses_a_wrong_method(client: Client, alice: User) -> None:
    cast.sign_in(client, alice)
    for method in (client.post, client.put, client.delete):
        assert method("/").status_code == 405


@pytest.mark.django_db
def test_a_missing_page_is_said_in_our_own_words(client: Client) -> None:
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()
