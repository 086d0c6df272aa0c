"""`make screenshots`: the pictures of the docs, from a first start and from the demo."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e import journey, tour
from tests.e2e.first_start import HOUSE, running
from tests.e2e.pictures import LOCALE, WIDE, Album

FOLDER = HOUSE / "docs" / "screenshots"
PROCESSED = ("Card payments", "Payouts and settlement to merchants")
SYSTEM = "GitHub"


def main() -> int:
    chosen = _asked()
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("chromium is missing; on Debian: apt-get install chromium\n")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking"],
        )
        _first_start(browser, Album(FOLDER), Path(folder) / "new")
        _demo(browser, Album(FOLDER), Path(folder), loaded=chosen.demo)
        browser.close()
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.screenshots", description=__doc__)
    parser.add_argument(
        "--demo",
        type=Path,
        metavar="FOLDER",
        help="a demo that is loaded already, such as var/demo; it works on a copy",
    )
    return parser.parse_args()


def _first_start(browser: Browser, album: Album, folder: Path) -> None:
    """The first page of a new installation, and what three answers come to."""
    folder.mkdir()
    with running(folder, ORGANISATION="Example Pay") as installation:
        page = browser.new_context(viewport=WIDE, locale=LOCALE).new_page()
        journey.accept_invitation(
            page, installation.welcome, name="Ruth Rooth", email="ruth@example.org"
        )
        page.goto(f"{installation.url}/admin/first-run/")
        album.keep(page, "first-run", prepare=_say_what_is_processed)
        page.get_by_role("button", name="Go on").click()
        page.get_by_role("button", name="Go on").click()
        page.get_by_label(SYSTEM).check()
        page.get_by_role("button", name="Go on").click()
        page.get_by_role("button", name="Open the engagement").click()
        page.wait_for_load_state("networkidle")
        album.keep(page, "first-sources")


def _say_what_is_processed(page: Page) -> None:
    for name in PROCESSED:
        page.get_by_label(name).check()


def _demo(browser: Browser, album: Album, folder: Path, *, loaded: Path | None) -> None:
    """Walk through a year: a copy of one that is loaded, or one that is loaded for this."""
    if loaded is None:
        with running(folder, "demo", patience=3600) as installation:
            tour.walk(
                browser, album, url=installation.url, welcome=installation.welcome, folder=folder
            )
        return
    copy = folder / "demo"
    shutil.copytree(loaded, copy)
    (copy / "loaded").touch()
    with running(copy, "demo", "start") as installation:
        tour.walk(browser, album, url=installation.url, welcome=installation.welcome, folder=folder)


if __name__ == "__main__":
    raise SystemExit(main())
