"""How much work one look may cost, whatever the file claims of itself."""

import time
from dataclasses import dataclass, field

SECONDS = 60.0
MOST_UNPACKED = 2 * 1024**3
MOST_MEMBERS = 20_000
DEEPEST = 5
RATIO = 250
SMALL = 8 * 1024**2
"""Bytes that may unpack from however little: an empty sheet packs a thousand to one."""


class UnreadableError(Exception):
    """A file, or a part of one, that could not be looked into; the message says why."""


@dataclass
class Budget:
    """What is left of time, bytes and members; shared by a file and all that lies within."""

    seconds: float = SECONDS
    unpacked: int = MOST_UNPACKED
    members: int = MOST_MEMBERS
    _end: float = field(init=False)

    def __post_init__(self) -> None:
        self._end = time.monotonic() + self.seconds

    def left(self) -> float:
        """Return the seconds that are left; UnreadableError where none are."""
        left = self._end - time.monotonic()
        if left <= 0:
            message = f"it takes longer than {self.seconds:.0f} seconds to look into"
            raise UnreadableError(message)
        return left

    def spend(self, count: int) -> None:
        """Take so many unpacked bytes off."""
        self.left()
        self.unpacked -= count
        if self.unpacked < 0:
            message = f"it unpacks to more than {MOST_UNPACKED // 1024**2:,} MiB"
            raise UnreadableError(message)

    def enter(self, depth: int) -> None:
        """Take one member off; UnreadableError for one too many, or one too deep."""
        self.members -= 1
        if self.members < 0:
            message = f"it holds more than {MOST_MEMBERS:,} files"
            raise UnreadableError(message)
        if depth > DEEPEST:
            message = f"it holds archives in archives, more than {DEEPEST} deep"
            raise UnreadableError(message)


SLOWEST = 250_000
PATIENCE = 120.0


@dataclass
class Pace:
    """Gives a text up that is made to be slow; an ordinary one is read a hundred times as fast."""

    _started: float = field(default_factory=time.monotonic)
    _seen: int = 0

    def read(self, count: int) -> None:
        """Note so many bytes that are looked at next."""
        spent = time.monotonic() - self._started
        if spent > PATIENCE and self._seen < spent * SLOWEST:
            message = f"less than {SLOWEST // 1000} KB a second of it can be read"
            raise UnreadableError(message)
        self._seen += count


class Unpacked:
    """Reads a stream that something unpacks, and spends the budget on it."""

    def __init__(self, source: object, budget: Budget, *, packed: int | None = None) -> None:
        self._source = source
        self._budget = budget
        self._packed = packed
        self._seen = 0

    def read(self, size: int = -1) -> bytes:
        piece: bytes = self._source.read(size)  # type: ignore[attr-defined]
        self._budget.spend(len(piece))
        self._seen += len(piece)
        if self._packed is not None and self._seen > SMALL + RATIO * self._packed:
            message = f"it unpacks to more than {RATIO} times its size"
            raise UnreadableError(message)
        return piece

    def close(self) -> None:
        """What is read belongs to whoever opened it."""
