"""What happens when: every deed of the demo stands in a diary, and is done at its moment."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush

from compliance.demo import clock
from jobs import performing

Tell = Callable[[int, int, datetime], None]


@dataclass(frozen=True, order=True)
class Planned:
    """A deed and its moment; of the same moment, deeds are done in the order of the diary."""

    at: datetime
    place: int
    do: Callable[[], object] = field(compare=False)


@dataclass
class Diary:
    """Takes deeds in any order and does them in the order of their moments."""

    until: datetime
    _planned: list[Planned] = field(default_factory=list, init=False)
    _put: int = field(default=0, init=False)

    def put(self, at: datetime, do: Callable[[], object]) -> None:
        """Plan a deed; what lies ahead of the end of the demo has not happened yet."""
        if at <= self.until:
            self._put += 1
            heappush(self._planned, Planned(at, self._put, do))

    def live(self, *, tell: Tell) -> int:
        """Do everything, and after each deed the work that it left in the queue; return how much.

        A deed may plan others: they are done at their moment, those of the past at once.
        """
        done = 0
        while self._planned:
            one = heappop(self._planned)
            with clock.at(one.at):
                one.do()
                performing.drain()
            done += 1
            tell(done, done + len(self._planned), one.at)
        return done
