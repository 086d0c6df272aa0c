"""How much time a collection has left, counted by a clock that nobody can set."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from collectors.errors import SourceUnreachableError


def nobody() -> None:
    """Nobody else waits for the worker."""


@dataclass(frozen=True)
class Deadline:
    """The moment at which a collection gives up."""

    seconds: float
    at: float
    way: Callable[[], None] = nobody
    """Raises where the collection must make way for others; it is asked before every question."""

    @classmethod
    def after(cls, limit: timedelta, *, way: Callable[[], None] = nobody) -> "Deadline":
        return cls(limit.total_seconds(), monotonic() + limit.total_seconds(), way)

    def left(self, *, at_most: float | None = None) -> float:
        """Return the seconds that are left; SourceUnreachableError when there are none."""
        self.way()
        left = self.at - monotonic()
        if left <= 0:
            message = f"The source had not answered in full after {self.seconds:g} seconds."
            raise SourceUnreachableError(message)
        return left if at_most is None else min(left, at_most)
