"""Places inside a file in words, and what a format may ask of the look that it takes part in."""

import re
import unicodedata
from contextlib import AbstractContextManager
from typing import BinaryIO, Protocol

from evidence.screening.budget import Budget

_LONGEST_NAME = 80
_DIGITS = re.compile(r"[0-9](?:[ ._-]?[0-9]){11,}")


class Into(Protocol):
    """What takes in the texts and the files that a format finds within a file."""

    @property
    def budget(self) -> Budget: ...

    @property
    def is_full(self) -> bool:
        """Whether so much was found that nobody needs more."""

    def packed(
        self, source: BinaryIO, place: str, depth: int, *, packed: int | None = None
    ) -> None:
        """Look into a file that is being unpacked; `packed` is its size before."""

    def text(self, source: BinaryIO, place: str = "", *, lines: bool = True) -> None:
        """Look into plain text; without `lines` none are counted."""

    def lacks(self, place: str, reason: str) -> None:
        """Say that something could not be looked into."""

    def echoing(self) -> AbstractContextManager[None]:
        """Tell inside only of values that were not told before."""


def within(place: str, name: str) -> str:
    """Name a place inside a place."""
    return f"{place} > {named(name)}" if place else named(name)


def named(name: str) -> str:
    """Return a name as it may be shown: it must not break a line, nor be a card number itself."""
    shown = "".join(letter if unicodedata.category(letter)[0] != "C" else "?" for letter in name)
    return _DIGITS.sub("…", shown)[:_LONGEST_NAME] or "?"
