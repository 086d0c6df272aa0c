"""From an empty folder to a red cell: a clone, `make run`, three questions in a browser.

What people take to read and type is not counted; what the machine takes is: the environment, the
first start, the account with its second factor, the questions, the preview, the heat map.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.benchmarks.stopwatch import Measure, Rival, compared
from tests.e2e import journey

ROOT = Path(__file__).resolve().parents[2]
MOST_SECONDS = 180.0
_LINK = re.compile(r"http\S+/welcome/\S+/")
_PATIENCE_SECONDS = 600.0
# What this process was started with is none of the clone's.
_OURS = ("VAR_DIR", "DJANGO_SETTINGS_MODULE", "DATABASE_URL", "BROKER_URL", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Taken:
    """Seconds of each stretch of the way."""

    environment: float
    start: float
    answers: float

    @property
    def whole(self) -> float:
        return self.environment + self.start + self.answers


def measure(_quick: bool) -> Iterator[Measure]:
    with tempfile.TemporaryDirectory(dir=ROOT / "var") as folder:
        taken = _taken(Path(folder) / "countersign")
    for name, seconds in (
        ("from make run to a red cell", taken.whole),
        ("of it: the environment", taken.environment),
        ("of it: the first start, until its link", taken.start),
        ("of it: account, questions, heat map", taken.answers),
    ):
        yield compared(
            name,
            "from an empty folder",
            (seconds, "s"),
            Rival("limit", MOST_SECONDS, "<= 1"),
            ratio=seconds / MOST_SECONDS,
        )


def _taken(clone: Path) -> Taken:
    clone_of = ["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)]
    subprocess.run(clone_of, check=True)
    began = time.perf_counter()
    with _running(clone) as log:
        _wait((clone / ".venv" / ".run").exists, log)
        ready = time.perf_counter()
        _wait(lambda: bool(_LINK.search(_said(log))), log)
        invited = time.perf_counter()
        link = _LINK.search(_said(log))
        assert link is not None
        _walk(link.group())
        return Taken(ready - began, invited - ready, time.perf_counter() - invited)


@contextmanager
def _running(clone: Path) -> Iterator[Path]:
    """Run `make run` in a clone, as a group of its own; yield the file with what it says."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if name not in _OURS}
    log = clone / "said.txt"
    with log.open("wb") as said:
        made = subprocess.Popen(
            ["make", "run"],
            cwd=clone,
            env=kept | {"LISTEN": f"127.0.0.1:{port}"},
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield log
        finally:
            os.killpg(made.pid, signal.SIGTERM)
            made.wait(timeout=60)


def _said(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")


def _wait(happened: Callable[[], bool], log: Path) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while not happened():
        if time.monotonic() > until:
            raise AssertionError(f"The first start did not come so far. It said:\n{_said(log)}")
        time.sleep(0.05)


def _walk(welcome: str) -> None:
    """Make the account, answer the three questions, and wait for a red cell."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise AssertionError("This needs a browser: sudo apt-get install chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context().new_page()
        journey.accept_invitation(page, welcome, name="Ruth Rooth", email="ruth@example.org")
        page.goto(f"{welcome.partition('/welcome/')[0]}/admin/")
        page.wait_for_url("**/admin/first-run/")
        _answer(page)
        expect(page.locator("table .s-missed").first).to_be_visible()
        browser.close()


def _answer(page: Page) -> None:
    page.get_by_label("Payouts and settlement to merchants").check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Okta (").check()
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Open the engagement").click()
    page.wait_for_url("**/first-run/sources/**")
    page.get_by_role("link", name="See the heat map").click()
