"""What screen readers and keyboards stumble over: axe finds nothing serious behind any door."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from compliance.staff.door import site
from tests import cast
from tests.audits.world import World
from tests.merchants import shops
from tests.portal import house as houses

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

OF_AUDITORS = (
    "",
    "scope/",
    "handed-over/",
    "coverage/",
    "evidence/",
    "findings/",
    "findings/open/",
    "populations/",
    "requests/",
    "requests/new/",
    "packs/new/",
)
_STUMBLES = {"serious", "critical"}
_AXE = Axe()


@pytest.fixture
def browser(chromium: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    # Playwright runs a loop in this thread, which Django takes for asynchronous code of ours.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


def of_staff() -> list[str]:
    """Every page of the staff door that needs nothing but its address, and every list."""
    pages = [each.route for each in site.pages if "GET" in each.methods and "<" not in each.route]
    lists = [f"{each._meta.app_label}/{each._meta.model_name}/" for each in site._registry]
    return ["", *(route for route in pages if route.endswith("/")), *lists]


def seat(browser: Browser, live_server: LiveServer, user: User | None) -> Page:
    # The policy of our pages keeps foreign scripts out, and axe is one.
    context = browser.new_context(base_url=live_server.url, bypass_csp=True)
    if user:
        session = cast.sign_in(Client(), user).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    context.set_default_timeout(120_000)
    return context.new_page()


def stumbles(page: Page, path: str = "") -> list[str]:
    """Return what axe holds to be serious or worse on a page."""
    if path:
        answer = page.goto(path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"
    found = _AXE.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{path}: {one['id']} at {node['html'][:120]}"
        for one in found
        if one["impact"] in _STUMBLES
        for node in one["nodes"]
    ]


def test_axe_finds_what_is_wrong(browser: Browser, live_server: LiveServer) -> None:
    page = seat(browser, live_server, None)
    page.set_content("<html lang=en><title>x</title><main><h1>x</h1><img src=x></main></html>")
    assert [each for each in stumbles(page) if "image-alt" in each]


def test_nothing_serious_behind_any_door(
    browser: Browser, live_server: LiveServer, world: World, root: User, bob: User
) -> None:
    house = houses.build(world, bob)
    staff, auditor = seat(browser, live_server, root), seat(browser, live_server, bob)
    merchant = seat(browser, live_server, None)
    form = f"/sign/{shops.link(shops.form(world.alice))}/"
    found = [each for path in of_staff() for each in stumbles(staff, f"/admin/{path}")]
    of_auditor = ["/portal/", *map(house.path, OF_AUDITORS)]
    found += [each for path in of_auditor for each in stumbles(auditor, path)]
    for path in (form, "/accounts/login/", "/leaked-token/"):
        found += stumbles(merchant, path)
    assert found == []


@pytest.fixture
def world(alice: User, var_dir: Path) -> World:
    return World(alice)
