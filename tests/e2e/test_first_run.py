"""From the first link to a red cell: three questions in a browser, and an honest heat map."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from audits.models import Engagement
from collectors import defaults
from tests.audits.world import World
from tests.e2e.desks import desk, go, said

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(
    alice: User,
    var_dir: Path,
    chromium: str,
    live_server: LiveServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Page]:
    # Playwright runs a loop in this thread, which Django takes for asynchronous code of ours.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield desk(browser, live_server, alice)
        browser.close()


def answer(page: Page) -> None:
    """Answer the three questions; a step back keeps what was said."""
    page.get_by_label("Payouts and settlement to merchants").check()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_label("Availability", exact=True)).to_be_checked()
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("Payouts and settlement to merchants")).to_be_checked()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Okta (").check()
    page.get_by_role("button", name="Go on").click()


def test_three_answers_end_in_a_heat_map_with_red_cells(page: Page, alice: User) -> None:
    World(alice)
    defaults.connect_defaults()
    go(page, "")
    page.wait_for_url("**/admin/first-run/")
    answer(page)
    assert "read-only administrator" in said(page)
    assert not Engagement.objects.exists()
    page.get_by_role("button", name="Open the engagement").click()
    page.wait_for_url("**/first-run/sources/**")
    engagement = Engagement.objects.get()
    assert {one.category for one in engagement.categories.all()} == {"Security", "Availability"}
    page.get_by_role("link", name="Connect Accounts in Okta").click()
    assert page.get_by_label("Short name").input_value() == "okta_users"
    page.go_back()
    page.get_by_role("link", name="See the heat map").click()
    expect(page.locator("table .s-missed").first).to_be_visible()
