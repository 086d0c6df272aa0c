"""The look of the portal: nothing inline, every class in a stylesheet, no state by colour alone."""

import re
from pathlib import Path

import pytest

from audits.coverage import State

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "compliance/static/css"
CSS = (FOLDER / "portal.css").read_text(encoding="utf-8")
ALL_CSS = CSS + (FOLDER / "site.css").read_text(encoding="utf-8")
PAGES = sorted((ROOT / "templates/portal").glob("*.html"))


def source(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_holds_nothing_that_the_policy_would_stop(page: Path) -> None:
    assert not re.search(r"<style|<script|\sstyle=|\son[a-z]+=|javascript:", source(page))
    assert not re.search(r"(src|href|action)=\"(https?:)?//", source(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_nothing_is_marked_as_safe(page: Path) -> None:
    assert not re.search(r"\|\s*safe|autoescape|safeseq|mark_safe", source(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_class_is_in_a_stylesheet(page: Path) -> None:
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", source(page))
    used = {name for group in re.findall(r'class="([^"]*)"', text) for name in group.split()}
    # Where a state is put in, only the beginning of its class stands in the source.
    missing = {name for name in used - {"status-"} if not re.search(rf"\.{name}\b", ALL_CSS)}
    assert missing == set()


@pytest.mark.parametrize("state", State)
def test_every_state_has_its_looks(state: State) -> None:
    assert re.search(rf"\.status-{state}\b", ALL_CSS)
    assert re.search(rf"\.badge\.{state}\b", ALL_CSS)
    assert re.search(rf"\.bar \.{state}\b", CSS)


def test_the_stylesheet_loads_nothing() -> None:
    assert not re.search(r"@import|https?:|url\(", CSS)


def test_colours_come_from_the_house() -> None:
    assert not re.search(r"#[0-9a-f]{3,8}\b|rgb\(|hsl\(", CSS)
    assert set(re.findall(r"var\(--([a-z-]+)\)", CSS)) <= set(re.findall(r"--([a-z-]+):", ALL_CSS))
