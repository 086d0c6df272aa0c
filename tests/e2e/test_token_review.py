"""A token review in two browsers: from the collected list to evidence that covers its quarter."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts import tokens
from accounts.models import ApiToken, User
from collectors import defaults, run
from collectors.models import Source
from evidence.models import Evidence
from registers.campaigns import lists
from registers.models import Campaign, CampaignLine
from tests import cast
from tests.e2e import journey
from tests.e2e.desks import desk, go, said

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@dataclass
class Desks:
    """Alice, who runs the review, and Ivan, who goes through it."""

    alice: Page
    ivan: Page
    reviewer: User


@pytest.fixture
def desks(
    alice: User, var_dir: Path, chromium: str, live_server: LiveServer, monkeypatch: Any
) -> Iterator[Desks]:
    # Playwright runs a loop in this thread, which Django takes for asynchronous code of ours.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    ivan = cast.person("reviewer", email="ivan@example.org", full_name="Ivan Ilin")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield Desks(desk(browser, live_server, alice), desk(browser, live_server, ivan), ivan)
        browser.close()


def issue(owner: User, purpose: str, *, by: User) -> ApiToken:
    token, _ = tokens.issue(
        owner,
        purpose=purpose,
        scopes=["evidence:read"],
        environment="production",
        expires_at=timezone.now() + timedelta(days=60),
        issued_by=by,
    )
    return token


def collect(key: str) -> Evidence:
    made = run.perform(Source.objects.get(collector="api_tokens"), period=None, key=key)
    assert made.evidence, made.reason
    return made.evidence


def open_review(desks: Desks, listed: Evidence, *, stand_in: User) -> Campaign:
    page = go(desks.alice, "campaigns/")
    page.click("text=Open the first campaign")
    page.check("input[value=token]")
    page.select_option("select[name=evidence]", str(listed.pk))
    page.click("button:has-text('Go on')")
    page.select_option("select[name=usual]", str(desks.reviewer.pk))
    page.select_option("select[name=stand_in]", str(stand_in.pk))
    page.click("button:has-text('See what it would be')")
    page.click("button:has-text('Open it with 3 lines')")
    page.wait_for_url("**/campaigns/1/")
    return Campaign.objects.get()


def decide_one_by_one_and_in_bulk(desks: Desks) -> None:
    """Ivan revokes his first line and keeps the rest; what is his own is not his to keep."""
    page = go(desks.ivan, "campaigns/mine/")
    page.click("text=2 lines to decide")
    page.click("tbody th a >> nth=0")
    page.check("input[value=revoke]")
    page.fill("#reason", "The export moved to another system.")
    page.click("button:has-text('Decide and go on')")
    page.wait_for_url("**/campaigns/1/lines/2/")
    page = go(desks.ivan, "campaigns/1/?state=open")
    page.click("text=Decide about all of this filter")
    assert "is about your own access" in said(page)
    page.check("input[value=keep]")
    page.fill("#reason", "In daily use.")
    page.click("button:has-text('Decide about 1 line')")
    page.wait_for_url("**/campaigns/1/")


def decide_the_last(desks: Desks) -> None:
    """A signature alone closes nothing: Alice decides about the line that was left."""
    page = go(desks.alice, "campaigns/1/close/")
    assert "1 line has no decision yet" in said(page)
    assert page.is_disabled("button:has-text('Close it into evidence')")
    page = go(desks.alice, "campaigns/1/lines/3/")
    page.check("input[value=keep]")
    page.fill("#reason", "Ivan needs it for the queue.")
    page.click("#content button:has-text('Decide')")
    page.wait_for_url("**/campaigns/1/")


def follow_up(desks: Desks) -> None:
    page = go(desks.alice, "campaigns/1/follow/")
    page.click("button:has-text('See what it proves')")
    page.click("button:has-text('Keep this')")
    page.wait_for_url("**/campaigns/1/follow/")
    assert "All of it is proved done." in said(page)


def open_engagement(page: Page, today: date) -> str:
    """Open an audit over the present quarter and return its number."""
    address = journey.open_engagement(
        page,
        page.url.split("/admin/")[0],
        title="SOC 2",
        start=(today - timedelta(days=200)).isoformat(),
        end=(today + timedelta(days=30)).isoformat(),
    )
    return address.rstrip("/").rsplit("/", 1)[-1]


def test_a_token_review_ends_in_evidence_for_its_quarter(desks: Desks, alice: User) -> None:
    call_command("load_catalogue", yes=True, verbosity=0)
    defaults.connect_defaults()
    old = issue(alice, "Nightly export", by=alice)
    issue(alice, "Status page", by=alice)
    issue(desks.reviewer, "Script of the reviewer", by=alice)
    campaign = open_review(desks, collect("first"), stand_in=alice)
    given = [str(line.reviewer) for line in campaign.lines.order_by("number")]
    assert given == ["Ivan Ilin", "Ivan Ilin", "Alice Lindqvist"]
    decide_one_by_one_and_in_bulk(desks)
    decide_the_last(desks)

    tokens.revoke(old, reason="Reviewed.", by=alice)
    later = collect("second")
    follow_up(desks)
    first = CampaignLine.objects.get(number=1)
    assert (first.state, first.proof.evidence) == ("proved", later)

    page = go(desks.alice, "campaigns/1/close/")
    page.click("button:has-text('Close it into evidence')")
    page.wait_for_url("**/evidence/evidence/*/")
    campaign.refresh_from_db()
    evidence = campaign.evidence
    assert evidence is not None
    assert evidence.ref in said(page)

    today = lists.day_of(campaign.population)
    engagement = open_engagement(page, today)
    begin = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    page = go(desks.alice, f"coverage/{engagement}/expected/api-token-review/{begin}/")
    assert evidence.ref in said(page)
    assert "Met" in said(page)
