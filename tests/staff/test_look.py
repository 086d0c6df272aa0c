"""The pages keep the policy: nothing inline, nothing from elsewhere, and every file is there."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from compliance.staff.skin import UNFOLD
from tests.audits.world import World, hand_in_staff
from tests.staff.desk import Desk

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted((ROOT / "templates" / "staff").rglob("*.html"))
STATIC = ROOT / "compliance" / "static" / "staff"
SHEETS = sorted(STATIC.glob("*.css"))
PAGES = (
    "index",
    "coverage",
    "review_queue",
    "evidence_evidence_changelist",
    "hand_in",
    "job_board",
    "engagement_open",
    "source_choose",
    "invite",
)


def names(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("template", TEMPLATES, ids=names)
def test_a_template_has_no_inline_style_script_or_handler(template: Path) -> None:
    text = template.read_text("utf-8")
    assert not re.search(r"\sstyle=", text)
    assert not re.search(r"<style", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"\son\w+=", text)
    assert "|safe" not in text
    assert "autoescape off" not in text


@pytest.mark.parametrize("file", [*TEMPLATES, *SHEETS, *STATIC.glob("*.js")], ids=names)
def test_a_file_asks_no_other_host(file: Path) -> None:
    assert not re.search(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", file.read_text("utf-8"))


def test_every_state_that_is_drawn_has_a_sign_and_a_colour() -> None:
    style = "\n".join(sheet.read_text("utf-8") for sheet in SHEETS)
    for state in [
        "met",
        "late",
        "partial",
        "failing",
        "missed",
        "upcoming",
        "exempt",
        "accepted",
        "returned",
        "awaiting",
        "superseded",
        "issued",
        "passed",
        "failed",
        "error",
        "unchecked",
        "complete",
        "empty",
        "waiting",
        "running",
        "done",
        "active",
        "expired",
        "revoked",
        "inactive",
        "withdrawn",
        "none",
    ]:
        assert f".cs-sign.s-{state}::before" in style, state
        assert re.search(rf"\.s-{state}[ ,][^}}]*--tone", style), state


def test_light_and_dark_define_the_same_colours() -> None:
    style = (STATIC / "staff.css").read_text("utf-8")
    light = style.split(":root {", 1)[1].split("}", 1)[0]
    assert "color-scheme: dark;" in style
    dark = style.split(".dark {", 1)[1].split("}", 1)[0]
    named = re.compile(r"(--[a-z-]+):")
    assert set(named.findall(light)) == set(named.findall(dark))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_carries_the_policy_and_keeps_it(alices: Desk, world: World, name: str) -> None:
    hand_in_staff(world, date(2026, 6, 30), without_mfa=1)
    world.engagement()
    answer = alices.get(name)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "style-src 'self';" in f"{policy};"
    html = answer.content.decode()
    assert "<style" not in html
    assert not re.search(r"<[a-z][^>]*\sstyle=", html)
    assert not re.search(r"<script(?![^>]*\ssrc=)", html)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html)


@pytest.mark.parametrize("name", PAGES)
def test_every_file_that_a_page_names_is_there(alices: Desk, name: str) -> None:
    html = alices.get(name).content.decode()
    files = set(re.findall(r'(?:src|href)="/static/([^"]+)"', html))
    assert len(files) > 10
    assert [file for file in files if not finders.find(file)] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_by_a_program(alices: Desk, name: str) -> None:
    html = alices.get(name).content.decode()
    assert html.count("<h1") == 1
    assert '<html lang="en-gb"' in html
    assert 'name="viewport"' in html
    for field in re.findall(r"<(?:input|select|textarea)\b[^>]*>", html):
        kind = re.search(r'type="(\w+)"', field)
        if kind and kind[1] in {"hidden", "submit"}:
            continue
        key = re.search(r'\sid="([^"]+)"', field)
        assert key, field
        wrapped = re.search(rf'<label[^>]*>\s*<[^>]*id="{re.escape(key[1])}"', html)
        assert f'for="{key[1]}"' in html or wrapped, field


@pytest.mark.parametrize("name", PAGES)
def test_a_page_gives_each_part_its_own_name(alices: Desk, name: str) -> None:
    html = alices.get(name).content.decode()
    named = re.findall(r'\sid="([^"]+)"', html)
    assert sorted({key for key in named if named.count(key) > 1}) == []


def test_the_skin_is_plain_data() -> None:
    def plain(value: Any) -> bool:
        if isinstance(value, dict):
            return all(isinstance(key, str) and plain(each) for key, each in value.items())
        if isinstance(value, list):
            return all(plain(each) for each in value)
        return value is None or isinstance(value, str | bool | int)

    assert plain(UNFOLD)
    assert settings.UNFOLD is UNFOLD
