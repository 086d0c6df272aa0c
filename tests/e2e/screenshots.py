"""`make screenshots`: walks the first day in a real browser and keeps the pictures of the docs."""

import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.e2e import journey
from tests.e2e.first_start import HOUSE, running

FOLDER = HOUSE / "docs" / "screenshots"
WIDE: ViewportSize = {"width": 1280, "height": 860}
PHONE: ViewportSize = {"width": 390, "height": 844}


def main() -> int:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("chromium is missing; on Debian: apt-get install chromium\n")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder), ORGANISATION="Example Pay") as installation,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking"],
        )
        _walk(browser, installation.url, installation.welcome)
        browser.close()
    return 0


def _walk(browser: Browser, url: str, welcome: str) -> None:
    today = datetime.now(UTC).date()
    staff = browser.new_context(viewport=WIDE).new_page()
    staff.goto(welcome)
    _keep(staff, "welcome")
    journey.accept_invitation(staff, welcome, name="Ruth Rooth", email="ruth@example.org")
    journey.wait_for_evidence(staff, url, items=4)
    engagement = journey.open_engagement(
        staff,
        url,
        title="SOC 2 Type 2 of the second half",
        start=(today - timedelta(days=120)).isoformat(),
        end=(today + timedelta(days=60)).isoformat(),
    )
    link = journey.invite_auditor(staff, engagement, email="bob@audit.example")
    auditor = browser.new_context(viewport=WIDE).new_page()
    journey.accept_invitation(auditor, link.url, name="Bob Achterberg", email="bob@audit.example")
    _see(staff, f"{url}/admin/reviews/", "review-queue")
    ref = journey.accept_first(staff, url)
    journey.build_pack(staff, engagement)
    _see(staff, f"{url}/admin/", "dashboard")
    _see(staff, f"{url}/admin/coverage/", "coverage")
    _see(staff, engagement, "engagement")
    for page in ("readiness", "gaps", "plan", "registers"):
        _see(staff, f"{url}/admin/{page}/", page)
    auditor.goto(f"{url}/portal/")
    auditor.locator("main table a").first.click()
    _keep(auditor, "portal")
    _see(auditor, f"{auditor.url}evidence/{ref}/", "portal-evidence")


def _see(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    _keep(page, name)


def _keep(page: Page, name: str) -> None:
    """Keep a page as it stands: light and dark at a desk, light on a phone."""
    looks: tuple[tuple[Literal["light", "dark"], ViewportSize, str], ...] = (
        ("light", WIDE, ""),
        ("dark", WIDE, "-dark"),
        ("light", PHONE, "-phone"),
    )
    for scheme, size, suffix in looks:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        page.reload(wait_until="networkidle")
        page.wait_for_timeout(300)
        page.screenshot(path=FOLDER / f"{name}{suffix}.png")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDE)


if __name__ == "__main__":
    raise SystemExit(main())
