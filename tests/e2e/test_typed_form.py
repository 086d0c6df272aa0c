"""A typed form in a browser: typed, closed, found again, handed in, and its time is covered."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.e2e import journey
from tests.e2e.first_start import Started, running

pytestmark = pytest.mark.e2e


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


def last_business_day(today: date) -> date:
    day = today - timedelta(days=1)
    while day.weekday() > 4:
        day -= timedelta(days=1)
    return day


def fill(page: Page, answers: dict[str, str]) -> None:
    for name, text in answers.items():
        page.locator(f"[name={name}]").fill(text)


def begin(page: Page, url: str, day: date) -> str:
    """Type the first answers and leave without pressing anything; return where the draft is."""
    page.goto(f"{url}/admin/forms/")
    page.get_by_role("button", name="Fill it in: Reconciliation").click()
    page.wait_for_url("**/forms/drafts/*/")
    fill(page, {"business_day": day.isoformat(), "cut_off": "17:00 UTC on both sides"})
    page.locator("[name=prepared_by]").press_sequentially("dora@example.org")
    expect(page.locator("[data-kept]")).to_contain_text("Kept at")
    address = page.url
    page.close()
    return address


def change_in_two_windows(first: Page, second: Page, draft: str) -> None:
    """Type into both; the one that comes late is told so, and its text stays where it is."""
    for page in (first, second):
        page.goto(draft)
    for text in ("first", "first, and more"):
        fill(first, {"cut_off": text})
        with first.expect_response(draft):
            pass
    expect(first.locator("[data-kept]")).to_contain_text("Kept at")
    fill(second, {"cut_off": "second"})
    expect(second.locator("[data-kept]")).to_contain_text("changed in another window")
    second.get_by_role("button", name="Keep the draft").click()
    expect(second.locator("[role=alert]")).to_contain_text("nothing was overwritten")
    assert second.locator("[name=cut_off]").input_value() == "second"
    first.goto(draft)
    assert first.locator("[name=cut_off]").input_value() == "first, and more"


def press_while_it_is_being_kept(page: Page, draft: str) -> None:
    """Press the button before the answer to what was kept silently is there."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.goto(draft)
    page.route(draft, hold, times=1)
    with page.expect_request(draft):
        fill(page, {"cut_off": "17:00"})
    fill(page, {"cut_off": "17:00 UTC on both sides"})
    page.get_by_role("button", name="Keep the draft").click(no_wait_after=True)
    held.pop().continue_()
    expect(page.locator("body")).to_contain_text("You may close this page")
    assert page.locator("[name=cut_off]").input_value() == "17:00 UTC on both sides"


def finish(page: Page, export: Path) -> str:
    """Correct what is refused, hand the form in, and return the reference of the item."""
    page.locator("[name=left_file]").set_input_files(export)
    line = {"leg": "Ledger to bank", "currency": "EUR"}
    line |= {"count_left": "1", "count_right": "1"}
    line |= {"amount_left_minor": "1000", "amount_right_minor": "900"}
    fill(page, {f"lines-0-{name}": text for name, text in line.items()})
    page.get_by_role("button", name="Go on: what it covers").click()
    expect(page.locator("body")).to_contain_text("The sides differ: say why")
    expect(page.locator("body")).to_contain_text("ledger.csv")
    fill(page, {"lines-0-explained_minor": "100", "lines-0-explanation": "A fee of the bank"})
    signed = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M")
    fill(page, {"signed_by": "emil@example.org", "signed_at": signed})
    page.get_by_role("button", name="Go on: what it covers").click()
    page.wait_for_url("**/confirm/")
    expect(page.locator("body")).to_contain_text("Covers it")
    page.get_by_role("button", name="Hand it in").click()
    page.wait_for_url("**/forms/handed/*/")
    return page.locator(".cs-head__mark .cs-mono").inner_text().strip()


def test_from_an_open_form_to_a_covered_day(
    installation: Started, browser: Browser, tmp_path: Path
) -> None:
    url, today = installation.url, datetime.now(UTC).date()
    day, problems = last_business_day(today), list[str]()
    context = browser.new_context()
    context.on("console", lambda said: problems.append(said.text))
    page = context.new_page()
    journey.accept_invitation(
        page, installation.welcome, name="Ruth Rooth", email="ruth@example.org"
    )
    draft = begin(page, url, day)
    page = context.new_page()
    page.goto(draft)
    assert page.locator("[name=prepared_by]").input_value() == "dora@example.org"
    change_in_two_windows(page, context.new_page(), draft)
    press_while_it_is_being_kept(page, draft)
    export = tmp_path / "ledger.csv"
    export.write_text("id,amount\n1,1000\n")
    ref = finish(page, export)

    engagement = journey.open_engagement(
        page,
        url,
        title="SOC 2 Type 2",
        start=(day - timedelta(days=60)).isoformat(),
        end=(today + timedelta(days=30)).isoformat(),
        also="Processing Integrity",
    )
    number = engagement.rstrip("/").rsplit("/", 1)[-1]
    expected = f"{url}/admin/coverage/{number}/expected/daily-reconciliation/{day.isoformat()}/"
    page.goto(expected)
    expect(page.locator("body")).to_contain_text("Met")
    expect(page.locator("body")).to_contain_text(ref)
    assert [text for text in problems if "Content Security Policy" in text] == []
