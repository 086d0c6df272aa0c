"""Finds the answer of the library that fits a question best, and says how well.

Rules:
- A question that was asked before in the same words, but for case, spaces and signs, is proposed
  the answer that a person gave it then: it is recorded, and scores 100.
- Any other is compared with every wording that the library knows. Both are cut down to the words
  that carry meaning; the score is how alike these are, in percent, and at most 99.
- Below LEAST nothing is proposed. A proposal is never an answer: a person confirms it.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from rapidfuzz import fuzz, process

LEAST = 62
"""A worse score is no proposal: measured over the questions of tests/readiness/buyers."""
RECORDED = 100
_LONGEST = 1_000
_LOOKED_AT = 20
_WORD = re.compile(r"[^\W_]+")
_EMPTY_WORDS = """
a an and any all are as at be been by can company could describe details do does each either entity
ever every explain firm following for from give had has have how if in into is it its kindly may
must of on or organisation organization our please provide provider regarding s service shall should
so such supplier that the their them there these they this to upon us vendor was we were what when
where whether which who will with within would you your yours below place list state
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())


class How(StrEnum):
    RECORDED = "recorded"
    SIMILAR = "similar"


@dataclass(frozen=True)
class Wording:
    """A question that the library has an answer to; `answer` is the key of that answer."""

    answer: int
    text: str


@dataclass(frozen=True)
class Proposal:
    """The answer that fits a question best."""

    answer: int
    score: int
    """In percent; 100 only for a question that is recorded word by word."""
    how: How
    wording: str
    """The wording of the library that is like the question."""


@dataclass
class Matcher:
    """All wordings of a library, made ready once for many questions."""

    wordings: Sequence[Wording]
    _recorded: dict[str, Wording] = field(default_factory=dict, init=False)
    _known: list[str] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        for wording in self.wordings:
            # The newest of equal wordings comes last, and it is what stands.
            self._recorded[same(wording.text)] = wording
            self._known.append(meant(wording.text))

    def propose(self, text: str) -> Proposal | None:
        """Return the best answer for a question, None where no wording is near enough."""
        if recorded := self._recorded.get(same(text)):
            return Proposal(recorded.answer, RECORDED, How.RECORDED, recorded.text)
        asked = meant(text)
        if not asked or not self._known:
            return None
        near = process.extract(asked, self._known, scorer=fuzz.token_sort_ratio, limit=_LOOKED_AT)
        found = max(((alike(asked, known), -place) for known, _, place in near), default=(0, 0))
        score, wording = int(found[0]), self.wordings[-found[1]]
        if score < LEAST:
            return None
        return Proposal(wording.answer, min(score, RECORDED - 1), How.SIMILAR, wording.text)


def same(text: str) -> str:
    """Return a question without what does not count between two recordings of it."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_WORD.findall(plain))


def meant(text: str) -> str:
    """Return the words of a question that carry its meaning, sorted, each once."""
    return " ".join(sorted(_carrying(same(text[:_LONGEST]).split())))


def alike(one: str, other: str) -> float:
    """Return how alike two sets of words are, in percent: the mean of two views of them.

    The first counts every word that only one of them has; the second does not, so it weighs less.
    """
    whole, shared = fuzz.token_sort_ratio(one, other), fuzz.token_set_ratio(one, other)
    return (2 * whole + shared) / 3


def _carrying(words: Iterable[str]) -> set[str]:
    return {word for word in words if word not in _EMPTY}
