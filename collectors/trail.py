"""What was seen while a source answered: what only the asking teaches of the IPE record.

A list may have any number of pages, so nothing here grows with them without end: the digests of the
first answers are kept one by one, and all of them, in order, as the digest of their list.
"""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

MOST_PLACES = 20
MOST_DIGESTS = 1000
MOST_SHORTFALLS = 200


@dataclass
class Trail:
    """Pages, digests, counts and clocks; read by the run after the last row."""

    pages: int = 0
    raw_digests: list[str] = field(default_factory=list)
    """Of the first MOST_DIGESTS answers; `raw_digest` is of all."""
    source_count: int | None = None
    source_clock: datetime | None = None
    shortfalls: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    """What was asked and answered, each once and the first few only."""
    _all_digests: Any = field(default_factory=sha256, repr=False, compare=False)

    def saw(self, body: bytes, *, clock: datetime | None = None, asked: str = "") -> None:
        """Note one raw answer of the source, and the source's own time where it told it."""
        self.saw_digest(sha256(body).hexdigest())
        if asked and asked not in self.places and len(self.places) < MOST_PLACES:
            self.places.append(asked)
        self.source_clock = clock or self.source_clock

    def saw_digest(self, digest: str) -> None:
        """Note one raw answer by its SHA-256 (hex), when it is too large to hold."""
        self.pages += 1
        self._all_digests.update(f"{digest}\n".encode())
        if len(self.raw_digests) < MOST_DIGESTS:
            self.raw_digests.append(digest)

    @property
    def raw_digest(self) -> str:
        """SHA-256 (hex) of the list of all digests, each on a line that ends in LF; "" of none."""
        return str(self._all_digests.hexdigest()) if self.pages else ""

    def lacks(self, reason: str) -> None:
        """Note that the answer is not whole; the run then ends partial, with these reasons."""
        if reason not in self.shortfalls and len(self.shortfalls) < MOST_SHORTFALLS:
            self.shortfalls.append(reason)

    @property
    def proves_emptiness(self) -> bool:
        """Nothing found is a fact only when the source said so: a count, or an answer we kept."""
        return self.source_count == 0 or self.pages > 0
