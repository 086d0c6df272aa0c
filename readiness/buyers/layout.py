"""Where the questions of a sheet stand, and where their answers go.

Rules:
- A layout is one file in readiness/buyers/layouts/: the headings by which its columns are known,
  and the words that its one-word column takes. Being there registers it; its name is its slug.
- A sheet is read by the layout that knows most of the headings of one of its first rows. Without a
  column of questions no layout fits, and nothing is guessed.
- A row below the headings is a question where its cell of the question has text, and, where the
  sheet numbers its questions, its cell of the number too: else it is a heading between them.
- Columns and rows are counted from 1, as spreadsheets do.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).parent / "layouts"
FIELDS = ("number", "question", "answer", "comment")
SHORT = ("yes", "no", "not applicable")
_HEADED_WITHIN = 40
_NUMBER_LENGTH = 120

Rows = Sequence[tuple[int, Sequence[object]]]


class Layout(BaseModel):
    """One way in which buyers lay out their sheets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    headings: dict[str, list[str]]
    words: dict[str, str]

    def found(self, row: Sequence[object]) -> dict[str, int]:
        """Return the columns of a row whose headings are known, by field."""
        named = [_plain(cell) for cell in row]
        found: dict[str, int] = {}
        for field in FIELDS:
            for heading in self.headings.get(field, ()):
                place = _place(named, heading, taken=found.values())
                if place:
                    found[field] = place
                    break
        return found


@dataclass(frozen=True)
class Mapped:
    """Which columns of a sheet are read, and which are written; 0 stands for none."""

    sheet: str
    heading_row: int
    question: int
    number: int = 0
    answer: int = 0
    comment: int = 0
    layout: str = "plain"

    @property
    def words(self) -> Mapping[str, str]:
        """What the one-word column takes for yes, no, and not applicable."""
        return layouts()[self.layout].words

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Question:
    """One question of a sheet."""

    sheet: str
    row: int
    number: str
    text: str


@functools.cache
def layouts() -> Mapping[str, Layout]:
    """Return every layout by its slug."""
    return {
        path.stem: Layout.model_validate(yaml.safe_load(path.read_text("utf-8")))
        for path in sorted(FOLDER.glob("*.yaml"))
    }


def guessed(sheet: str, rows: Rows) -> Mapped | None:
    """Return how a sheet is laid out by its headings; None where no question stands in it."""
    best: tuple[int, Mapped] | None = None
    for place, cells in rows[:_HEADED_WITHIN]:
        for slug, layout in layouts().items():
            found = layout.found(cells)
            if "question" in found and len(found) > max(1, best[0] if best else 0):
                best = len(found), Mapped(sheet, place, layout=slug, **found)
    return best[1] if best else None


def questions(mapped: Mapped, rows: Rows) -> list[Question]:
    """Return the questions of a sheet, from top to bottom."""
    found = []
    for place, cells in rows:
        text, number = _cell(cells, mapped.question), _cell(cells, mapped.number)
        if place > mapped.heading_row and text and (number or not mapped.number):
            found.append(Question(mapped.sheet, place, number[:_NUMBER_LENGTH], text))
    return found


def headings(mapped: Mapped, rows: Rows) -> list[tuple[int, str]]:
    """Return the columns of the row of headings with their words, for a person to choose from."""
    cells = next((each for place, each in rows if place == mapped.heading_row), ())
    return [(place, _cell(cells, place)) for place in range(1, len(cells) + 1)]


def _cell(cells: Sequence[object], column: int) -> str:
    if not column or column > len(cells) or cells[column - 1] is None:
        return ""
    value = cells[column - 1]
    # Spreadsheets hold every number as a float.
    return str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()


def _place(named: Sequence[str], heading: str, *, taken: Any) -> int:
    """Return the column of a heading: the same words, or words that begin so; 0 for none."""
    for fits in (str.__eq__, _begins):
        for place, name in enumerate(named, 1):
            if place not in taken and fits(name, heading):
                return place
    return 0


def _begins(name: str, heading: str) -> bool:
    return len(heading) > len("question") and name.startswith(heading)


def _plain(cell: object) -> str:
    return " ".join(cell.split()).casefold().rstrip(":*?") if isinstance(cell, str) else ""
