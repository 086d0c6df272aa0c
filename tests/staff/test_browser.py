"""The staff door in a real browser: keys of the queue, and nothing that the policy blocks."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from evidence.models import Evidence, Review
from tests import cast
from tests.audits.world import World, hand_in_staff
from tests.staff import desk

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PAGES = (
    "index",
    "coverage",
    "review_queue",
    "evidence_evidence_changelist",
    "hand_in",
    "job_board",
    "readiness",
    "gaps",
    "plan",
    "engagement_open",
    "audits_finding_changelist",
    "collectors_source_changelist",
    "accounts_user_changelist",
)
NARROW = ViewportSize(width=390, height=844)
WIDE = ViewportSize(width=1280, height=900)


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about: blocked by policy, broken scripts, missing files."""
    return []


@pytest.fixture
def page(
    chromium: str,
    complaints: list[str],
    live_server: LiveServer,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Page]:
    # Playwright runs a loop in this thread, which Django takes for asynchronous code of ours.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    cookie = cast.sign_in(Client(), alice).cookies["sessionid"].value
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        fresh = browser.new_page(viewport=WIDE)
        fresh.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        fresh.set_default_timeout(120_000)
        fresh.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        fresh.on("pageerror", lambda error: complaints.append(str(error)))
        yield fresh
        browser.close()


@pytest.fixture
def items(world: World) -> list[Evidence]:
    return [hand_in_staff(world, date(2026, 6, day), without_mfa=1) for day in (1, 2, 3)]


@pytest.fixture
def audited(world: World, items: list[Evidence]) -> World:
    """The world with items and an engagement."""
    world.engagement()
    return world


def decisions() -> dict[str, str]:
    return dict(Review.objects.values_list("evidence__ref", "decision"))


def test_the_queue_is_worked_through_with_the_keyboard(
    page: Page, live_server: LiveServer, items: list[Evidence]
) -> None:
    page.goto(live_server.url + desk.url("review_queue"))
    page.keyboard.press("a")
    assert decisions() == {}, "a stray key must decide about nothing"
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.get_by_text(f"{items[0].ref} is accepted.")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.keyboard.type("Jan and raj are missing.")
    page.get_by_role("button", name="Return with this reason").locator("visible=true").click()
    expect(page.get_by_text(f"{items[1].ref} is returned.")).to_be_visible()
    assert decisions() == {items[0].ref: "accepted", items[1].ref: "returned"}
    assert Review.objects.get(decision="returned").reason == "Jan and raj are missing."


def test_several_items_are_accepted_after_a_preview(
    page: Page, live_server: LiveServer, items: list[Evidence]
) -> None:
    page.goto(live_server.url + desk.url("review_queue"))
    page.get_by_label("All on this page").check()
    page.get_by_role("button", name="Accept the chosen ones").click()
    expect(page.get_by_role("heading", name="Will be accepted (3)")).to_be_visible()
    assert decisions() == {}
    page.get_by_role("button", name="Accept 3 items").click()
    expect(page.get_by_text("3 items are accepted.")).to_be_visible()
    assert set(decisions().values()) == {"accepted"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_policy_blocks_nothing_and_no_page_is_too_wide(
    page: Page, live_server: LiveServer, audited: World, complaints: list[str], theme: str
) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        for name in PAGES:
            page.goto(live_server.url + desk.url(name))
            expect(page.locator("h1")).to_be_visible()
            root = "document.documentElement"
            assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), (name, size)
            assert page.evaluate(f"{root}.classList.contains('dark')") is (theme == "dark")
    assert complaints == []


def test_the_menu_opens_on_a_narrow_screen(page: Page, live_server: LiveServer) -> None:
    page.set_viewport_size(NARROW)
    page.goto(live_server.url + desk.url("index"))
    link = page.get_by_role("link", name="Ledger")
    expect(link).to_be_hidden()
    page.get_by_role("button", name="Show or hide the menu").click()
    link.click()
    expect(page.get_by_role("heading", name="Ledger", level=1)).to_be_visible()


def test_a_downloaded_page_is_saved_and_not_shown(
    page: Page, live_server: LiveServer, items: list[Evidence], tmp_path: Path
) -> None:
    page.goto(live_server.url + desk.url("evidence_evidence_change", items[0].pk))
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download original").click()
    target = tmp_path / "saved"
    saved.value.save_as(target)
    assert saved.value.suggested_filename == "staff.csv"
    assert target.read_bytes().startswith(b"person_id,has_mfa\n")


def test_choosing_a_file_leaves_the_title_alone(
    page: Page, live_server: LiveServer, world: World
) -> None:
    page.goto(live_server.url + desk.url("hand_in"))
    title = page.get_by_label("Title")
    page.get_by_role("button", name="Hand it in").evaluate("button => button.form.noValidate = 1")
    title.fill("Restore test of October")
    with page.expect_navigation():
        page.get_by_role("button", name="Hand it in").click()
    page.get_by_role("button", name="File").set_input_files(
        {"name": "restore.txt", "mimeType": "text/plain", "buffer": b"restored"}
    )
    expect(title).to_have_value("Restore test of October")
