"""Reads the rows of a population's canonical table, and where in the file each of them starts."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from audits.errors import PopulationRefusedError
from evidence import store
from evidence.errors import SealError, StoreError
from evidence.models import Population

_WIDE = (
    "A row of this table cannot be read: one of its cells has more than 131,072 characters. "
    "Hand in the table without that column."
)


@dataclass(frozen=True)
class Row:
    """A row of a table: its number from 1, the byte at which it starts, and its cells."""

    number: int
    offset: int
    cells: Sequence[str]


def column_names(population: Population) -> list[str]:
    """Return the names of the columns, in order."""
    return [str(column["name"]) for column in population.columns]


def rows_of(population: Population) -> Iterator[Row]:
    """Yield every row of the table in order; PopulationRefusedError when it cannot be read."""
    try:
        with store.open_blob(population.table_id) as source:
            yield from _rows(source)
    except (StoreError, SealError) as error:
        raise PopulationRefusedError(str(error)) from error
    except csv.Error as error:
        raise PopulationRefusedError(_WIDE) from error


def cells_at(population: Population, offsets: Iterable[int]) -> list[list[str]]:
    """Return the cells of the rows that start at these bytes, in the order asked for."""
    found: list[list[str]] = []
    try:
        with store.open_blob(population.table_id) as source:
            for offset in offsets:
                source.seek(offset)
                found.append(next(csv.reader(line.decode() for line in source)))
    except (StoreError, SealError) as error:
        raise PopulationRefusedError(str(error)) from error
    return found


def _rows(source: BinaryIO) -> Iterator[Row]:
    passed = 0

    def lines() -> Iterator[str]:
        nonlocal passed
        for line in source:
            passed += len(line)
            yield line.decode()

    start, number = 0, 0
    # The reader takes no line before it needs it, so that what has passed ends with each row.
    for cells in csv.reader(lines()):
        if number:
            yield Row(number, start, cells)
        start, number = passed, number + 1
