"""index.csv: the list of items of index.xlsx as plain text, row for row."""

from collections.abc import Sequence
from datetime import date, datetime

from evidence import ledger
from reports.pack.index import ITEMS
from reports.pack.tables import BYTE_ORDER_MARK, csv_lines
from reports.pack.workbook import Cell

NAME = "index.csv"


def head() -> bytes:
    """Return the line with the names of the columns."""
    return BYTE_ORDER_MARK + csv_lines([[column.title for column in ITEMS]])


def line(row: Sequence[Cell]) -> bytes:
    """Return the line of one item."""
    return csv_lines([[_text(cell) for cell in row]])


def _text(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return ledger.stamp(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    return "" if cell is None else str(cell)
