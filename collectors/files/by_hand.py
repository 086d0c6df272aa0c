"""Reads a table that a person hands in, as the checks of what it counts for want it.

Rules:
- A column is taken by its own name. A column of a like name is proposed, and a person says so;
  where two are alike, none is proposed.
- What the checks must have and the file lacks is refused, and so is a cell that is not written as
  its type says. Nothing is guessed.
- Columns that nothing expects are not read; they stay in the original.
- The moment or day of collection may stand in no file: a column of that name is filled with what
  the person says of the item, where the person says so.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rapidfuzz import fuzz

from collectors.base import Row
from collectors.errors import FileRefusedError
from collectors.files import cells, delimited, tables, workbook
from controls.models import Expectation
from evidence import spreadsheet
from evidence.handling import Handling
from evidence.methods import BY_HAND
from evidence.population import IPE, Cell, Column, PopulationFacts, TableFacts, write_csv

MOST_BYTES = 64 * 1024**2
MOST_ROWS = 250_000
FIRST_ROWS = 5
VERSION = "1"
_SIGNS = (",", ";", "\t")
_NEAR = 85.0
_COMPLETENESS = (
    "Every row of the file, which is kept as it came. Whether the file itself is complete is for "
    "the person who exported it to show."
)
_ELSEWHERE = "Put it into the folder of the source Tables from a folder, which has no such limit."


@dataclass(frozen=True)
class Collected:
    """Stands for a column that is filled with the moment at which the item was collected."""


COLLECTED = Collected()
_FILLED = {"collected_at": "timestamp", "collected_on": "date"}
Place = int | Collected | None
"""Where a wanted column is found: its number in the file, what the person says, or nowhere."""


@dataclass(frozen=True)
class Wanted:
    """A column that checks may read."""

    name: str
    type: str
    required: bool

    @property
    def may_be_filled(self) -> bool:
        """Whether the moment of collection can stand for it."""
        return _FILLED.get(self.name) == self.type


@dataclass(frozen=True)
class Header:
    """The names of a file's columns, and what parts the cells of a CSV file."""

    names: tuple[str, ...]
    delimiter: str = ","


@dataclass(frozen=True)
class Proposal:
    """Where a wanted column may be found; a sure one has the very same name."""

    wanted: Wanted
    place: Place
    is_sure: bool


@dataclass(frozen=True)
class Reading:
    """A table as it was read, with its first rows as they will be kept."""

    columns: tuple[Column, ...]
    facts: TableFacts
    table: Path
    rows: tuple[tuple[str, ...], ...]
    left_out: tuple[str, ...]
    parameters: Mapping[str, Any]


def is_table(filename: str) -> bool:
    """Say by its name whether a file can be read as a table."""
    return filename.lower().endswith((".csv", ".xlsx"))


def wanted_by(expectations: Sequence[Expectation]) -> tuple[Wanted, ...]:
    """Return the columns that expectations want of one table; empty where none wants any.

    Raises FileRefusedError where two want a column of the same name in different types.
    """
    found: dict[str, Wanted] = {}
    for expectation in expectations:
        for column in expectation.columns:
            name, type_ = column["name"], column["type"]
            known = found.get(name)
            if known and known.type != type_:
                message = (
                    f"What it counts for wants the column {name} as {known.type} and as {type_}. "
                    "Hand the table in once for each."
                )
                raise FileRefusedError(message)
            required = name in expectation.required_columns or bool(known and known.required)
            found[name] = Wanted(name, type_, required)
    return tuple(found.values())


def header_of(path: Path, wanted: Sequence[Wanted]) -> Header:
    """Return the columns of a file; those of a CSV file are parted by what finds most of them."""
    if path.stat().st_size > MOST_BYTES:
        message = f"{path.name} is larger than {MOST_BYTES // 1024**2} MB. {_ELSEWHERE}"
        raise FileRefusedError(message)
    signs = _SIGNS if path.suffix.lower() == ".csv" else _SIGNS[:1]
    names = {each.name for each in wanted}
    found: list[tuple[int, int, Header]] = []
    refusal: FileRefusedError | None = None
    for sign in signs:
        try:
            with tables.opened(path, declared={}, delimiter=sign, zone=ZoneInfo("UTC")) as table:
                header = Header(tuple(column.name for column in table.columns), sign)
        except FileRefusedError as error:
            refusal = refusal or error
            continue
        found.append((len(names & set(header.names)), len(header.names), header))
    if not found:
        raise refusal or FileRefusedError(f"{path.name} is no table.")
    return max(found, key=lambda one: one[:2])[2]


def proposed(header: Header, wanted: Sequence[Wanted]) -> list[Proposal]:
    """Say for each wanted column where it is, or may be."""
    same = {name: number for number, name in enumerate(header.names)}
    open_names = {each.name for each in wanted if each.name not in same}
    free = [name for name in header.names if name not in {each.name for each in wanted}]
    near = _near(free, open_names)
    found = []
    for each in wanted:
        if each.name in same:
            found.append(Proposal(each, same[each.name], is_sure=True))
        elif each.name in near:
            found.append(Proposal(each, same[near[each.name]], is_sure=False))
        elif each.may_be_filled:
            found.append(Proposal(each, COLLECTED, is_sure=False))
        else:
            found.append(Proposal(each, None, is_sure=not each.required))
    return found


def read(
    path: Path,
    header: Header,
    places: Mapping[str, Place],
    wanted: Sequence[Wanted],
    *,
    zone: ZoneInfo,
    collected_at: datetime,
    table: Path,
) -> Reading:
    """Write a file as the canonical table `table` and return what was read of it.

    `places` says where each wanted column is found; times without an offset are those of `zone`.
    Raises FileRefusedError, with the line and the column of a cell that does not fit.
    """
    _refuse_unplaced(places, wanted, header)
    taken = [each for each in wanted if places.get(each.name) is not None]
    sources = [places[each.name] for each in taken]
    types = dict.fromkeys(header.names, "text")
    for each, place in zip(taken, sources, strict=True):
        if isinstance(place, int):
            types[header.names[place]] = each.type
    moments: Mapping[str, Cell] = {
        "timestamp": collected_at.astimezone(UTC),
        "date": collected_at.astimezone(zone).date(),
    }
    fixed = [moments.get(each.type) for each in taken]
    columns = tuple(Column(each.name, each.type) for each in taken)
    first: list[tuple[str, ...]] = []
    with (
        tables.opened(path, declared=types, delimiter=header.delimiter, zone=zone) as opened,
        table.open("xb") as target,
    ):
        rows = _chosen(opened.rows, sources, fixed, first, path.name)
        facts = write_csv(rows, columns, target)
    parameters = _parameters(header, columns, sources, zone, is_csv=path.suffix.lower() == ".csv")
    return Reading(columns, facts, table, tuple(first), tuple(parameters["left_out"]), parameters)


def why_partial(reading: Reading, handling: Handling | None) -> str:
    """Say why a table does not prove that it is whole; empty where it may be."""
    seen = handling.observation if handling else None
    if reading.facts.row_count or (seen and seen.rows_seen == 0):
        return ""
    return "No rows came, and nobody says that the screen showed none (rows seen: 0)."


def population_of(
    reading: Reading,
    *,
    filename: str,
    source_system: str,
    environment: str,
    runner: str,
    collected_at: datetime,
    finished_at: datetime,
    handling: Handling | None,
) -> PopulationFacts:
    """Return what intake records of a table beside its original."""
    ipe = IPE(
        query=f"every row of {filename}, read as a table",
        source_system=source_system,
        environment=environment,
        runner=runner,
        collector=BY_HAND,
        collector_version=VERSION,
        code_digest=code_digest(),
        started_at=collected_at,
        finished_at=finished_at,
        completeness=_COMPLETENESS,
        parameters=reading.parameters,
        partial_reason=why_partial(reading, handling),
    )
    return PopulationFacts(reading.columns, ipe, reading.facts, reading.table)


def code_digest() -> str:
    """Return the SHA-256 of the digests of the files that read a table: which logic read it."""
    modules = (cells, delimited, tables, workbook, spreadsheet)
    paths = [Path(__file__), *(Path(str(module.__file__)) for module in modules)]
    lines = "".join(f"{sha256(path.read_bytes()).hexdigest()}\n" for path in paths)
    return sha256(lines.encode()).hexdigest()


def _near(free: Sequence[str], names: set[str]) -> dict[str, str]:
    """Return the one column of a like name for each name that has exactly one, both ways."""
    alike = {name: [other for other in free if _is_like(name, other)] for name in names}
    return {
        name: found[0]
        for name, found in alike.items()
        if len(found) == 1 and sum(found[0] in others for others in alike.values()) == 1
    }


def _is_like(name: str, other: str) -> bool:
    one, two = (re.sub(r"[\W_]+", "", text.casefold()) for text in (name, other))
    return one == two or fuzz.ratio(one, two) >= _NEAR


def _refuse_unplaced(places: Mapping[str, Place], wanted: Sequence[Wanted], header: Header) -> None:
    for each in wanted:
        place = places.get(each.name)
        if place is None and each.required:
            message = (
                f"The checks read the column {each.name}, and no column of the file is chosen for "
                "it. Choose one, or add it where the list comes from and export it again."
            )
            raise FileRefusedError(message)
        unfit = place == COLLECTED and not each.may_be_filled
        if unfit or (isinstance(place, int) and not 0 <= place < len(header.names)):
            raise FileRefusedError(f"Choose a column of the file for {each.name}.")
    numbers = [place for place in places.values() if isinstance(place, int)]
    for number in numbers:
        if numbers.count(number) > 1:
            name = header.names[number]
            raise FileRefusedError(f"The column {name!r} is chosen twice. Choose each once.")


def _chosen(
    rows: Iterator[Row],
    sources: Sequence[Place],
    fixed: Sequence[Cell],
    first: list[tuple[str, ...]],
    name: str,
) -> Iterator[Row]:
    """Yield the wanted cells of each row; keep the first rows as words on the way."""
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS:
            message = f"{name} has more than {MOST_ROWS:,} rows. {_ELSEWHERE}"
            raise FileRefusedError(message)
        chosen = [
            row[place] if isinstance(place, int) else filled
            for place, filled in zip(sources, fixed, strict=True)
        ]
        if number <= FIRST_ROWS:
            first.append(tuple(map(_worded, chosen)))
        yield chosen


def _worded(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return str(cell)


def _parameters(
    header: Header,
    columns: Sequence[Column],
    sources: Sequence[Place],
    zone: ZoneInfo,
    *,
    is_csv: bool,
) -> dict[str, Any]:
    """Return how a table was read, so that another person can read the file again."""
    named = [
        header.names[place]
        if isinstance(place, int)
        else "the moment at which it was collected, as said of the item"
        for place in sources
    ]
    return {
        "columns": {column.name: told for column, told in zip(columns, named, strict=True)},
        "left_out": [name for number, name in enumerate(header.names) if number not in sources],
        "time_zone": zone.key,
        **({"delimiter": header.delimiter} if is_csv else {}),
    }
