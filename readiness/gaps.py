"""Puts what is still missing into one queue, the gravest first, each with the next deed.

Rules: a greater weight comes first; at the same weight mistakes come before questions, questions
before controls without evidence, and these before occurrences that were missed. What is equal in
both keeps the order of its names, so that a page means the same rows however often it is asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class GapKind(IntEnum):
    MISTAKE = 1
    QUESTION = 2
    CONTROL = 3
    OCCURRENCE = 4

    @property
    def words(self) -> str:
        return _KINDS[self]


_KINDS = {
    GapKind.MISTAKE: "Mistake",
    GapKind.QUESTION: "Question",
    GapKind.CONTROL: "Control without evidence",
    GapKind.OCCURRENCE: "Missed or late",
}


class Deed(StrEnum):
    """What to do next; the door knows the page of each."""

    ANSWER = "answer"
    LOOK = "look"
    HAND_IN = "hand_in"
    CONNECT = "connect"
    REVIEW = "review"
    READ = "read"


@dataclass(frozen=True)
class Gap:
    """One thing that is missing; `key` is what the deed is done to, `name` what tells it apart."""

    kind: GapKind
    weight: int
    name: str
    title: str
    why: str
    deed: Deed
    key: str


def queued(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Return gaps in the order in which they should be closed."""
    return tuple(sorted(gaps, key=lambda gap: (-gap.weight, gap.kind, gap.name)))
