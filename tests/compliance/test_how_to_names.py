"""What how-tos tell people to press, open and look for bears that name on the pages."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
READERS = ("Compliance lead", "Control owner", "Auditor", "Merchant", "Operator")
SHOWN = (
    *("templates/**/*.html", "compliance/**/*.py", "registers/**/*.py", "merchants/**/*.py"),
    *("readiness/**/*.py", "reports/**/*.py", "audits/**/*.py", "controls/catalogue/**/*.yaml"),
)
"""Where the words of pages stand."""
EMPHASISED = {"with the keyboard"}
"""Bold words that name nothing on a page; whole sentences are known by their end."""

_HOW_TO = re.compile(r"how-to/[a-z0-9-]+\.md")
_BOLD = re.compile(r"(?<!\*)\*\*([^*]+)\*\*")
_TRANSLATED = re.compile(r"""\{%\s*translate\s+"([^"]*)".*?%\}""")
_TAGS = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]+>", re.DOTALL)
_JOINED = re.compile(r'"\s*\n\s*f?"')


def squeezed(words: str) -> str:
    return " ".join(words.split()).lower()


def said(path: Path) -> str:
    """The words that a file puts on pages, without the marks between them."""
    words = path.read_text("utf-8")
    if path.suffix == ".html":
        words = _TAGS.sub(" ", _TRANSLATED.sub(r"\1", words))
    return squeezed(_JOINED.sub("", words))


def named() -> set[tuple[str, str]]:
    """Each how-to of a reader with every name that it has in bold; a path is several names."""
    found = set()
    for part in (ROOT / "docs" / "README.md").read_text("utf-8").split("\n## "):
        if not part.startswith(READERS):
            continue
        for page in _HOW_TO.findall(part):
            for bold in _BOLD.findall((ROOT / "docs" / page).read_text("utf-8")):
                words = squeezed(bold)
                if not words.endswith((".", "?")) and words not in EMPHASISED:
                    # Three dots stand for words that differ from case to case.
                    parts = re.split(r" > |…", words)
                    found |= {(page, one.strip(" :")) for one in parts if one.strip(" :")}
    return found


def test_what_how_tos_name_is_on_a_page() -> None:
    names = named()
    assert len(names) > 100
    everything = "\n".join(said(path) for pattern in SHOWN for path in ROOT.glob(pattern))
    assert {one for one in names if one[1] not in everything} == set()


def test_a_name_that_no_page_has_is_found() -> None:
    assert "press the purple button" not in said(ROOT / "templates" / "staff" / "dashboard.html")
    assert "running jobs" in said(ROOT / "templates" / "staff" / "dashboard.html")
