"""The label of a demo is on every page, whoever made it, and in none of another installation."""

from html.parser import HTMLParser

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings

from accounts.models import User
from compliance.demo.label import LabelMiddleware, labelled
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


class _Reader(HTMLParser):
    """Reads a page as a browser does: values of attributes are none of its elements."""

    def __init__(self) -> None:
        super().__init__()
        self.first = ""
        """The class of what stands first in the body."""
        self.said = ""
        self._in_body = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._in_body and not self.first:
            self.first = dict(attrs).get("class") or tag
        self._in_body = self._in_body or tag == "body"

    def handle_data(self, data: str) -> None:
        if self._in_body:
            self.said += data


def bears_it(content: bytes) -> bool:
    """Say whether the label stands first in the page, once, and nothing before it."""
    text = content.decode()
    reader = _Reader()
    reader.feed(text)
    led = reader.said.lstrip().startswith(SENTENCE)
    return reader.first == "demo-label" and led and text.count(SENTENCE) == 1


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.django_db
def test_every_page_bears_it_first(path: str, client: Client) -> None:
    with override_settings(DEMO=SENTENCE):
        page = client.get(path, follow=True)
    assert bears_it(page.content)
    assert b"css/demo.css" in page.content
    if "Content-Length" in page:
        assert int(page["Content-Length"]) == len(page.content)


@pytest.mark.parametrize("path", INSIDE)
def test_the_pages_of_staff_and_auditors_bear_it(path: str, alice: User) -> None:
    with override_settings(DEMO=SENTENCE):
        page = cast.sign_in(Client(), alice).get(path, follow=True)
    assert page.status_code == 200
    assert bears_it(page.content)


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


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ('attachment; filename="forms.csv"', 'attachment; filename="DEMO-forms.csv"'),
        (
            "attachment; filename*=utf-8''r%C3%A9.zip",
            "attachment; filename*=utf-8''DEMO-r%C3%A9.zip",
        ),
        ('inline; filename="DEMO-a.pdf"', 'inline; filename="DEMO-a.pdf"'),
        ("attachment", "attachment"),
    ],
)
def test_a_file_bears_it_in_its_name_and_keeps_its_bytes(said: str, named: str) -> None:
    content = b"<html><body>1,2</body></html>"

    def handed_out(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(content, headers={"Content-Disposition": said})

    with override_settings(DEMO=SENTENCE):
        answer = LabelMiddleware(handed_out)(HttpRequest())
    assert answer["Content-Disposition"] == named
    assert isinstance(answer, HttpResponse)
    assert (answer.content == content) == said.startswith("attachment")


def test_a_list_that_staff_takes_bears_it_in_its_name(alice: User) -> None:
    with override_settings(DEMO=SENTENCE):
        answer = cast.sign_in(Client(), alice).get("/admin/verify.py")
    assert 'filename="DEMO-verify' in answer["Content-Disposition"]


@pytest.mark.django_db
def test_what_programs_read_stays_as_it_is(client: Client) -> None:
    with override_settings(DEMO=SENTENCE):
        answer = client.get("/api/v1/openapi.json")
    assert SENTENCE not in answer.content.decode()
