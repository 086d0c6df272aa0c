"""The list of everything in a workspace, and of what is kept out of it."""

from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path

from django.conf import settings

from reports.pack.workbook import Book, Cell, Column
from reports.workspace.filing import COLUMNS, Filed

NAME = "index.xlsx"
_WIDTHS = {"Reference": 12, "Version": 8, "Source system": 28, "Related risk": 28, "SHA-256": 66}
_USUAL = 18
_WHAT = (
    "A copy for reading, written by Countersign, one way: what is changed here is written over. It "
    "proves nothing by itself; a pack verifies offline. Compare a file by its SHA-256."
)
_NONE_YET = datetime(2000, 1, 1, tzinfo=UTC)


def write(path: Path, items: list[Filed]) -> Filed:
    """Write the index and return it as a file of the workspace; same items, same bytes."""
    moments = [one for item in items if isinstance(one := item.columns["Collected"], datetime)]
    newest = max(moments, default=_NONE_YET)
    book = Book(path, title="Evidence workspace", author=settings.ORGANISATION, created=newest)
    book.facts("About", "Evidence workspace", _about(items, newest))
    columns = [Column(title, _WIDTHS.get(title, _USUAL)) for title in COLUMNS]
    sheet = book.table("Index", [*columns, Column("File", 60), Column("Kept back because", 40)])
    for item in items:
        sheet.row([*item.columns.values(), item.path, item.reason])
    sheet.filtered()
    book.close()
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    columns_of_index: dict[str, Cell] = {"Reference": "Index", "SHA-256": digest}
    return Filed("Index", NAME, "", digest, path.stat().st_size, columns_of_index)


def _about(items: list[Filed], newest: datetime) -> list[tuple[str, Cell]]:
    return [
        ("Organisation", settings.ORGANISATION),
        ("Items", len(items)),
        ("Of these with a file here", sum(bool(item.path) for item in items)),
        ("Newest item collected (UTC)", newest if items else None),
        ("What this is", _WHAT),
    ]
