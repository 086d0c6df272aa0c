"""When a check passed, failed, could not run, or nobody knows: results laid along the days, purely.

Rules:

1. A result speaks from the day that its item shows until the next result of the same check, but no
   longer than one beat of the cadence: the days from its window's start to the next one's. After
   that nobody knows, which is a gap in the collection.
2. Of several results of one day the last that ran speaks.
3. Before the first result nobody knows. After the day of asking nothing is said.
4. Intervals lie one behind the other without gap or overlap; neighbours differ in their state.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from controls.cadence import Window

_DAY = timedelta(days=1)


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    UNKNOWN = "unknown"


class Result(NamedTuple):
    """One result of a check: the day that its item shows, its order, and what it came to."""

    day: date
    order: int
    outcome: Outcome
    evidence: str


class Interval(NamedTuple):
    """Days, both included, on which a check stood in one state, and the items that say so."""

    start: date
    end: date
    outcome: Outcome
    evidence: tuple[str, ...] = ()

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1


def intervals(
    results: Iterable[Result], windows: Sequence[Window], *, start: date, end: date
) -> list[Interval]:
    """Return the intervals from `start` to `end` (both included), in order; none if end < start."""
    last_of_day = {one.day: one for one in sorted(results)}
    ordered = [last_of_day[day] for day in sorted(last_of_day)]
    found: list[Interval] = []
    for piece in _pieces(ordered, windows, start, end):
        if found and found[-1].outcome is piece.outcome:
            items = tuple(dict.fromkeys((*found[-1].evidence, *piece.evidence)))
            found[-1] = Interval(found[-1].start, piece.end, piece.outcome, items)
        else:
            found.append(piece)
    return found


def _pieces(
    ordered: Sequence[Result], windows: Sequence[Window], start: date, end: date
) -> Iterator[Interval]:
    """Yield pieces that fill the days, in order; neighbours may be of one state."""
    open_from = start
    for place, one in enumerate(ordered):
        until = one.day + _beat(one.day, windows) - _DAY
        if place + 1 < len(ordered):
            until = min(until, ordered[place + 1].day - _DAY)
        first, last = max(one.day, start), min(until, end)
        if first > last:
            continue
        if first > open_from:
            yield Interval(open_from, first - _DAY, Outcome.UNKNOWN)
        yield Interval(first, last, one.outcome, (one.evidence,))
        open_from = last + _DAY
    if open_from <= end:
        yield Interval(open_from, end, Outcome.UNKNOWN)


def _beat(day: date, windows: Sequence[Window]) -> timedelta:
    """Return how long a result of a day may stand until the next one is expected."""
    if not windows:
        return _DAY
    place = max(0, bisect_right([window.start for window in windows], day) - 1)
    window = windows[place]
    following = windows[place + 1].start if place + 1 < len(windows) else window.end + _DAY
    return following - window.start
