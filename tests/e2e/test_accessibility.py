"""What screen readers and keyboards stumble over: axe finds nothing serious behind any door."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from compliance.signing.steps import Way
from compliance.staff.door import site
from tests import cast
from tests.audits.world import World
from tests.compliance import matrix
from tests.compliance.samples import Samples, routes
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
OF_EVERYBODY = ("2fa/", "password/change/", "sessions/", "time-zone/", "logout/")
OF_ANOTHER = {"admin/requests/import/preview/<int:pk>/"}
"""What the auditor of the house sent; staff see lists of their own."""
_STUMBLES = {"serious", "critical"}
WIDE = ViewportSize(width=1280, height=900)
NARROW = 390
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
    context = browser.new_context(base_url=live_server.url, bypass_csp=True, viewport=WIDE)
    if user:
        session = cast.sign_in(Client(), user).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    context.set_default_timeout(120_000)
    return context.new_page()


def serious(page: Page, path: str, **options: object) -> list[str]:
    """Return what axe holds to be serious or worse on the page as it is shown now."""
    options["resultTypes"] = ["violations"]
    violations = _AXE.run(page, options=options).response["violations"]
    return [
        f"{path}: {one['id']} at {node['html'][:120]}"
        for one in violations
        if one["impact"] in _STUMBLES
        for node in one["nodes"]
    ]


def stumbles(page: Page, path: str, *, in_the_dark: bool = False) -> list[str]:
    """Look at a page in the light, perhaps in the dark, and as narrow as a telephone."""
    try:
        answer = page.goto(path)
    except PlaywrightError as error:
        # A file to take away is no page.
        if "Download is starting" not in error.message:
            raise
        return []
    assert answer is not None
    if not answer.ok:
        return [f"{path}: {answer.status}"]
    if "text/html" not in answer.headers["content-type"]:
        return []
    told = serious(page, path)
    if in_the_dark:
        page.emulate_media(color_scheme="dark")
        told += serious(page, f"{path} in the dark", runOnly=["color-contrast"])
        page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": NARROW, "height": 800})
    width = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size(WIDE)
    return told + ([f"{path}: {width} px wide on {NARROW} px"] if width > NARROW else [])


def of_one_thing(samples: Samples, door: str, person: str) -> list[str]:
    """Return the addresses of a door's pages that tell of one thing, for who may read them."""
    allowed = matrix.read()
    return [
        samples.address(route)
        for route in routes()
        if route.text.startswith(door) and "<" in route.text
        if allowed.is_in(person, route.text, "GET") and route.text not in OF_ANOTHER
    ]


def test_axe_finds_what_is_wrong(browser: Browser, live_server: LiveServer) -> None:
    page = seat(browser, live_server, None)
    page.set_content("<html lang=en><title>x</title><main><h1>x</h1><img src=x></main></html>")
    assert [each for each in serious(page, "") if "image-alt" in each]


def test_nothing_serious_behind_any_door(
    browser: Browser, live_server: LiveServer, world: World, root: User, bob: User
) -> None:
    house = houses.build(world, bob)
    staff, auditor = seat(browser, live_server, root), seat(browser, live_server, bob)
    merchant = seat(browser, live_server, None)
    form = f"/sign/{shops.link(shops.form(world.alice))}/"
    found = [each for path in of_staff() for each in stumbles(staff, f"/admin/{path}")]
    found += [each for path in OF_EVERYBODY for each in stumbles(staff, f"/accounts/{path}")]
    of_auditor = ["/portal/", *map(house.path, OF_AUDITORS)]
    found += [each for path in of_auditor for each in stumbles(auditor, path)]
    for path in (form, "/accounts/login/", "/leaked-token/"):
        found += stumbles(merchant, path)
    assert found == []


def test_nothing_serious_on_the_page_of_any_thing(
    browser: Browser, live_server: LiveServer, world: World, alice: User, bob: User
) -> None:
    samples = Samples(houses.sampled(houses.build(world, bob)))
    staff, auditor = seat(browser, live_server, alice), seat(browser, live_server, bob)
    found = [
        each
        for path in of_one_thing(samples, "admin/", "compliance-lead")
        for each in stumbles(staff, path, in_the_dark=True)
    ]
    for path in of_one_thing(samples, "portal/", "auditor"):
        found += stumbles(auditor, path, in_the_dark=True)
    assert found == []


def test_nothing_serious_on_any_page_of_a_merchant(
    browser: Browser, live_server: LiveServer, world: World
) -> None:
    merchant = seat(browser, live_server, None)
    form = shops.form(world.alice)
    begun = f"/sign/{shops.link(form)}/"
    sections = [step.slug for step in Way(form).steps]
    pages = [begun, f"{begun}scans/", f"{begun}sign/", *(f"{begun}{one}/" for one in sections)]
    assert [each for path in pages for each in stumbles(merchant, path, in_the_dark=True)] == []


@pytest.fixture
def world(alice: User, var_dir: Path) -> World:
    return World(alice)
