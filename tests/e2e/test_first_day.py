"""From the first start to a verified pack, in a browser: what the README promises."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, sync_playwright

from tests.e2e import journey
from tests.e2e.first_start import HOUSE, Started, running

pytestmark = pytest.mark.e2e

VERIFIER = HOUSE / "reports" / "verifier" / "verify.py"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with running(tmp_path_factory.mktemp("installation")) as started:
        yield started


def verify(pack: Path, key: str) -> int:
    command = [sys.executable, "-I", str(VERIFIER), str(pack), "--key", key]
    return subprocess.run(command, check=False, capture_output=True).returncode


def test_from_the_first_link_to_a_verified_pack(
    installation: Started, browser: Browser, tmp_path: Path
) -> None:
    url, today = installation.url, timezone.now().date()
    problems: list[str] = []
    staff = browser.new_context().new_page()
    staff.on("console", lambda said: problems.append(said.text))
    journey.accept_invitation(
        staff, installation.welcome, name="Ruth Rooth", email="ruth@example.org"
    )
    journey.wait_for_evidence(staff, url, items=3)
    accepted = journey.accept_first(staff, url)
    engagement = journey.open_engagement(
        staff,
        url,
        title="SOC 2 Type 2",
        start=(today - timedelta(days=60)).isoformat(),
        end=(today + timedelta(days=30)).isoformat(),
    )
    link = journey.invite_auditor(staff, engagement, email="bob@audit.example")

    auditor = browser.new_context(accept_downloads=True).new_page()
    auditor.on("console", lambda said: problems.append(said.text))
    journey.accept_invitation(auditor, link.url, name="Bob Auditor", email="bob@audit.example")
    journey.build_pack(staff, engagement)

    pack = journey.download_pack(auditor, url, tmp_path)
    key = journey.verifier_key(auditor)
    assert verify(pack, key) == 0
    content = pack.read_bytes()
    assert accepted.encode() in content

    flipped = bytearray(content)
    flipped[len(flipped) // 2] ^= 1
    pack.write_bytes(flipped)
    assert verify(pack, key) == 1
    assert [text for text in problems if "Content Security Policy" in text] == []


def test_the_link_works_once(installation: Started, browser: Browser) -> None:
    page = browser.new_context().new_page()
    answer = page.goto(installation.welcome)
    assert answer is not None
    assert answer.status == 410
