"""What people do on the first day, step by step; the browser test and the screenshots share it."""

import base64
import hmac
import struct
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect

PASSWORD = "a long and plain passphrase"
LONG = 120_000


@dataclass(frozen=True)
class Link:
    """A one-time link that was shown once, and for whom."""

    url: str


def code_of(secret: str) -> str:
    """Return the six digits of an authenticator app now (RFC 6238, SHA-1, 30 seconds)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), "sha1")
    place = digest[-1] & 15
    number = struct.unpack(">I", digest[place : place + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def accept_invitation(page: Page, link: str, *, name: str, email: str) -> None:
    """Open a one-time link, make the account, and set up the obligatory second factor."""
    page.goto(link)
    page.get_by_label("name", exact=False).first.fill(name)
    address = page.locator("input[name=email]")
    if address.count() and address.is_editable():
        address.fill(email)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password_again]").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    enrol(page)


def enrol(page: Page) -> None:
    """Set up an authenticator app, and go on past the recovery codes."""
    page.goto(page.url.split("/accounts/")[0] + "/accounts/2fa/totp/activate/")
    secret = page.locator("form .digest").first.inner_text().strip()
    page.locator("input[name=code]").fill(code_of(secret))
    page.get_by_role("button", name="Turn it on").click()
    page.wait_for_url("**/2fa/recovery-codes/**")


def wait_for_evidence(page: Page, url: str, *, items: int) -> None:
    """Wait until collectors brought this many items to the review queue."""
    deadline = time.monotonic() + LONG / 1000
    while True:
        page.goto(f"{url}/admin/reviews/")
        if page.locator("[data-item]").count() >= items:
            return
        if time.monotonic() > deadline:
            raise AssertionError("The collectors brought no evidence in time.")
        page.wait_for_timeout(1000)


def accept_first(page: Page, url: str) -> str:
    """Accept the first item of the review queue and return its reference."""
    page.goto(f"{url}/admin/reviews/")
    item = page.locator("[data-item]").first
    ref = item.locator(".cs-mono").first.inner_text().strip()
    item.get_by_role("button", name="Accept").first.click()
    expect(page.locator("body")).to_contain_text(ref)
    return ref


def open_engagement(
    page: Page, url: str, *, title: str, start: str, end: str, also: str = ""
) -> str:
    """Open an engagement over a window that includes today, and return its address.

    `also` names a category beside the one that every report has.
    """
    page.goto(f"{url}/admin/audits/engagement/add/")
    page.locator("[name=title]").fill(title)
    page.locator("[name=firm]").fill("Example Audit LLP")
    page.locator("[name=window_from]").fill(start)
    page.locator("[name=window_to]").fill(end)
    if also:
        page.get_by_label(also, exact=True).check()
        page.get_by_label(f"Why {also}?").fill("Customers ask for it.")
    page.get_by_role("button", name="Open the engagement").click()
    page.wait_for_url("**/audits/engagement/*/")
    return page.url


def invite_auditor(page: Page, engagement: str, *, email: str) -> Link:
    """Invite an auditor to an engagement and return the link, whose acceptance admits them."""
    page.goto(engagement)
    page.get_by_label("Invite an auditor").fill(email)
    page.get_by_role("button", name="Make the link").click()
    return Link(page.locator("#secret").input_value())


def build_pack(page: Page, engagement: str) -> None:
    """Build a pack, watch its job until it is done."""
    page.goto(engagement)
    page.get_by_role("button", name="Build a pack").click()
    deadline = time.monotonic() + LONG / 1000
    while time.monotonic() < deadline:
        page.goto(engagement)
        if page.get_by_text("Ready", exact=True).count():
            return
        page.wait_for_timeout(1000)
    raise AssertionError("The pack was not ready in time.")


def download_pack(page: Page, url: str, folder: Path) -> Path:
    """As an auditor, go from the list of audits to the pack and take it away."""
    page.goto(f"{url}/portal/")
    page.locator("main table a").first.click()
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download ENG").first.click()
    path = folder / "pack.zip"
    taken.value.save_as(path)
    return path


def verifier_key(page: Page) -> str:
    """Return the verifier key that the portal shows."""
    return page.locator("p.digest").first.inner_text().strip()
