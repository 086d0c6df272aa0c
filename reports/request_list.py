"""Writes the list of requests of an engagement as a sheet that can be read back in."""

from pathlib import Path

from django.conf import settings
from django.utils import timezone

from audits import request_list, request_rows
from audits.models import Engagement
from reports.pack.workbook import Book, Cell, Column

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDTHS = {"Number": 9, "Due": 12, "State": 12, "Controls": 18, "Owner": 26}
_WIDE = 48


def file_name(engagement: Engagement) -> str:
    return f"{engagement.ref}-requests.xlsx"


def write(engagement: Engagement, path: Path) -> None:
    """Write the list, one request a row, by number; words are never formulas, days are days."""
    book = Book(
        path,
        title=f"Requests of {engagement.ref}",
        author=settings.ORGANISATION,
        created=timezone.now(),
    )
    names = (*request_list.READ, *request_list.WRITTEN)
    columns = [Column(name, _WIDTHS.get(name, _WIDE), name not in _WIDTHS) for name in names]
    sheet = book.table("Requests", columns)
    for row in request_rows.all_of(engagement):
        sheet.row(cells(row))
    sheet.filtered()
    book.close()


def cells(row: request_rows.Row) -> list[Cell]:
    """Return the cells of one request, in the order of the columns."""
    request, comment = row.request, row.last_comment
    return [
        request.number,
        request.title,
        request.text,
        request.refs,
        request.due,
        request_list.owner_words(request),
        row.state.label,
        "\n".join(f"{item.evidence.ref} {item.evidence.title}" for item in row.answers),
        f"{comment.by}: {comment.text}" if comment else "",
    ]
