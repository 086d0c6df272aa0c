"""Writes a register as an Excel sheet that can be read back in: text is text, days are days."""

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from registers import headings, sheets
from registers.base import Field, Type, Value
from registers.registry import Register
from reports.pack.workbook import Book, Cell, Column

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDTHS = {
    Type.PARAGRAPH: 48,
    Type.DATE: 12,
    Type.BOOLEAN: 10,
    Type.INTEGER: 12,
    Type.EMAIL: 26,
    Type.LINK: 32,
}
_USUAL = 22


def write(register: Register, path: Path) -> None:
    """Write all entries by their number, retired ones too."""
    book = Book(
        path,
        title=register.declared.title,
        author=settings.ORGANISATION,
        created=timezone.now(),
    )
    sheet = book.table("Entries", _columns(register))
    for place, field in enumerate(register.declared.fields, 1):
        if choices := _choices(field):
            sheet.choices(place, choices)
    for row in sheets.rows(register):
        sheet.row(cells(row))
    sheet.filtered()
    book.close()


def cells(row: Iterable[Value]) -> list[Cell]:
    """Return the cells of an entry: what Excel would round or lose goes out as text."""
    return [_cell(value) for value in row]


def _cell(value: Value) -> Cell:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:f}" if isinstance(value, Decimal) else value


def _columns(register: Register) -> list[Column]:
    first, *middle, last = headings.of(register)
    fields = register.declared.fields
    named = [
        Column(label, _WIDTHS.get(field.type, _USUAL), field.type is Type.PARAGRAPH)
        for label, field in zip(middle, fields, strict=True)
    ]
    return [Column(first, 12), *named, Column(last, 10)]


def _choices(field: Field) -> tuple[str, ...]:
    return ("yes", "no") if field.type is Type.BOOLEAN else field.choices
