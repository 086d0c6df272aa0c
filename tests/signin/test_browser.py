"""The sign-in in a real browser: from the invitation to a passkey, under the strict policy."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

import pytest
from playwright.sync_api import CDPSession, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts import invitations
from accounts.models import User
from tests import cast
from tests.cast import PASSWORD, Journal
from tests.signin.colours import contrast
from tests.signin.pages import code

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
NARROW = {"width": 390, "height": 844}


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about: blocked by policy, broken scripts, missing files."""
    return []


@pytest.fixture
def page(chromium: str, complaints: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    # Playwright runs a loop in this thread, which Django takes for asynchronous code of ours.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        fresh = browser.new_page()
        fresh.set_default_timeout(120_000)
        fresh.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        fresh.on("pageerror", lambda error: complaints.append(str(error)))
        fresh.on("dialog", lambda dialog: dialog.accept())
        yield fresh
        browser.close()


@pytest.fixture
def key(page: Page) -> CDPSession:
    """A passkey device that answers at once."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    return device


def submit(page: Page) -> None:
    page.click("main form[method=post] button[type=submit] >> nth=0")


def welcome(page: Page, live_server: LiveServer, by: User) -> None:
    """Accept an invitation as an auditor, up to the choice of a second factor."""
    _, secret = invitations.invite(
        role="auditor", email="nora@example.org", invited_by=by, valid_for=timedelta(days=1)
    )
    page.goto(f"{live_server.url}/welcome/{secret}/")
    page.fill("[name=full_name]", "Nora Neu")
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=password_again]", PASSWORD)
    submit(page)
    page.wait_for_url("**/accounts/2fa/")


def rgb(colour: str) -> tuple[int, int, int]:
    """Read `rgb(1, 2, 3)`."""
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    return red, green, blue


def at_home(page: Page) -> None:
    """Wait until the person is past the account pages."""
    page.wait_for_url(re.compile(r"/(portal|admin)/"), wait_until="commit")


def test_an_invited_person_sets_an_app_up_and_gets_in(
    page: Page, live_server: LiveServer, complaints: list[str], journal: Journal
) -> None:
    welcome(page, live_server, cast.person("compliance-lead"))
    page.click("text=Set up an app")
    secret = page.inner_text(".digest").strip()
    assert page.eval_on_selector(".qr", "image => image.naturalWidth") > 100
    page.fill("[name=code]", code(secret))
    submit(page)
    page.wait_for_url("**/recovery-codes/")
    assert page.locator(".codes li").count() == 10
    page.check("#codes_saved")
    assert complaints == []
    page.click("text=Continue to Countersign")
    at_home(page)


def test_a_passkey_is_added_and_signs_in_alone(
    page: Page, live_server: LiveServer, key: CDPSession, complaints: list[str], journal: Journal
) -> None:
    welcome(page, live_server, cast.person("compliance-lead"))
    page.click("text=Add a passkey")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/recovery-codes/")
    page.goto(f"{live_server.url}/accounts/logout/")
    submit(page)
    page.wait_for_url("**/accounts/login/")
    assert complaints == []
    page.click("#passkey_login")
    at_home(page)


def test_a_passkey_that_does_not_answer_is_said_in_words(
    page: Page, live_server: LiveServer
) -> None:
    page.goto(f"{live_server.url}/accounts/login/".replace("localhost", "127.0.0.1"))
    page.click("#passkey_login")
    page.wait_for_selector("#passkey-error:not([hidden])")
    assert "Passkeys work only at" in page.inner_text("#passkey-error")


def test_a_passkey_button_sleeps_until_its_script_listens(
    page: Page, live_server: LiveServer
) -> None:
    page.route(re.compile(r"/js/passkeys[^/]*\.js"), lambda route: route.abort())
    page.goto(f"{live_server.url}/accounts/login/")
    assert page.is_disabled("#passkey_login")
    page.unroute_all()
    page.reload()
    assert page.is_enabled("#passkey_login")


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/accounts/password/reset/", "/welcome/x/", "/no/such/page/"]
)
def test_pages_fit_a_phone_and_can_be_used_without_a_mouse(
    page: Page, live_server: LiveServer, path: str
) -> None:
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    page.goto(f"{live_server.url}{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.getElementById('main').tagName") == "MAIN"
    heights = page.eval_on_selector_all(
        "main a.button, main button, main input:not([type=hidden])",
        "all => all.map(each => each.getBoundingClientRect().height)",
    )
    assert heights == [] or min(heights) >= 24


def test_dark_and_light_differ_and_both_are_readable(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/accounts/login/")
    grounds = set()
    schemes: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        ground, ink = page.evaluate(
            "(() => { const s = getComputedStyle(document.body);"
            " return [s.backgroundColor, s.color] })()"
        )
        assert contrast(rgb(ground), rgb(ink)) >= 7
        grounds.add(ground)
    assert len(grounds) == 2
