"""What a look into content found: what it seems to be and where it stands, never its value."""

from dataclasses import dataclass, field
from enum import StrEnum


class Sort(StrEnum):
    """The sort of a thing that keeps content out."""

    CARD = "card"
    SECRET = "secret"  # noqa: S105  # the name of a sort
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Hit:
    """One place in a text: half-open offsets in bytes, and the value, which is never shown."""

    start: int
    end: int
    what: str
    sort: Sort
    value: bytes = field(default=b"", repr=False)
    spread: str = ""
    """In words, where the parts of one number lie apart; it then has no offsets of its own."""


@dataclass(frozen=True)
class Finding:
    """Something that must not be stored: what it seems to be, and where in the file it stands."""

    what: str
    line: int = 0
    place: str = ""
    sort: Sort = Sort.CARD
    value: bytes = field(default=b"", repr=False, compare=False)

    @property
    def where(self) -> str:
        """The place in words; empty for a file as a whole."""
        parts = [self.place, f"line {self.line}" if self.line else ""]
        return ", ".join(part for part in parts if part)

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what
