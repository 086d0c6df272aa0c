"""What was seen while a source answered: what only the asking teaches of the IPE record."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

MOST_PLACES = 20


@dataclass
class Trail:
    """Pages, digests, counts and clocks; read by the run after the last row."""

    pages: int = 0
    raw_digests: list[str] = field(default_factory=list)
    source_count: int | None = None
    source_clock: datetime | None = None
    shortfalls: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    """What was asked and answered, each once and the first few only."""

    def saw(self, body: bytes, *, clock: datetime | None = None, asked: str = "") -> None:
        """Note one raw answer of the source, and the source's own time where it told it."""
        self.saw_digest(sha256(body).hexdigest())
        if asked and asked not in self.places and len(self.places) < MOST_PLACES:
            self.places.append(asked)
        self.source_clock = clock or self.source_clock

    def saw_digest(self, digest: str) -> None:
        """Note one raw answer by its SHA-256 (hex), when it is too large to hold."""
        self.pages += 1
        self.raw_digests.append(digest)

    def lacks(self, reason: str) -> None:
        """Note that the answer is not whole; the run then ends partial, with these reasons."""
        self.shortfalls.append(reason)

    @property
    def proves_emptiness(self) -> bool:
        """Nothing found is a fact only when the source said so: a count, or an answer we kept."""
        return self.source_count == 0 or self.pages > 0
