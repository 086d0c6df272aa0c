"""A small catalogue folder and a journal that the tests can read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from accounts import journal

FRAMEWORK = """\
title: A small standard
version: "1"
sections:
  S1: {title: First section, category: Security}
criteria:
  - ref: S1.1
    section: S1
    title: Doors are locked
  - ref: S1.2
    section: S1
    title: Keys are counted
"""
RISKS = """\
risks:
  - ref: R-01
    title: Somebody walks in
    area: access_control
"""
CONTROLS = """\
area: access_control
framework: small_1
controls:
  - ref: AC-01
    title: Doors are locked at night
    owner_role: engineer
    nature: manual
    effective_from: 2026-01-01
    statement: >-
      Every door is locked
      at night.
    risks: [R-01]
    criteria:
      - criterion: S1.1
        reason: A locked door keeps strangers out.
    expectations:
      - slug: door-list
        title: Doors of the month
        evidence_type: population_export
        kind: event
        cadence: monthly
        days_allowed: 5
        columns: {door: text, locked: boolean}
        checks:
          - slug: doors-open
            title: No door is open
            criterion: S1.1
            sql: SELECT door FROM population WHERE NOT locked
"""


OTHER = """\
title: Another standard
version: "2"
sections:
  "1": {title: Only section, category: Cards}
criteria:
  - {ref: 1.1.1, section: "1", title: Doors}
"""
TIES = """\
mappings:
  - criterion: 1.1.1
    controls:
      AC-01: Doors are doors.
"""


class Folder:
    """A catalogue folder on disk whose files a test can edit."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for name, text in (
            ("frameworks/small_1.yaml", FRAMEWORK),
            ("risks.yaml", RISKS),
            ("controls/doors.yaml", CONTROLS),
        ):
            self.write(name, text)

    def write(self, name: str, content: str | bytes) -> None:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        raw = content.encode() if isinstance(content, str) else content
        target.write_bytes(raw)

    def edit(self, old: str, new: str, *, name: str = "controls/doors.yaml") -> None:
        """Replace a piece of text that stands in the file exactly once."""
        text = (self.path / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        self.write(name, text.replace(old, new))

    def add(self, text: str, *, name: str = "controls/doors.yaml") -> None:
        self.write(name, (self.path / name).read_text(encoding="utf-8") + text)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "catalogue")


@dataclass(frozen=True)
class Page:
    kind: str
    subject: str
    body: Mapping[str, object]
    actor: str


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[Page]:
    """What was told to the journal, in order."""
    told: list[Page] = []

    def keep(kind: str, subject: str, body: Mapping[str, object], actor: str) -> None:
        told.append(Page(kind, subject, body, actor))

    monkeypatch.setattr(journal._Desk, "keeper", keep)
    return told
