"""The viewer of the API document works in a real browser under the strict policy."""

import pytest
from playwright.sync_api import sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.api import calls

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_it_shows_the_operations_and_tries_one(
    live_server: LiveServer, alice: User, chromium: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Playwright runs a loop in this thread, which Django takes for asynchronous code of ours.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    calls.evidence()
    secret = calls.give_token(alice, "evidence:read")
    complaints: list[str] = []
    elsewhere: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda sent: elsewhere.append(sent.url))
        page.goto(f"{live_server.url}/api/v1/docs/")
        page.wait_for_selector(".opblock")
        assert page.locator(".opblock").count() == 28
        page.click("button.authorize")
        page.fill(".auth-container input", secret)
        page.click(".auth-btn-wrapper button.authorize")
        page.click(".auth-btn-wrapper button.btn-done")
        page.click("#operations-evidence-list_evidence .opblock-summary-control")
        page.click("#operations-evidence-list_evidence .try-out__btn")
        page.click("#operations-evidence-list_evidence button.execute")
        page.wait_for_selector(".live-responses-table")
        assert "EV-000001" in page.inner_text(".live-responses-table")
        browser.close()
    assert complaints == []
    assert all(url.startswith((live_server.url, "data:")) for url in elsewhere)
