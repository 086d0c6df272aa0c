"""The parts of an observation window that are tested apart, such as interim and year end: pure.

Rules:

1. The parts lie one behind the other without gap or overlap and fill the window.
2. Each named part ends on its day; the first begins with the window, the last ends with it.
3. A window without named parts is one part. Every occurrence belongs to the part in which it ends,
   every item to the part in which the day lies on which it arrived.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from audits.errors import WindowError

_DAY = timedelta(days=1)
REMAINDER = "Roll-forward to the end"
WHOLE = "Whole window"


class Part(NamedTuple):
    """A named part and its last day."""

    title: str
    ends_on: date


class Stretch(NamedTuple):
    """A part with both of its days."""

    title: str
    start: date
    end: date


def divided(start: date, end: date, parts: Sequence[Part]) -> list[Stretch]:
    """Return the parts of a window with their days, in order of time.

    What lies after the last named part is a part of its own. Raises WindowError for a part without
    a title, one that ends outside the window, and two that end on the same day.
    """
    ordered = sorted(parts, key=lambda part: part.ends_on)
    if not ordered:
        return [Stretch(WHOLE, start, end)]
    found: list[Stretch] = []
    first = start
    for part in ordered:
        if not part.title.strip():
            raise WindowError("Give each part of the window a title, such as Interim.")
        if not first <= part.ends_on <= end:
            message = (
                f"The part {part.title!r} ends on {part.ends_on}, which is not a day from {first} "
                f"to {end}. Correct the parts of the window first."
            )
            raise WindowError(message)
        found.append(Stretch(part.title.strip(), first, part.ends_on))
        first = part.ends_on + _DAY
    return [*found, Stretch(REMAINDER, first, end)] if first <= end else found


def part_of(stretches: Sequence[Stretch], day: date) -> Stretch:
    """Return the part in which a day lies; days outside belong to the nearest end."""
    place = bisect_left([stretch.end for stretch in stretches], day)
    return stretches[min(place, len(stretches) - 1)]
