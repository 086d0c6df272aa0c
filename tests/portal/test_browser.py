"""The portal in a real browser: on a phone, by keyboard, without a script, under the policy."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests import cast
from tests.audits.world import World
from tests.portal.house import ZIP, House, audited, build, sampled
from tests.signin.colours import contrast
from tests.signin.test_browser import rgb

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PHONE, DESK = 390, 1280


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about: blocked by policy, missing files."""
    return []


@pytest.fixture
def browser(chromium: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    # Playwright runs a loop in this thread, which Django takes for asynchronous code of ours.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def house(transactional_db: None, alice: User, bob: User, var_dir: Path) -> House:
    return audited(sampled(build(World(alice), bob)))


@pytest.fixture
def page(
    browser: Browser, house: House, live_server: LiveServer, complaints: list[str]
) -> Iterator[Page]:
    """Bob's browser, without scripts: nothing here needs one."""
    session = cast.sign_in(Client(), house.bob).cookies["sessionid"].value
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    fresh = context.new_page()
    fresh.set_default_timeout(120_000)
    fresh.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
    fresh.on("requestfailed", lambda request: complaints.append(request.url))
    yield fresh
    context.close()


def paths(house: House) -> list[str]:
    return [
        "/portal/",
        *map(house.path, ["", "controls/AC-01/", "evidence/", f"evidence/{house.staff.ref}/"]),
        *map(house.path, ["findings/", "findings/open/", f"findings/{house.finding.ref}/"]),
        *map(house.path, ["populations/1/", "controls/AC-01/walkthrough/"]),
        *(house.path(f"populations/1/tests/{rest}/") for rest in ("into", "back", "1", "2")),
        house.path("populations/1/tests/2/findings/1/"),
    ]


def test_every_page_fits_and_nothing_is_blocked(
    page: Page, house: House, complaints: list[str]
) -> None:
    for width in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": 844})
        for path in paths(house):
            page.goto(path)
            box = page.locator("html").evaluate("each => each.scrollWidth")
            assert box <= width, f"{path} is {box} wide"
    assert complaints == []


def test_an_auditor_finds_the_way_without_a_script(page: Page, house: House) -> None:
    page.goto("/portal/")
    page.locator("main table a").first.click()
    page.get_by_role("link", name="1 failing, 1 met").click()
    assert page.get_by_role("heading", level=2, name="Expected evidence in June 2026").count() == 1
    page.get_by_role("link", name=house.staff.ref).first.click()
    assert page.get_by_role("heading", level=1).inner_text() == house.staff.title
    page.get_by_text("Leaf and inclusion proof").click()
    assert page.locator("ol.path li").count() >= 1
    page.get_by_role("link", name="Evidence").first.click()
    page.get_by_label("Control").select_option("AC-01")
    page.get_by_role("button", name="Show").click()
    assert page.url.endswith("?control=AC-01")


def test_a_pack_is_saved_and_not_opened(page: Page, house: House, tmp_path: Path) -> None:
    page.goto(house.path())
    with page.expect_download() as taken:
        page.get_by_role("link", name=f"Download {house.pack.ref}").click()
    taken.value.save_as(tmp_path / "pack.zip")
    assert (tmp_path / "pack.zip").read_bytes() == ZIP


def test_the_map_scrolls_and_its_names_stay(page: Page, house: House) -> None:
    page.set_viewport_size({"width": PHONE, "height": 844})
    page.goto(house.path())
    area = page.get_by_role("region", name="Coverage by control and month")
    # Three months fit any phone; twelve do not.
    area.evaluate("each => { each.style.width = '180px' }")
    assert area.evaluate("each => each.tabIndex") == 0
    name = area.locator("tbody th").first
    before = name.bounding_box()
    area.evaluate("each => { each.scrollLeft = 60 }")
    assert area.evaluate("each => each.scrollLeft") > 0
    after = name.bounding_box()
    assert before
    assert after
    assert after["x"] == before["x"]


def test_the_keyboard_goes_through_in_reading_order(page: Page, house: House) -> None:
    page.goto(house.path(f"evidence/{house.staff.ref}/"))
    last = "Exceptions of No staff without a second factor"
    reached: list[str] = []
    while last not in reached and len(reached) < 40:
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        reached.append((focused.get_attribute("aria-label") or focused.inner_text()).strip())
    assert reached[0] == "Skip to the content"
    inside = reached[reached.index("Download the original") :]
    assert inside[1] == "AC-01"
    assert inside[2] == last


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_signs_of_the_map_are_readable(page: Page, house: House, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(house.path())
    pairs = page.locator(".heat td a, .badge").evaluate_all(
        "all => all.map(each => [getComputedStyle(each).color,"
        " getComputedStyle(each.closest('td, .badge')).backgroundColor])"
    )
    opaque = [(ink, ground) for ink, ground in pairs if not ground.endswith(" 0)")]
    assert len(opaque) >= 6
    assert min(contrast(rgb(ink), rgb(ground)) for ink, ground in opaque) >= 4.5
