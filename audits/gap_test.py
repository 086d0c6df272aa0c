"""What the rows of a population say about its being whole: counts, days without items, id gaps.

Rules:
- A row's day is the date that stands in its cell; of a moment it is the day in UTC, as the
  canonical table writes it. A cell that holds no date makes the row undated.
- Ids are a sequence when every one of them is the same prefix (or none) and a whole number. The
  numbers between the smallest and the largest that do not occur are missing. Ids that are no
  sequence have no gap test, and that is said.
- Lists are cut after LISTED entries, counts are not.
"""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from itertools import pairwise

from audits.sampling import month_of

LISTED = 50
_DAY = timedelta(days=1)
_NUMBERED = re.compile(r"(.*?)([0-9]{1,18})", re.DOTALL)


@dataclass(frozen=True)
class Run:
    """Neighbours without an item between them: days in ISO 8601, or ids."""

    first: str
    last: str


@dataclass(frozen=True)
class Ids:
    """What the id column says; `missing` and `runs` only where the ids are a sequence."""

    is_sequence: bool
    first: str = ""
    last: str = ""
    missing: int = 0
    runs: tuple[Run, ...] = ()
    duplicates: int = 0
    blank: int = 0


@dataclass(frozen=True)
class Profile:
    """A population by months, days and ids; `ids` and days only where such a column was named."""

    count: int
    months: dict[str, int]
    undated: int = 0
    outside: int = 0
    first_day: str = ""
    last_day: str = ""
    empty_days: int = 0
    empty_runs: tuple[Run, ...] = ()
    ids: Ids | None = None


def examine(
    rows: Iterable[Sequence[str]],
    *,
    date_place: int | None,
    id_place: int | None,
    start: date,
    end: date,
) -> Profile:
    """Read the rows of a table once and say what they show of a period (both days included)."""
    days: Counter[str] = Counter()
    ids = _IdColumn()
    count = 0
    for cells in rows:
        count += 1
        if date_place is not None:
            days[cells[date_place][:10]] += 1
        if id_place is not None:
            ids.add(cells[id_place])
    found = ids.facts() if id_place is not None else None
    if date_place is None:
        return Profile(count, {}, ids=found)
    return _dated(count, days, found, start, end)


def _dated(count: int, days: Counter[str], ids: Ids | None, start: date, end: date) -> Profile:
    dated = {day: items for text, items in days.items() if (day := _day(text))}
    months: Counter[str] = Counter()
    for day, items in dated.items():
        months[month_of(day.isoformat())] += items
    undated = count - months.total()
    if undated:
        months[""] = undated
    empty = [day for day in _between(start, end) if day not in dated]
    runs = list(_day_runs(empty))
    return Profile(
        count=count,
        months=dict(sorted(months.items())),
        undated=undated,
        outside=sum(items for day, items in dated.items() if not start <= day <= end),
        first_day=min(dated).isoformat() if dated else "",
        last_day=max(dated).isoformat() if dated else "",
        empty_days=len(empty),
        empty_runs=tuple(runs[:LISTED]),
        ids=ids,
    )


class _IdColumn:
    """Keeps so little of each id that a million of them fit: its number, or a part of a digest."""

    def __init__(self) -> None:
        self._numbers = array("Q")
        self._digests = array("Q")
        self._prefix: str | None = None
        self._widths: set[int] = set()
        self._is_sequence = True
        self._blank = 0

    def add(self, text: str) -> None:
        if not text:
            self._blank += 1
            return
        self._digests.append(int.from_bytes(sha256(text.encode()).digest()[:8], "big"))
        match = _NUMBERED.fullmatch(text) if self._is_sequence else None
        if match is None or (self._prefix is not None and match[1] != self._prefix):
            self._is_sequence = False
            return
        self._prefix = match[1]
        self._widths.add(len(match[2]))
        self._numbers.append(int(match[2]))

    def facts(self) -> Ids:
        distinct = len(set(self._digests))
        duplicates = len(self._digests) - distinct
        if not self._is_sequence or not self._numbers:
            return Ids(is_sequence=False, duplicates=duplicates, blank=self._blank)
        numbers = sorted(set(self._numbers))
        pairs = pairwise(numbers)
        holes = [(low + 1, high - 1) for low, high in pairs if high - low > 1]
        return Ids(
            is_sequence=True,
            first=self._named(numbers[0]),
            last=self._named(numbers[-1]),
            missing=sum(last - first + 1 for first, last in holes),
            runs=tuple(
                Run(self._named(first), self._named(last)) for first, last in holes[:LISTED]
            ),
            duplicates=duplicates,
            blank=self._blank,
        )

    def _named(self, number: int) -> str:
        width = max(self._widths) if len(self._widths) == 1 else 0
        return f"{self._prefix}{number:0{width}d}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _between(start: date, end: date) -> Iterator[date]:
    day = start
    while day <= end:
        yield day
        day += _DAY


def _day_runs(days: Sequence[date]) -> Iterator[Run]:
    place = 0
    while place < len(days):
        last = place
        while last + 1 < len(days) and days[last + 1] - days[last] == _DAY:
            last += 1
        yield Run(days[place].isoformat(), days[last].isoformat())
        place = last + 1
