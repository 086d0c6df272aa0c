"""What screen readers and keyboards stumble over: axe finds nothing serious behind any door."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.contrib.staticfiles.handlers import StaticFilesHandlerMixin
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.test import Client
from django.test.signals import template_rendered
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
WIDE = ViewportSize(width=1280, height=900)
NARROW = 390
SMALL = ViewportSize(width=NARROW, height=800)
MENU = "#nav-sidebar"
# A rule that is minor or moderate finds nothing serious: axe gives its impact to all that it finds.
_LOOK = """
async ({only, without}) => {
    const rules = axe._audit.rules.filter((rule) => rule.enabled
        && !["minor", "moderate"].includes(rule.impact)
        && !rule.tags.some((tag) => axe._audit.tagExclude.includes(tag)));
    const found = await axe.run(
        {exclude: without && document.querySelector(without) ? [[without]] : []},
        {runOnly: only ? [only] : rules.map((rule) => rule.id),
         resultTypes: ["violations"], preload: false});
    return found.violations.flatMap((one) => one.nodes.map((node) => [one.id, node.html]));
}
"""


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


def seat(
    browser: Browser, live_server: LiveServer, user: User | None, *, has_scripts: bool = True
) -> Page:
    # The policy of our pages keeps foreign scripts out, and axe is one.
    context = browser.new_context(
        base_url=live_server.url, bypass_csp=True, viewport=WIDE, java_script_enabled=has_scripts
    )
    if user:
        session = cast.sign_in(Client(), user).cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    context.set_default_timeout(120_000)
    return context.new_page()


def serious(page: Page, path: str, *, only: str = "", without: str = "") -> list[str]:
    """Return what axe holds to be serious or worse on the page as it is shown now.

    `only` is one rule; `without` is what was looked at on another page already.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    nodes: list[list[str]] = page.evaluate(_LOOK, {"only": only, "without": without})
    return [f"{path}: {rule} at {html[:120]}" for rule, html in nodes]


@dataclass
class Sweep:
    """One person's walk through pages, in the light and on a telephone, perhaps in the dark.

    The menu that stands on every page is looked at on the first one. Contrast in the dark is
    looked at once for each template: its colours are those of the style sheets.
    """

    page: Page
    templates: list[str] = field(default_factory=list)
    """What was rendered since the page was asked for, the template of the page itself first."""
    seen: set[str] = field(default_factory=set)
    in_the_dark: bool = False

    def stumbles(self, path: str) -> list[str]:
        """Return what somebody stumbles over on a page."""
        self.templates.clear()
        try:
            answer = self.page.goto(path)
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
        # The page stays as wide as the last look left it, so that each is laid out twice only.
        looks = [self._at_a_desk, self._on_a_telephone]
        if self.page.viewport_size != WIDE:
            looks.reverse()
        return [each for look in looks for each in look(path)]

    def _at_a_desk(self, path: str) -> list[str]:
        if self.page.viewport_size != WIDE:
            self.page.set_viewport_size(WIDE)
        menu = MENU if self.seen else ""
        template = self.templates[0] if self.templates else path
        found = serious(self.page, path, without=menu)
        if self.in_the_dark and template not in self.seen:
            self.page.emulate_media(color_scheme="dark")
            found += serious(self.page, f"{path} in the dark", only="color-contrast", without=menu)
            self.page.emulate_media(color_scheme="light")
        self.seen.add(template)
        return found

    def _on_a_telephone(self, path: str) -> list[str]:
        if self.page.viewport_size != SMALL:
            self.page.set_viewport_size(SMALL)
        width = self.page.evaluate("document.documentElement.scrollWidth")
        return [f"{path}: {width} px wide on {NARROW} px"] if width > NARROW else []


Walk = Callable[..., Sweep]


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
    page.set_content(
        "<html lang=en><title>x</title><main><h1>x</h1><img src=x>"
        "<p id=pale style='color: #ccc; background: #fff'>Pale words</p></main></html>"
    )
    found = serious(page, "")
    assert [each for each in found if "image-alt" in each]
    assert [each for each in found if "color-contrast" in each]
    assert not serious(page, "", only="color-contrast", without="#pale")


def test_a_sweep_finds_what_is_wrong(
    walk: Walk,
) -> None:
    """What is wrong in the dark alone is found there, and what is too wide, on both its looks."""
    spoilt = "body{min-width:500px}@media(prefers-color-scheme:dark){h1{color:#111!important}}"
    sweep = walk(None, in_the_dark=True)
    sweep.page.add_init_script(
        "addEventListener('DOMContentLoaded', () => document.head.append(Object.assign("
        f"document.createElement('style'), {{textContent: '{spoilt}'}})))"
    )
    found = sweep.stumbles("/accounts/login/")
    assert [each for each in found if "in the dark: color-contrast" in each]
    assert [each for each in found if "500 px wide on 390 px" in each]
    assert [each for each in sweep.stumbles("/accounts/login/") if "500 px wide" in each]
    assert sweep.seen == {"account/login.html"}


def test_the_staff_door_is_there_without_scripts(
    browser: Browser, live_server: LiveServer, alice: User
) -> None:
    page = seat(browser, live_server, alice, has_scripts=False)
    page.goto("/admin/evidence/evidence/add/")
    assert page.get_by_label("Source system").is_visible()
    assert page.get_by_role("link", name="Coverage").first.is_visible()
    assert not page.locator("#modal-overlay").is_visible()


def test_nothing_serious_behind_any_door(
    live_server: LiveServer, walk: Walk, world: World, root: User, bob: User
) -> None:
    house = houses.build(world, bob)
    staff, auditor, merchant = walk(root), walk(bob), walk(None)
    form = f"/sign/{shops.link(shops.form(world.alice))}/"
    found = [each for path in of_staff() for each in staff.stumbles(f"/admin/{path}")]
    found += [each for path in OF_EVERYBODY for each in staff.stumbles(f"/accounts/{path}")]
    of_auditor = ["/portal/", *map(house.path, OF_AUDITORS)]
    found += [each for path in of_auditor for each in auditor.stumbles(path)]
    for path in (form, "/accounts/login/", "/leaked-token/"):
        found += merchant.stumbles(path)
    assert found == []


def test_nothing_serious_on_the_page_of_any_thing(
    live_server: LiveServer, walk: Walk, world: World, alice: User, bob: User
) -> None:
    samples = Samples(houses.sampled(houses.build(world, bob)))
    staff, auditor = walk(alice, in_the_dark=True), walk(bob, in_the_dark=True)
    found = [
        each
        for path in of_one_thing(samples, "admin/", "compliance-lead")
        for each in staff.stumbles(path)
    ]
    for path in of_one_thing(samples, "portal/", "auditor"):
        found += auditor.stumbles(path)
    assert found == []


def test_nothing_serious_on_any_page_of_a_merchant(
    live_server: LiveServer, walk: Walk, world: World
) -> None:
    merchant = walk(None, in_the_dark=True)
    form = shops.form(world.alice)
    begun = f"/sign/{shops.link(form)}/"
    sections = [step.slug for step in Way(form).steps]
    pages = [begun, f"{begun}scans/", f"{begun}sign/", *(f"{begun}{one}/" for one in sections)]
    assert [each for path in pages for each in merchant.stumbles(path)] == []


@pytest.fixture(autouse=True)
def files_kept_by_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page asks for the same style sheets, scripts and fonts; once is enough."""
    served = StaticFilesHandlerMixin.serve

    def kept(handler: StaticFilesHandlerMixin, request: HttpRequest) -> HttpResponseBase:
        answer = served(handler, request)
        answer["Cache-Control"] = "max-age=3600"
        return answer

    monkeypatch.setattr(StaticFilesHandlerMixin, "serve", kept)


@pytest.fixture
def walk(browser: Browser, live_server: LiveServer) -> Iterator[Walk]:
    """Begin a sweep for a person, or for somebody who never signed in."""
    templates: list[str] = []

    def rendered(template: Any, **_: object) -> None:
        templates.append(str(template.name))

    def begin(user: User | None, *, in_the_dark: bool = False) -> Sweep:
        return Sweep(seat(browser, live_server, user), templates, in_the_dark=in_the_dark)

    template_rendered.connect(rendered)
    yield begin
    template_rendered.disconnect(rendered)


@pytest.fixture
def world(alice: User, var_dir: Path) -> World:
    return World(alice)
