"""Opens tables that people made, CSV or XLSX, and types their rows as declared.

Whatever is wrong with a file ends as a FileRefusedError that names file and line.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from collectors.base import Row
from collectors.errors import FileRefusedError
from collectors.files import delimited, workbook
from collectors.files.cells import CellError, parse
from evidence.population import Column

MOST_COLUMNS = 500
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Table:
    """An opened file: its columns, and its rows while the file is open."""

    columns: tuple[Column, ...]
    rows: Iterator[Row]


@contextmanager
def opened(
    path: Path, *, declared: Mapping[str, str], delimiter: str, zone: ZoneInfo
) -> Iterator[Table]:
    """Open a table; without declared columns all those of the header are text."""
    suffix = path.suffix.lower()
    if suffix == ".csv":
        source = delimited.opened(path, delimiter)
    elif suffix == ".xlsx":
        source = workbook.opened(path)
    else:
        message = f"{path.name} is neither .csv nor .xlsx. Save the table in one of these forms."
        raise FileRefusedError(message)
    with source as rows:
        line, cells = next(rows, (0, ()))
        if not cells:
            message = f"{path.name} is empty: it lacks even the line with the column names."
            raise FileRefusedError(message)
        header = _header(cells, f"{path.name}, line {line}")
        columns = _columns(header, declared, f"{path.name}, line {line}")
        places = [header.index(column.name) for column in columns]
        reader = _Reader(path.name, columns, places, len(header), zone)
        yield Table(columns, (reader.row(line, cells) for line, cells in rows))


@dataclass(frozen=True)
class _Reader:
    name: str
    columns: Sequence[Column]
    places: Sequence[int]
    width: int
    zone: ZoneInfo

    def row(self, line: int, cells: Sequence[object]) -> Row:
        place = f"{self.name}, line {line}"
        given = _trimmed(cells)
        is_csv = self.name.lower().endswith(".csv")
        # A spreadsheet drops empty cells at the end of a row; a CSV file has no such excuse.
        if len(given) > self.width or (is_csv and len(cells) != self.width):
            count = len(cells) if is_csv else len(given)
            message = f"{place} has {count} cells; the header has {self.width}."
            raise FileRefusedError(message)
        padded = [*given, *[None] * (self.width - len(given))]
        try:
            return [
                parse(padded[where], column.type, self.zone)
                for column, where in zip(self.columns, self.places, strict=True)
            ]
        except CellError as error:
            message = f"{place}: {error}, in the column {self._unfit(padded)}. Correct the cell."
            raise FileRefusedError(message) from error

    def _unfit(self, cells: Sequence[object]) -> str:
        """Return the name of the first column whose cell cannot be read."""
        for column, where in zip(self.columns, self.places, strict=True):
            try:
                parse(cells[where], column.type, self.zone)
            except CellError:
                return repr(column.name)
        return ""


def _header(cells: Sequence[object], place: str) -> list[str]:
    names = [str(cell).strip() if cell is not None else "" for cell in _trimmed(cells)]
    if len(names) > MOST_COLUMNS:
        message = (
            f"{place}: {len(names)} columns are more than the {MOST_COLUMNS} that a table may."
        )
        raise FileRefusedError(message)
    for number, name in enumerate(names, 1):
        if not name or len(name) > _LONGEST_NAME or not name.isprintable():
            message = f"{place}: column {number} has no usable name."
            raise FileRefusedError(message)
        if names.index(name) != number - 1:
            message = f"{place}: there are two columns {name!r}. Rename one of them."
            raise FileRefusedError(message)
    return names


def _columns(header: Sequence[str], declared: Mapping[str, str], place: str) -> tuple[Column, ...]:
    if not declared:
        return tuple(Column(name, "text") for name in header)
    missing = [name for name in declared if name not in header]
    if missing:
        message = f"{place}: the column {missing[0]!r} is missing. Is the delimiter right?"
        raise FileRefusedError(message)
    extra = [name for name in header if name not in declared]
    if extra:
        message = f"{place}: the column {extra[0]!r} is not declared. Remove it, or declare it."
        raise FileRefusedError(message)
    return tuple(Column(name, type_) for name, type_ in declared.items())


def _trimmed(cells: Sequence[object]) -> Sequence[object]:
    """Return the cells without empty ones at the end."""
    end = len(cells)
    while end and (cells[end - 1] is None or cells[end - 1] == ""):
        end -= 1
    return cells[:end]
