"""An audit from both chairs, in two browsers: the request, the sample, the exception, the pack."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from audits import requests
from audits.models import EvidenceRequest, Finding
from evidence import checkpoint
from evidence.models import Evidence
from jobs.performing import drain
from tests import cast
from tests.audits import sealing
from tests.audits.world import World, hand_in, submission
from tests.portal.house import admit
from tests.reports.making import members, verify

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

DEFINITION = "One row is one change that was merged into the main branch; drafts are out."


@dataclass
class Chairs:
    """Alice in the staff door, Bob in the portal, and the audit that both work on."""

    alice: Page
    bob: Page
    world: World
    ref: str
    pk: int
    changes: Evidence
    fixed: Evidence

    def staff(self, path: str) -> Page:
        self.alice.goto(f"/admin/{path}")
        return self.alice

    def portal(self, path: str) -> Page:
        self.bob.goto(f"/portal/{self.ref}/{path}")
        return self.bob


@pytest.fixture
def world(
    transactional_db: None, alice: User, var_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> World:
    # Playwright runs a loop in this thread, which Django takes for asynchronous code of ours.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    return World(alice)


@pytest.fixture
def chairs(
    world: World, chromium: str, alice: User, bob: User, live_server: LiveServer
) -> Iterator[Chairs]:
    engagement = world.engagement()
    admit(engagement, bob, by=alice)
    changes = sealing.item(world)
    sent = submission(b"reviewed\n", world.end, None, world.leavers, filename="review.txt")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])

        def sit_down(user: User) -> Page:
            session = cast.sign_in(Client(), user).cookies["sessionid"].value
            context = browser.new_context(base_url=live_server.url, accept_downloads=True)
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            context.set_default_timeout(120_000)
            return context.new_page()

        yield Chairs(
            *(sit_down(alice), sit_down(bob), world, engagement.ref, engagement.pk, changes),
            fixed=hand_in(sent),
        )
        browser.close()


def answer(chairs: Chairs, request: EvidenceRequest, note: str) -> None:
    page = chairs.staff(f"requests/{request.pk}/answer/")
    page.fill("#more", chairs.changes.ref)
    page.fill("#note", note)
    page.click("form[method=post] button:has-text('Answer')")
    page.wait_for_url("**/admin/requests/*/")


def test_a_request_is_asked_answered_returned_answered_and_accepted(chairs: Chairs) -> None:
    page = chairs.portal("requests/new/")
    page.fill("[name=title]", "Changes of the summer")
    page.fill("[name=refs]", "AC-01")
    page.click("button:has-text('Ask')")
    page.wait_for_url("**/requests/1/")
    request = EvidenceRequest.objects.get()
    answer(chairs, request, "All of them.")
    page = chairs.portal("requests/1/")
    assert chairs.changes.ref in page.inner_text("main")
    page.fill("#reason", "The approvals are missing.")
    page.click("button:has-text('Return it')")
    page.wait_for_load_state()
    assert requests.state_of(request) == "returned"
    said = chairs.staff(f"requests/{request.pk}/").inner_text("#content")
    assert "The approvals are missing." in said
    answer(chairs, request, "With the approvals.")
    chairs.portal("requests/1/").click("button:has-text('Accept the answer')")
    chairs.bob.wait_for_load_state()
    assert requests.state_of(request) == "accepted"


def seal(chairs: Chairs) -> None:
    page = chairs.staff(f"audits/engagement/{chairs.pk}/populations/add/")
    page.fill("[name=evidence]", chairs.changes.ref)
    page.select_option("[name=control]", "AC-01")
    page.fill("[name=definition]", DEFINITION)
    page.fill("[name=date_column]", "merged_on")
    page.fill("[name=id_column]", "change_id")
    page.click("form[method=post] button.cs-button--main")
    page.wait_for_url("**/sealedpopulation/*/")


def draw(chairs: Chairs) -> None:
    page = chairs.portal("populations/1/")
    assert DEFINITION in page.inner_text("main")
    page.fill("[name=nonce]", "harbour lantern 47")
    page.select_option("[name=method]", "stratified")
    page.fill("[name=size]", "10")
    page.click("button:has-text('Draw')")
    page.wait_for_url("**/draws/1/")
    page.fill("[name=titles]", "Reviewed by another person")
    page.click("button:has-text('Test these')")
    page.wait_for_load_state()


def record(chairs: Chairs) -> None:
    """One deviation and nine passes, item by item, with the link to the next."""
    page = chairs.portal("populations/1/draws/1/")
    page.click("table.sheet tbody th a >> nth=0")
    for number in range(10):
        page.wait_for_selector("[name=result_A]")
        page.select_option("[name=result_A]", "pass" if number else "deviation")
        if not number:
            page.fill("[name=note_A]", "The author approved it alone.")
        page.click("button:has-text('Record')")
        page.wait_for_selector("text=Recorded as entry")
        if number < 9:
            page.click("a:has-text('Next item')")
            page.wait_for_load_state()


def remedy(chairs: Chairs, finding: Finding) -> None:
    """Management responds, plans, does; the auditor tests again."""
    form = f"audits/finding/{finding.pk}/do"
    main = "form[method=post] button.cs-button--main"
    page = chairs.staff(f"{form}/respond/")
    page.check("[name=agrees][value=yes]")
    page.fill("[name=text]", "The rule was switched off for a day.")
    page.click(main)
    page.wait_for_url("**/audits/finding/*/")
    page = chairs.staff(f"{form}/plan/")
    page.fill("[name=text]", "Switch the rule on and watch it.")
    page.fill("[name=owner]", "Alice Lindqvist")
    page.click(main)
    page.wait_for_url("**/audits/finding/*/")
    page = chairs.staff(f"{form}/finish/")
    page.fill("[name=evidence]", chairs.fixed.ref)
    page.click(main)
    page.wait_for_url("**/audits/finding/*/")
    page = chairs.portal(f"findings/{finding.ref}/retest/")
    page.select_option("[name=passed]", "yes")
    page.fill("[name=evidence]", chairs.fixed.ref)
    page.fill("[name=text]", "Five later changes had a second person.")
    page.click("main form[method=post] button")
    page.wait_for_url(f"**/findings/{finding.ref}/")


def test_a_sample_leads_to_a_finding_and_the_pack_draws_it_again(
    chairs: Chairs, tmp_path: Path
) -> None:
    seal(chairs)
    draw(chairs)
    record(chairs)
    finding = Finding.objects.get(subject_kind="sample_item")
    assert "The author approved it alone." in chairs.portal(f"findings/{finding.ref}/").inner_text(
        "main"
    )
    remedy(chairs, finding)
    statement = chairs.portal("populations/1/draws/1/").inner_text("main")
    assert "9 of 10 without exception" in statement
    chairs.staff(f"audits/engagement/{chairs.pk}/").click("button:has-text('Build a pack')")
    chairs.alice.wait_for_load_state()
    drain()
    page = chairs.portal("")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download ENG").first.click()
    path = tmp_path / "pack.zip"
    taken.value.save_as(path)
    content = path.read_bytes()
    said = verify(content, tmp_path, key=checkpoint.vkey())
    assert said.returncode == 0, said.stdout
    names = set(members(content))
    assert {"draws/P1-D1.json", "populations/P1.json", "findings.json"} <= names
