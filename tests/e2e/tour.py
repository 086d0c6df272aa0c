"""The tour of the demo's year in a browser: the pictures of `docs/tour.md`, in its order."""

from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.e2e import journey
from tests.e2e.pictures import LOCALE, PHONE, WIDE, Album

STAFF = "ruth@tour.example"
AUDITOR = "bob@audit.example"
LEAVERS = "AC-03"
_PROMPT_MS = 60_000


def walk(browser: Browser, album: Album, *, url: str, welcome: str, folder: Path) -> None:
    """Walk through a demo that runs at `url`; `folder` takes what is downloaded on the way."""
    staff = _desk(browser)
    journey.accept_invitation(staff, welcome, name="Ruth Rooth", email=STAFF)
    engagement = _engagement(staff, url)
    link = journey.invite_auditor(staff, engagement, email=AUDITOR)
    form = _link_of_form(staff, url)
    _look_at_coverage(staff, album, url)
    _look_at_work(staff, album, url)
    _look_at_money(staff, album, url)
    album.see(staff, f"{url}/admin/merchants/", "merchants")
    _look_as_merchant(browser, album, form)
    auditor = _desk(browser)
    journey.accept_invitation(auditor, link.url, name="Bob Achterberg", email=AUDITOR)
    journey.build_pack(staff, engagement)
    album.see(staff, engagement, "engagement")
    _look_as_auditor(auditor, album, url)
    _verify(auditor, album, url, folder)


def _desk(browser: Browser) -> Page:
    page = browser.new_context(viewport=WIDE, locale=LOCALE).new_page()
    page.set_default_timeout(_PROMPT_MS)
    return page


def _engagement(page: Page, url: str) -> str:
    """Return the address of the demo's engagement, which is the only one."""
    page.goto(f"{url}/admin/audits/engagement/")
    page.locator("#content").get_by_role("link", name="SOC 2 Type 2").click()
    page.wait_for_url("**/audits/engagement/*/")
    return page.url


def _look_at_coverage(page: Page, album: Album, url: str) -> None:
    """From the overview to a red cell, its expected time, its item and the row that was found."""
    album.see(page, f"{url}/admin/", "overview")
    album.keep(page, "overview-phone", size=PHONE)
    album.see(page, f"{url}/admin/coverage/", "coverage")
    page.goto(f"{url}/admin/coverage/?state=failing", wait_until="networkidle")
    row = page.locator("tr").filter(has_text=LEAVERS)
    row.locator("a.s-failing").first.click()
    album.keep(page, "cell")
    page.locator("tr").filter(has_text="Failing").locator("th a").first.click()
    page.locator("tr").filter(has_text="Exceptions found").locator("th a").first.click()
    page.wait_for_url("**/evidence/evidence/*/")
    album.keep(page, "exception", show="section:has(> header > h2:text-is('Checks'))")


def _look_at_work(page: Page, album: Album, url: str) -> None:
    """What waits for a decision, what was found, and the papers that are written of it all."""
    album.see(page, f"{url}/admin/reviews/", "review-queue")
    page.goto(f"{url}/admin/audits/finding/?q={LEAVERS}", wait_until="networkidle")
    page.locator("#content").get_by_role("link", name="exceptions found").first.click()
    page.wait_for_load_state("networkidle")
    album.keep(page, "finding")
    album.see(page, f"{url}/admin/reports/", "reports")


def _look_at_money(page: Page, album: Album, url: str) -> None:
    """The business days of a reconciliation, and a break that was cleared."""
    album.see(page, f"{url}/admin/reconciliations/", "reconciliations")
    page.goto(f"{url}/admin/breaks/?state=cleared", wait_until="networkidle")
    page.locator("#content table th a").first.click()
    album.keep(page, "break")


def _link_of_form(page: Page, url: str) -> str:
    """Make a link to a form that its merchant has not signed yet; it is shown once."""
    page.goto(f"{url}/admin/merchants/?state=INCOMPLETE", wait_until="networkidle")
    page.locator("#content table th a").first.click()
    page.get_by_role("button", name="Show a link").click()
    return page.locator("#secret").input_value()


def _look_as_merchant(browser: Browser, album: Album, link: str) -> None:
    """The form on the merchant's phone: its first page, and lines to answer."""
    context = browser.new_context(viewport=PHONE, is_mobile=True, locale=LOCALE)
    phone = context.new_page()
    album.see(phone, link, "merchant-phone", size=PHONE)
    phone.set_viewport_size(PHONE)
    phone.locator("ol.pages a").nth(2).click()
    album.keep(phone, "merchant-lines-phone", size=PHONE)


def _look_as_auditor(page: Page, album: Album, url: str) -> None:
    """What an auditor sees: the audit, and a sample with its proof."""
    page.goto(f"{url}/portal/")
    page.locator("main table a").first.click()
    page.wait_for_load_state("networkidle")
    audit = page.url
    album.keep(page, "portal")
    album.keep(page, "portal-phone", size=PHONE)
    page.goto(f"{audit}populations/", wait_until="networkidle")
    page.locator("main table a").first.click()
    page.get_by_role("link", name="Draw 1").click()
    album.keep(page, "sample")


def _verify(page: Page, album: Album, url: str, folder: Path) -> None:
    """Download the pack and the verifier, then verify the one by the other from the disk."""
    pack = journey.download_pack(page, url, folder)
    key = journey.verifier_key(page)
    with page.expect_download() as taken:
        page.get_by_role("link", name="verify.html").click()
    taken.value.save_as(folder / "verify.html")
    page.goto((folder / "verify.html").as_uri())
    page.locator("#pack").set_input_files(pack)
    page.locator("#key").fill(key)
    page.locator("#verify").click()
    page.locator("#result").wait_for(timeout=journey.LONG)
    album.keep(page, "verify", show="#result", reload=False)
