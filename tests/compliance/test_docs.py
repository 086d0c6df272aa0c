"""The documentation holds: every link leads somewhere, every command and address is there."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands
from django.urls import Resolver404, resolve

ROOT = Path(settings.BASE_DIR)
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
SCREENSHOTS = ROOT / "docs" / "screenshots"
MOST_BYTES = 3_000_000
_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+\.png)\)")
_IMAGE = re.compile(r"<img [^>]*>")
_SOURCE = re.compile(r'src="([^"]*)"')
_ALT = re.compile(r'alt="([^"]*)"')
_DARK = re.compile(r'<source [^>]*srcset="([^"]*)"')
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_COMMAND = re.compile(r"manage\.py ([a-z][a-z_]+)")
_TARGET = re.compile(r"`make ([a-z]+)`")
_TYPED = re.compile(r"^make ([a-z]+)", re.MULTILINE)
_ADDRESS = re.compile(r"`(/(?:health|metrics|admin|portal|accounts|leaked-token)[a-z/-]*)`")


def text(page: Path) -> str:
    return page.read_text("utf-8")


def anchors(page: Path) -> set[str]:
    """The names of headings as GitHub writes them."""
    found = _HEADING.findall(_FENCE.sub("", text(page)))
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in found}


def broken(page: Path) -> list[str]:
    """Return the links of a page that lead to no file of ours, or to no heading of it."""
    wrong = []
    for link in _LINK.findall(_FENCE.sub("", text(page))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(f"{page.relative_to(ROOT)}: {link}")
    return wrong


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    assert len(PAGES) > 40
    assert [link for page in PAGES for link in broken(page)] == []


def test_a_link_into_the_void_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One\n[a](#one) [b](#two) [c](page.md#one) [d](gone.md) [e](https://x.example)"
    )
    monkeypatch.setattr("tests.compliance.test_docs.ROOT", tmp_path)
    assert broken(page) == ["page.md: #two", "page.md: gone.md"]


def test_every_command_that_is_named_is_there() -> None:
    known = set(get_commands())
    named = {(page.name, name) for page in PAGES for name in _COMMAND.findall(text(page))}
    assert len(named) > 20
    assert {one for one in named if one[1] not in known} == set()


def test_every_target_of_make_that_is_named_is_there() -> None:
    known = set(re.findall(r"^([a-z]+):", text(ROOT / "Makefile"), re.MULTILINE))
    fences = [fence for page in PAGES for fence in _FENCE.findall(text(page))]
    named = {name for page in PAGES for name in _TARGET.findall(text(page))}
    named |= {name for fence in fences for name in _TYPED.findall(fence)}
    assert {"run", "test"} <= named
    assert named - known == set()


def test_every_address_that_is_named_is_there() -> None:
    named = {name for page in PAGES for name in _ADDRESS.findall(text(page))}
    assert {"/metrics", "/health/ready/"} <= named
    for address in sorted(named):
        try:
            resolve(address)
        except Resolver404:
            pytest.fail(f"{address} is named in the documentation, and is not there.")


def pictures_of(page: Path) -> list[tuple[Path, str]]:
    """Return the pictures that a page shows, each with its alternative text."""
    said = text(page)
    shown = [(path, alt) for alt, path in _PICTURE.findall(said)]
    for tag in _IMAGE.findall(said):
        source, alt = _SOURCE.search(tag), _ALT.search(tag)
        shown.append((source[1] if source else "", alt[1] if alt else ""))
    dark = [(path, "in the dark") for path in _DARK.findall(said)]
    return [((page.parent / path).resolve(), alt) for path, alt in [*shown, *dark]]


def test_every_picture_is_there_and_says_what_it_shows() -> None:
    shown = [(page, *one) for page in PAGES for one in pictures_of(page)]
    assert len(shown) > 20
    assert [(page.name, str(path)) for page, path, _ in shown if not path.is_file()] == []
    assert [(page.name, path.name) for page, path, alt in shown if len(alt.strip()) < 8] == []


def test_every_picture_is_shown_in_light_and_in_dark() -> None:
    shown = {path for page in PAGES for path, _ in pictures_of(page)}
    kept = set(SCREENSHOTS.glob("*.png"))
    assert {path.name for path in kept - shown} == set()
    dark = {path for path in kept if path.stem.endswith("-dark")}
    assert {path.with_stem(f"{path.stem}-dark") for path in kept - dark} == dark
    assert sum(path.stat().st_size for path in kept) < MOST_BYTES


def test_a_picture_without_words_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        '![One thing](a.png)\n<picture><source srcset="b-dark.png">\n'
        '<img src="b.png" width="280"></picture>'
    )
    assert pictures_of(page) == [
        (tmp_path / "a.png", "One thing"),
        (tmp_path / "b.png", ""),
        (tmp_path / "b-dark.png", "in the dark"),
    ]


def test_every_how_to_stands_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    named = {(index.parent / link).resolve() for link in _LINK.findall(text(index))}
    assert {page.name for page in ROOT.glob("docs/how-to/*.md") if page not in named} == set()
