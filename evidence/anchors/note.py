"""A checkpoint as it is left outside: its text and the names that follow from it."""

import re
from dataclasses import dataclass

from evidence import signed_note
from evidence.models import Checkpoint

_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True)
class Note:
    """A signed checkpoint of a named log."""

    origin: str
    size: int
    root: str
    text: str

    @classmethod
    def of(cls, signed: Checkpoint) -> "Note":
        stated = signed_note.Checkpoint.from_text(signed_note.text_of(signed.note))
        return cls(stated.origin, stated.size, stated.root.hex(), signed.note)

    @property
    def path(self) -> str:
        """A name that sorts by size and never says two things: log, size, beginning of the root."""
        log = _UNSAFE.sub("_", self.origin).strip(".") or "log"
        return f"{log}/{self.size:012d}-{self.root[:16]}.txt"
