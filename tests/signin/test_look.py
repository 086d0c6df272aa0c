"""The look of our own pages: readable colours, nothing inline, nothing from another host."""

import re
from pathlib import Path

import pytest

from tests.signin.colours import RGB, contrast

ROOT = Path(__file__).parents[2]
CSS = (ROOT / "compliance/static/css/site.css").read_text(encoding="utf-8")
PAGES = sorted(
    page
    for folder in ("", "account", "allauth", "mfa", "signin", "socialaccount")
    for page in (ROOT / "templates" / folder).glob("*.html" if folder == "" else "**/*.html")
)

TEXT_ON = [
    ("ink", "paper"),
    ("ink", "surface"),
    ("ink", "raised"),
    ("muted", "paper"),
    ("muted", "surface"),
    ("muted", "raised"),
    ("accent", "paper"),
    ("accent", "surface"),
    ("accent", "accent-wash"),
    ("accent-ink", "accent"),
    ("accent-ink", "accent-hover"),
    ("deep-ink", "deep"),
    ("deep-muted", "deep"),
    ("bad", "surface"),
    ("bad", "paper"),
    *((name, f"{name}-wash") for name in ("met", "late", "bad", "part", "calm")),
    *(("ink", f"{name}-wash") for name in ("met", "late", "bad", "calm", "accent")),
]
STATES = {"met", "late", "partial", "failing", "missed", "upcoming", "exempt"}
EDGE_ON = [("line-strong", "surface"), ("line-strong", "paper"), ("accent", "paper")]


def palette(scheme: str) -> dict[str, RGB]:
    """The colour variables of the light or of the dark scheme."""
    light, dark = re.findall(r":root \{(.*?)\n\s*\}", CSS, re.DOTALL)[:2]
    found = {}
    for block in [light] if scheme == "light" else [light, dark]:
        for name, digits in re.findall(r"--([a-z-]+): #([0-9a-f]{3,6});", block):
            full = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
            found[name] = (int(full[:2], 16), int(full[2:4], 16), int(full[4:], 16))
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_ON)
def test_text_is_readable(scheme: str, ink: str, ground: str) -> None:
    colours = palette(scheme)
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("edge", "ground"), EDGE_ON)
def test_edges_of_fields_and_buttons_can_be_seen(scheme: str, edge: str, ground: str) -> None:
    colours = palette(scheme)
    assert contrast(colours[edge], colours[ground]) >= 3


def test_the_dark_scheme_gives_every_colour_anew() -> None:
    assert set(palette("light")) == set(palette("dark"))
    same = [name for name, colour in palette("dark").items() if palette("light")[name] == colour]
    assert same == []


def test_a_state_is_told_by_a_sign_not_by_colour_alone() -> None:
    signs = re.findall(r"\.badge\.([a-z]+)::before \{ content: \"(.)\" / \"\"", CSS)
    assert {state for state, _ in signs} == STATES
    assert len({sign for _, sign in signs}) == len(STATES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_holds_nothing_that_the_policy_would_stop(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    for script in re.findall(r"<script[^>]*>", text):
        assert 'src="{% static ' in script or 'type="application/json"' in script
    assert not re.search(r"(src|href|action)=\"(https?:)?//", text)


def test_the_stylesheet_loads_nothing_from_another_host() -> None:
    assert not re.search(r"@import|https?:|url\(\"?//", CSS)
    for file in re.findall(r"url\(\"([^\"]+)\"\)", CSS):
        assert (ROOT / "compliance/static/css" / file).resolve().is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_class_of_a_page_is_in_the_stylesheet(page: Path) -> None:
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", page.read_text(encoding="utf-8"))
    used = {name for group in re.findall(r'class="([^"]*)"', text) for name in group.split()}
    missing = {name for name in used if not re.search(rf"\.{re.escape(name)}\b", CSS)}
    assert missing == set()
