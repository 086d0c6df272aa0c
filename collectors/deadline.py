"""How much time a collection has left, counted by a clock that nobody can set."""

from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

from collectors.errors import SourceUnreachableError


@dataclass(frozen=True)
class Deadline:
    """The moment at which a collection gives up."""

    seconds: float
    at: float

    @classmethod
    def after(cls, limit: timedelta) -> "Deadline":
        return cls(limit.total_seconds(), monotonic() + limit.total_seconds())

    def left(self, *, at_most: float | None = None) -> float:
        """Return the seconds that are left; SourceUnreachableError when there are none."""
        left = self.at - monotonic()
        if left <= 0:
            message = f"The source had not answered in full after {self.seconds:g} seconds."
            raise SourceUnreachableError(message)
        return left if at_most is None else min(left, at_most)
