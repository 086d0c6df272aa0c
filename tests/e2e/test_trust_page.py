"""A buyer on a phone: from the trust page to a marked copy, and nothing to stumble over."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail as outbox
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pypdf import PdfReader

from accounts.models import User
from audits.models import BuyerHandOut, BuyerRequest
from compliance.notices import sharing
from reports import pdf_engine
from tests.audits.buying import Market

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(pdf_engine.missing_libraries()), reason="The PDF engine is missing."),
]
_STUMBLES = {"serious", "critical"}


@pytest.fixture
def browser(chromium: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    # Playwright runs a loop in this thread, which Django takes for asynchronous code of ours.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield found
        found.close()


def fits(page: Page) -> bool:
    return int(page.locator("body").bounding_box()["width"]) <= 320  # type: ignore[index]


def ask(page: Page, title: str) -> None:
    """Fill in the form, and accept the agreement."""
    page.get_by_label(title).check()
    page.get_by_label("Your name").fill("Dana Buyer")
    page.get_by_label("Your company").fill("Bright & Co")
    page.get_by_label("Your e-mail address").fill("dana@bright.example")
    page.get_by_label("What you need them for").fill("We review our vendors.")
    page.get_by_label("I accept the agreement").check()
    page.get_by_role("button", name="Accept and ask").click()
    expect(page.locator("h1")).to_have_text("Your request is here")


def stumbles(browser: Browser, address: str, scheme: Any) -> list[str]:
    # The policy of our pages keeps foreign scripts out, and axe is one.
    context = browser.new_context(bypass_csp=True, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    found = Axe().run(page).response["violations"]
    context.close()
    return [one["id"] for one in found if one["impact"] in _STUMBLES]


@pytest.mark.usefixtures("var_dir")
def test_from_the_page_to_a_marked_copy(
    browser: Browser, live_server: Any, settings: Any, alice: User, tmp_path: Path
) -> None:
    settings.TRUST_PAGE, settings.SITE_URL = True, live_server.url
    cache.clear()
    market = Market.opened(alice)
    # The smallest phone runs no script: every page works without one.
    context = browser.new_context(
        viewport={"width": 320, "height": 740}, is_mobile=True, java_script_enabled=False
    )
    page = context.new_page()
    page.goto(f"{live_server.url}/trust/")
    assert fits(page)
    page.get_by_role("main").get_by_role("link", name="Ask for documents").click()
    assert fits(page)
    ask(page, market.document.title)
    sharing.send(market.approve(BuyerRequest.objects.get()), job=1)
    link = re.findall(r"http\S+/trust/documents/\S+", str(outbox.outbox[-1].body))[0]
    page.goto(link)
    assert fits(page)
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Take {market.document.title}").click()
    download.value.save_as(tmp_path / "copy.pdf")
    texts = [one.extract_text() for one in PdfReader(tmp_path / "copy.pdf").pages]
    assert len(texts) == 2
    assert all("Dana Buyer" in text and "Bright & Co" in text for text in texts)
    assert BuyerHandOut.objects.count() == 1
    context.close()
    for address in (f"{live_server.url}/trust/", f"{live_server.url}/trust/ask/", link):
        for scheme in ("light", "dark"):
            assert stumbles(browser, address, scheme) == [], (address, scheme)
