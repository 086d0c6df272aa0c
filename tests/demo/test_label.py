"""The label of a demo is on every page, whoever made it, and in none of another installation."""

import pytest
from django.test import Client, override_settings

from accounts.models import User
from compliance.demo.label import labelled
from compliance.demo.mark import SENTENCE
from tests import cast

PAGES = [
    "/accounts/login/",
    "/no/such/page/",
    "/api/v1/docs/",
    "/sign/no-such-link/",
]
INSIDE = [
    "/admin/",
    "/admin/coverage/",
    "/admin/evidence/evidence/",
    "/admin/registers/",
    "/portal/",
]


def shown(content: bytes) -> str:
    text = content.decode()
    assert text.count(SENTENCE) <= 1
    body = text[text.index("<body") :]
    return body[: body.index("</p>")] if SENTENCE in text else ""


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.django_db
def test_every_page_bears_it_first(path: str, client: Client) -> None:
    with override_settings(DEMO=SENTENCE):
        page = client.get(path, follow=True)
    assert SENTENCE in shown(page.content)
    assert b"css/demo.css" in page.content
    if "Content-Length" in page:
        assert int(page["Content-Length"]) == len(page.content)


@pytest.mark.parametrize("path", INSIDE)
def test_the_pages_of_staff_and_auditors_bear_it(path: str, alice: User) -> None:
    with override_settings(DEMO=SENTENCE):
        page = cast.sign_in(Client(), alice).get(path, follow=True)
    assert page.status_code == 200
    assert SENTENCE in shown(page.content)


@pytest.mark.django_db
def test_a_refusal_bears_it(client: Client) -> None:
    with override_settings(DEMO=SENTENCE):
        page = client.post("/no/such/page/")
    assert page.status_code >= 400
    assert SENTENCE in page.content.decode()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.django_db
def test_no_other_installation_bears_it(path: str, client: Client) -> None:
    page = client.get(path, follow=True)
    assert SENTENCE not in page.content.decode()


def test_a_page_without_a_body_bears_it_too() -> None:
    with override_settings(DEMO=SENTENCE):
        assert labelled(b"<h1>Gone</h1>").startswith(b'<p class="demo-label"')


@pytest.mark.django_db
def test_what_programs_read_stays_as_it_is(client: Client) -> None:
    with override_settings(DEMO=SENTENCE):
        answer = client.get("/api/v1/openapi.json")
    assert SENTENCE not in answer.content.decode()
