"""From an empty installation to a programme with its gaps, as a new compliance lead walks it.

It takes the links that the pages offer and types no address, so that a dead end makes it fail.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e import journey
from tests.e2e.first_start import Started, running
from tests.e2e.lists import TOKENS, VENDORS

pytestmark = pytest.mark.e2e

QUESTIONS = 22
REASONS = {
    "Security": "Every report of this kind has it.",
    "Availability": "Merchants were promised 99.9 per cent.",
    "Processing Integrity": "Payouts must be whole and right.",
}


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with running(tmp_path_factory.mktemp("installation")) as started:
        yield started


@pytest.fixture(scope="module")
def lead(installation: Started, browser: Browser) -> Page:
    page = browser.new_context().new_page()
    journey.accept_invitation(
        page, installation.welcome, name="Ruth Rooth", email="ruth@example.org"
    )
    page.get_by_role("link", name="Continue to Countersign").click()
    return page


def menu(page: Page, place: str) -> None:
    """Go to a place of the menu."""
    page.locator("#nav-sidebar a").filter(has=page.get_by_text(place, exact=True)).click()


def test_categories_are_chosen_with_a_reason_each(lead: Page) -> None:
    today = timezone.now().date()
    lead.get_by_role("link", name="Look around first").click()
    menu(lead, "Engagements")
    lead.get_by_role("link", name="Open an engagement").first.click()
    lead.locator("[name=title]").fill("SOC 2 Type 2")
    lead.locator("[name=window_from]").fill((today - timedelta(days=60)).isoformat())
    lead.locator("[name=window_to]").fill((today + timedelta(days=120)).isoformat())
    for place, (category, reason) in enumerate(REASONS.items()):
        lead.get_by_role("checkbox", name=category, exact=True).check()
        lead.locator(f"[name=reason_{place}]").fill(reason)
        lead.locator(f"[name=ground_{place}]").select_option("A risk of ours")
    lead.get_by_role("button", name="Open the engagement").click()
    lead.wait_for_url("**/audits/engagement/*/")
    for reason in REASONS.values():
        expect(lead.locator("body")).to_contain_text(reason)


@pytest.mark.parametrize(
    ("register", "sheet", "count"),
    [("Vendors", VENDORS, 3), ("Tokens and service accounts", TOKENS, 2)],
    ids=["vendors", "tokens"],
)
def test_a_list_is_taken_in_after_a_look(
    lead: Page, tmp_path: Path, register: str, sheet: str, count: int
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(sheet, "utf-8")
    menu(lead, "Registers")
    lead.get_by_role("link", name=register, exact=True).click()
    lead.get_by_role("link", name="Import a sheet").click()
    lead.locator("input[type=file]").set_input_files(path)
    lead.get_by_role("button", name="See what it would do").click()
    expect(lead.locator("body")).to_contain_text(f"New {count}")
    expect(lead.locator("body")).to_contain_text("eve@example.org")
    lead.get_by_label("Where this sheet comes from").fill("List of the buyers.")
    lead.get_by_role("button", name=f"Do all of it: {count}").click()
    expect(lead.locator("body")).to_contain_text(f"{count} written")
    lead.get_by_role("link", name="Open the register").click()
    expect(lead.locator(".cs-table tbody tr")).to_have_count(count)


def test_the_questions_are_answered_one_after_the_other(lead: Page) -> None:
    menu(lead, "Readiness")
    lead.get_by_role("link", name="Answer the questions").click()
    for number in range(QUESTIONS):
        lead.get_by_role("radio", name="Yes" if number % 2 else "No", exact=True).check()
        lead.get_by_role("button", name=re.compile("^Answer and")).click()
        expect(lead.locator("[name=value]:checked")).to_have_count(0)
    expect(lead.locator("body")).to_contain_text("Every question is answered.")


def test_the_gaps_come_with_their_next_deed(lead: Page) -> None:
    body = lead.locator("body")
    expect(body).not_to_contain_text("Not answered yet.")
    lead.get_by_role("link", name=re.compile("^Mistake")).click()
    expect(body).to_contain_text("Integrations that nobody uses keep their access")
    lead.get_by_role("link", name=re.compile(r"See the rows\s*: Integrations")).click()
    expect(body).to_contain_text("refund writer")


def test_a_token_review_covers_its_time(lead: Page) -> None:
    body = lead.locator("body")
    menu(lead, "Registers")
    lead.get_by_role("link", name="Tokens and service accounts", exact=True).click()
    lead.get_by_role("button", name="Keep a snapshot").click()
    _open_review(lead, "Tokens and service accounts")
    for decision, reason in (("keep", "Settles every night."), ("revoke", "Unused since March.")):
        lead.get_by_role("radio", name=re.compile(f"^{decision}", re.IGNORECASE)).check()
        lead.get_by_label("Why", exact=True).fill(reason)
        lead.locator("#content").get_by_role("button", name=re.compile("^Decide")).click()
    menu(lead, "Review campaigns")
    lead.locator(".cs-table tbody th a").first.click()
    expect(body).to_contain_text("2 of 2 lines decided")
    lead.get_by_role("link", name="Close", exact=True).click()
    lead.get_by_role("button", name="Close it into evidence").click()
    lead.wait_for_url("**/evidence/evidence/*/")
    listed = lead.locator("h1, .cs-mono").filter(has_text=re.compile(r"^EV-\d+$")).first
    reference = listed.inner_text()
    menu(lead, "Coverage")
    today = timezone.now().date()
    last = today.replace(day=1, month=(today.month + 2) // 3 * 3)
    row = lead.get_by_role("row").filter(has_text="API-03")
    row.locator(f"a[href*='/{last:%Y-%m}/']").click()
    expect(body).to_contain_text(reference)
    lead.get_by_role("row").filter(has_text=reference).get_by_role("link").first.click()
    expect(body).to_contain_text("Met")
    expect(body).to_contain_text(reference)


def _open_review(lead: Page, listed: str) -> None:
    """Open a review of a list that a worker is about to keep, and its first line."""
    menu(lead, "Review campaigns")
    lead.get_by_role("link", name="Open the first campaign").click()
    lead.get_by_role("radio", name=re.compile("^Token review")).check()
    option = lead.locator("[name=evidence] option").filter(has_text=listed)
    expect(option).to_have_count(1)
    lead.locator("[name=evidence]").select_option(label=option.inner_text())
    lead.get_by_role("button", name="Go on").click()
    lead.locator("[name=usual]").select_option(index=1)
    lead.get_by_role("button", name="See what it would be").click()
    lead.get_by_role("button", name="Open it with 2 lines").click()
    lead.locator(".cs-table tbody th a").first.click()
