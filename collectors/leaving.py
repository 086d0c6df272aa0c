"""Finds in the collected lists of accounts when each leaver's account ended.

Rules:
- A list says of its own moment who has an account; what lies between two lists is not known. So an
  account ended when its system says so, or else by the first list in which it was not active.
- An account that is active again in a later list has not ended.
- A leaver who is in no list of a system had no account there, and is no row of it.
- Without a list from before somebody left nobody can say that there was no account, and without one
  from after the period nobody can say that it is gone: both make the answer less than whole.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from collectors.base import Ask, SourceSettings
from collectors.errors import FileRefusedError, SettingsError
from collectors.models import Run, Source
from collectors.period import Period
from evidence import store
from evidence.models import Population

BEFORE = timedelta(days=45)
"""How far before the period a list may have been made that knows the accounts at its beginning."""
SYSTEM, LIST = "the system", "the first list without it"


@dataclass(frozen=True)
class Leaver:
    """One line of the roster whose last day lies in the period."""

    person: str
    key: str
    """What names the person in the lists of accounts."""
    last_day: date


@dataclass
class Ending:
    """One account of a leaver as the lists tell of it."""

    account: str
    ended_at: datetime | None = None
    told_by: str = ""


@dataclass(frozen=True)
class _Line:
    """One account in one list."""

    key: str
    account: str
    active: bool
    ended_at: datetime | None


def endings(
    ask: Ask[SourceSettings], source: Source, leavers: Sequence[Leaver], *, period: Period, by: str
) -> Iterator[tuple[Leaver, Ending]]:
    """Yield every account of every leaver in one system; `by` is the column that names people."""
    named = {leaver.key: leaver for leaver in leavers}
    if len(named) < len(leavers):
        raise FileRefusedError("The roster names an account twice. Say in it whose it is.")
    known: dict[str, dict[str, Ending]] = {}
    lists = list(_lists(source, period))
    _tell_gaps(ask, source, [made for made, _ in lists], period)
    for made_at, population in lists:
        ask.deadline.left()
        ask.trail.saw_digest(population.table_id)
        _take_in(known, _lines(population, by, set(named), made_at), made_at)
    for key, accounts in sorted(known.items()):
        for _, ending in sorted(accounts.items()):
            yield named[key], ending


def _take_in(
    known: dict[str, dict[str, Ending]], lines: Iterator[_Line], made_at: datetime
) -> None:
    listed = set()
    for line in lines:
        listed.add((line.key, line.account))
        ending = known.setdefault(line.key, {}).setdefault(line.account, Ending(line.account))
        if line.active:
            ending.ended_at, ending.told_by = None, ""
        elif line.ended_at:
            ending.ended_at, ending.told_by = line.ended_at, SYSTEM
        elif ending.ended_at is None:
            ending.ended_at, ending.told_by = made_at, LIST
    for key, accounts in known.items():
        for account, ending in accounts.items():
            if (key, account) not in listed and ending.ended_at is None:
                ending.ended_at, ending.told_by = made_at, LIST


def _lists(source: Source, period: Period) -> Iterator[tuple[datetime, Population]]:
    """Yield the whole lists of a source from before the period on, the oldest first."""
    since = datetime.combine(period.start, time(), UTC) - BEFORE
    runs = Run.objects.filter(
        source=source, state__in=[Run.State.COMPLETE, Run.State.EMPTY], started_at__gte=since
    )
    for run in runs.select_related("evidence__population").order_by("started_at", "number"):
        if run.evidence is not None:
            yield run.evidence.collected_at, run.evidence.population


def _tell_gaps(
    ask: Ask[SourceSettings], source: Source, made: Sequence[datetime], period: Period
) -> None:
    first, after = period.bounds(ask.zone)
    if not made or made[0] > first:
        ask.trail.lacks(f"{source.slug} has no whole list from before {period.start}.")
    if not made or made[-1] < after:
        ask.trail.lacks(f"{source.slug} has no whole list from after {period.end}.")


def _lines(population: Population, by: str, wanted: set[str], made_at: datetime) -> Iterator[_Line]:
    """Yield the accounts of the wanted people; the table is read as it comes, never held."""
    reader = csv.DictReader(_text(population.table_id))
    for name in (by, "account"):
        if name not in (reader.fieldnames or ()):
            message = f"A list of accounts has no column {name!r}; correct the settings."
            raise SettingsError(message)
    for row in reader:
        key = row[by].strip().casefold()
        if key in wanted:
            ended = _moment(row, "ended_at")
            active = row.get("active", "true") != "false" and not (ended and ended <= made_at)
            yield _Line(key, row["account"], active, ended)


def _moment(row: Mapping[str, str], name: str) -> datetime | None:
    told = row.get(name) or ""
    return datetime.fromisoformat(told) if told else None


def _text(digest: str) -> Iterator[str]:
    """Yield the lines of a stored table; a cell may hold a line's end, which stays within it."""
    pieces = io.BufferedReader(_Pieces(store.stream(digest)))
    yield from io.TextIOWrapper(pieces, encoding="utf-8", newline="")


class _Pieces(io.RawIOBase):
    """Reads what a stream of pieces gives, one piece at a time."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._left = self._left or next(self._pieces, b"")
        given, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)
