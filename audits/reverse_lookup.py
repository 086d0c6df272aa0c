"""Looks up in a list what was noted elsewhere: found once, found several times, or not found.

Rules:
- What was noted is typed one a line: an id, then a tab or `|`, then where it was seen. A line
  without the second part was seen where the whole list was seen.
- An id is found where a cell of the column is the same text, character for character, with no
  space at the ends of the id. Nothing is folded or guessed, so that anybody finds the same.
- Rows are numbered from 1. Of many hits the first LISTED are named, and all are counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from audits import written

MOST_IDS = 50
LISTED = 20
LONGEST_ID, LONGEST_SEEN = 200, 300


class Outcome(StrEnum):
    """What the look into the list gave."""

    FOUND = "found"
    SEVERAL = "found several times"
    NOT_FOUND = "not found"


@dataclass(frozen=True)
class Noted:
    """An id that was noted elsewhere, and where."""

    id: str
    seen: str


@dataclass
class Hit:
    """What was noted, with the rows of the list that have it."""

    noted: Noted
    count: int = 0
    rows: list[int] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        if self.count > 1:
            return Outcome.SEVERAL
        return Outcome.FOUND if self.count else Outcome.NOT_FOUND


def noted(text: str, *, seen: str = "") -> list[Noted]:
    """Read what was typed; ValueError says which line to mend, or that there are too many."""
    usual = written.line(seen, most=LONGEST_SEEN, what="Where they were seen")
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise ValueError("Enter at least one id that you noted elsewhere, one a line.")
    if len(lines) > MOST_IDS:
        raise ValueError(f"These are {len(lines)} ids; one test looks up {MOST_IDS} at most.")
    found = [_noted(line, place, usual) for place, line in enumerate(lines, 1)]
    known: dict[str, int] = {}
    for place, one in enumerate(found, 1):
        if known.setdefault(one.id, place) != place:
            raise ValueError(f"Lines {known[one.id]} and {place} have the same id. Take one out.")
    return found


def look_up(cells: Iterable[str], wanted: Sequence[Noted]) -> list[Hit]:
    """Look for each id in the cells of a column, which are in the order of the rows."""
    hits = {one.id: Hit(one) for one in wanted}
    for row, cell in enumerate(cells, 1):
        hit = hits.get(cell)
        if hit is not None:
            hit.count += 1
            if len(hit.rows) < LISTED:
                hit.rows.append(row)
    return list(hits.values())


def _noted(line: str, place: int, usual: str) -> Noted:
    mark = "\t" if "\t" in line else "|"
    name, _, where = line.partition(mark)
    found = written.line(name, most=LONGEST_ID, what=f"The id on line {place}")
    seen = written.line(where, most=LONGEST_SEEN, what=f"The place on line {place}") or usual
    if not found:
        raise ValueError(f"Line {place} has no id in front of its {mark!r}.")
    if not seen:
        raise ValueError(
            f"Say where {found!r} on line {place} was seen: behind a | there, or once for all."
        )
    return Noted(found, seen)
