"""Reads XLSX with mapped columns; a number that a spreadsheet cannot keep exactly is refused."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from evidence import spreadsheet
from evidence.errors import SpreadsheetError
from evidence.reconcile.errors import FileRefusedError
from evidence.reconcile.readers import tables
from evidence.reconcile.reading import Reading, Row

_EXACT_DIGITS = 15


def read(reading: Reading) -> Iterator[Row]:
    """Yield the rows of the only sheet of a workbook."""
    try:
        with spreadsheet.opened(reading.path, formulas=False) as numbered:
            yield from tables.rows(_cells(numbered, reading), reading)
    except SpreadsheetError as error:
        raise FileRefusedError(str(error)) from error


def _cells(
    numbered: Iterator[tuple[int, Sequence[object]]], reading: Reading
) -> Iterator[tuple[int, list[str | datetime | date]]]:
    mark = reading.rule.decimal
    width = 0
    for number, row in numbered:
        cells = [_cell(value, number, mark) for value in row]
        if not width:
            while cells and cells[-1] == "":
                cells.pop()
            width = len(cells)
        # Rows of a sheet are as wide as their last cell that was ever touched.
        surplus = [cell for cell in cells[width:] if cell != ""]
        yield number, [*cells[:width], *[""] * (width - len(cells)), *surplus]


def _cell(value: object, line: int, mark: str) -> str | datetime | date:
    if value is None:
        return ""
    if isinstance(value, str | date):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        # The shortest decimal that names the stored number is what the sheet shows.
        exact = Decimal(repr(value))
        if not exact.is_finite() or len(exact.normalize().as_tuple().digits) > _EXACT_DIGITS:
            reason = f"a cell holds {value!r}, more digits than a spreadsheet keeps: store text"
            raise FileRefusedError(reason, line)
        return f"{exact:f}".removesuffix(".0").replace(".", mark)
    raise FileRefusedError(f"a cell holds {type(value).__name__}, which is no value", line)
