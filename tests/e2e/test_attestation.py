"""A merchant on a phone: from the link in the mail to the signed attestation."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail as outbox
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pypdf import PdfReader

from accounts.models import User
from compliance.notices import attestation
from jobs.work import Work
from merchants import answering
from merchants.models import ComplianceForm, FormFile, SignatureRecord
from reports import pdf_engine, tasks
from tests.merchants import shops

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(pdf_engine.missing_libraries()), reason="The PDF engine is missing."),
]
WIDTHS = (320, 390)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    # Within a test Django would refuse to ask the database from a thread that runs a loop.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking"],
        )
        yield browser
        browser.close()


def answer(page: Page, form: ComplianceForm) -> None:
    """Go through every page: statements, business, then each line."""
    for statement in answering.statements_of(answering.whole(form)):
        page.locator(f"[name=s-{statement.id}][value=yes]").check()
    page.get_by_role("button", name="Keep, and go on").click()
    for field in page.locator("textarea").all():
        field.fill("We sell bread.")
    page.get_by_role("button", name="Keep, and go on").click()
    for section in answering.whole(form).questionnaire.sections:
        for line in section.lines:
            expect(page.locator(f"[name='n-{line.id}']")).to_be_hidden()
            page.locator(f"[name='a-{line.id}'][value=in_place]").check()
        page.get_by_role("button", name=re.compile("Keep, and (go on|read it all)")).click()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def sign(page: Page) -> None:
    page.get_by_label("Your full name").fill("Erna Ofenloch")
    page.get_by_label("Your title in the business").fill("Owner")
    page.get_by_label("Today's date").fill(timezone.now().date().isoformat())
    page.get_by_label("I agree to this, and sign").check()
    page.get_by_role("button", name="Sign").click()
    expect(page.locator("h1")).to_have_text("Signed")


def taken(page: Page, to: Path) -> str:
    """Take the signed paper away, and return its text in one line."""
    page.get_by_role("link", name="Look again").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Take the signed attestation").click()
    download.value.save_as(to)
    return "".join(one.extract_text() for one in PdfReader(to).pages).replace("\n", "")


@pytest.mark.usefixtures("var_dir")
@pytest.mark.parametrize("width", WIDTHS)
def test_from_the_mail_to_the_signed_attestation(
    browser: Browser, live_server: Any, settings: Any, root: User, *, tmp_path: Path, width: int
) -> None:
    settings.MAIL_IS_ON, settings.SITE_URL = True, live_server.url
    form = shops.form(root)
    attestation.send(form, day="today")
    link = re.findall(r"http\S+/sign/\S+", str(outbox.outbox[-1].body))[0]
    # The smallest phone runs no script: every page works without one.
    context = browser.new_context(
        viewport={"width": width, "height": 740}, is_mobile=True, java_script_enabled=width > 320
    )
    page, problems = context.new_page(), list[str]()
    page.on("console", lambda said: problems.append(said.text))
    page.goto(link)
    assert fits(page)
    page.get_by_role("link", name="Begin").click()
    assert fits(page)
    answer(page, form)
    assert fits(page)
    sign(page)
    assert fits(page)
    tasks.render_form(Work(1, "e2e", {"form": form.pk, "which": "signed"}))
    text = taken(page, tmp_path / "attestation.pdf")
    assert "Erna Ofenloch" in text
    assert SignatureRecord.objects.get().answers_sha256 in text
    assert FormFile.objects.get().which == "signed"
    assert problems == []
    context.close()
