"""Writes the breaks that somebody asks for as an Excel sheet."""

from datetime import date
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from registers.reconciling import queue_sheet
from registers.reconciling.queue import Choice
from reports.pack.workbook import Book, Column
from reports.register_sheet import MEDIA_TYPE, cells

__all__ = ["MEDIA_TYPE", "MOST", "write"]

MOST = 100_000
"""So many breaks go into one sheet; CSV has no end."""
_WIDTHS = {"About": 40, "Cause": 48, "How it is closed": 48, "Left ids": 36, "Right ids": 36}
_USUAL = 18


def write(choice: Choice, path: Path, *, today: date) -> None:
    """Write the breaks in the order of the queue."""
    book = Book(path, title="Breaks", author=settings.ORGANISATION, created=timezone.now())
    columns = [Column(name, _WIDTHS.get(name, _USUAL)) for name in queue_sheet.HEADER]
    sheet = book.table("Breaks", columns)
    for row in queue_sheet.rows(choice, today=today):
        sheet.row(cells(row))
    sheet.filtered()
    book.close()
