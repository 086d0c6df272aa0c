"""Tables with provenance: canonical CSV, and the IPE record of how and how completely it was made.

Canonical CSV: UTF-8 without BOM, LF, one header line, RFC 4180 quoting where needed, no value for
null, ISO 8601 dates, UTC timestamps with microseconds, true/false, decimals in plain notation.
IPE = information produced by the entity; AT-C 205.36 asks for its accuracy and completeness.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from evidence.errors import PopulationError

Cell = str | int | Decimal | bool | date | datetime | None

TYPES: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "integer": (int,),
    "decimal": (Decimal, int),
    "boolean": (bool,),
    "date": (date,),
    "timestamp": (datetime,),
}


@dataclass(frozen=True)
class Column:
    """One column: its name (lower snake case) and one of TYPES."""

    name: str
    type: str

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            message = f"Column {self.name} has type {self.type!r}; known are {', '.join(TYPES)}."
            raise PopulationError(message)


@dataclass(frozen=True)
class IPE:
    """How a population was made: enough for another person to ask the same and compare."""

    query: str
    source_system: str
    environment: str
    runner: str
    collector: str
    collector_version: str
    code_digest: str
    started_at: datetime
    finished_at: datetime
    completeness: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    pages: int = 1
    source_count: int | None = None
    source_clock: datetime | None = None
    raw_digests: tuple[str, ...] = ()
    """Of the answers as they came, in order; of a long list only the first."""
    raw_digest: str = ""
    """SHA-256 of the digests of all answers in order, each on a line that ends in LF."""
    partial_reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON values: moments as ISO 8601 text, no floats."""
        return {
            name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
            for name, value in {**asdict(self), "raw_digests": list(self.raw_digests)}.items()
        }


@dataclass(frozen=True)
class TableFacts:
    """What writing a canonical table taught: its digest, its rows, exact sums of its numbers."""

    sha256: str
    row_count: int
    control_totals: Mapping[str, str]


@dataclass(frozen=True)
class PopulationFacts:
    """A population handed to intake; `table` names the canonical CSV where the original differs."""

    columns: tuple[Column, ...]
    ipe: IPE
    facts: TableFacts
    table: Path | None = None


def retrieved_at(collected_at: datetime, started_at: datetime | None) -> datetime:
    """Return the moment at which a source was asked: what came later cannot be in its answer.

    An IPE record says when its query began; an item without one, when it was collected.
    """
    return min(collected_at, started_at) if started_at else collected_at


class _Digesting(io.RawIOBase):
    """Passes bytes on to a file and keeps their digest."""

    def __init__(self, target: BinaryIO) -> None:
        super().__init__()
        self._target = target
        self.hash = sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.hash.update(data)
        return self._target.write(data)


def write_csv(
    rows: Iterable[Sequence[Cell]], columns: Sequence[Column], file: BinaryIO
) -> TableFacts:
    """Write rows as canonical CSV, streaming, and return the table's facts.

    Raises PopulationError with the row's number when a value does not fit its column.
    """
    digesting = _Digesting(file)
    text = io.TextIOWrapper(io.BufferedWriter(digesting), encoding="utf-8", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    kinds = tuple((column, _QUICKLY[column.type]) for column in columns)
    totals: dict[int, Decimal | int] = {
        place: 0
        for place, column in enumerate(columns)
        if column.type in {"integer", "decimal"} and not column.name.endswith("_id")
    }
    count = 0
    for row in rows:
        count += 1
        writer.writerow(_cells(row, kinds, count))
        for place in totals:
            totals[place] += row[place] or 0  # type: ignore[operator]
    text.detach().detach()
    named = {columns[place].name: f"{Decimal(total):f}" for place, total in totals.items()}
    return TableFacts(digesting.hash.hexdigest(), count, named)


def _plain(text: str) -> str | None:
    return None if "\0" in text else text


def _stamp(moment: datetime) -> str | None:
    if moment.tzinfo is not UTC:
        return None
    return f"{moment.isoformat(timespec='microseconds')[:-6]}Z"


_Quick = Mapping[type, Callable[[Any], str | None]]
_QUICKLY: Mapping[str, _Quick] = {
    "text": {str: _plain},
    "integer": {int: str},
    "decimal": {int: str},
    "boolean": {bool: {True: "true", False: "false"}.get},
    "date": {date: date.isoformat},
    "timestamp": {datetime: _stamp},
}
"""How the usual values of a column are written; any other is looked at closely."""


def _cells(row: Sequence[Cell], kinds: Sequence[tuple[Column, _Quick]], number: int) -> list[str]:
    if len(row) != len(kinds):
        message = f"Row {number} has {len(row)} values; the table has {len(kinds)} columns."
        raise PopulationError(message)
    cells = []
    for value, (column, quickly) in zip(row, kinds, strict=True):
        if value is None:
            cells.append("")
            continue
        write = quickly.get(type(value))
        text = write(value) if write else None
        cells.append(_cell(value, column, number) if text is None else text)
    return cells


def _cell(value: Cell, column: Column, number: int) -> str:
    if not _fits(value, column.type):
        message = (
            f"Row {number}, column {column.name}: {type(value).__name__} is not {column.type}."
        )
        raise PopulationError(message)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return _stamp(value.astimezone(UTC)) or ""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    text = str(value)
    if "\0" in text:
        message = f"Row {number}, column {column.name}: the text holds a NUL character."
        raise PopulationError(message)
    return text


def _fits(value: Cell, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, datetime):
        return kind == "timestamp" and value.tzinfo is not None
    if isinstance(value, Decimal) and not value.is_finite():
        return False
    return isinstance(value, TYPES[kind])
