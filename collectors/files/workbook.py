"""Opens XLSX files for collectors: what the evidence room refuses is a refused file here."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from collectors.errors import FileRefusedError
from evidence import spreadsheet
from evidence.errors import SpreadsheetError

Numbered = Iterator[tuple[int, Sequence[object]]]


@contextmanager
def opened(path: Path) -> Iterator[Numbered]:
    """Yield the rows of the only sheet with their numbers."""
    try:
        with spreadsheet.opened(path) as rows:
            yield _refusing(rows)
    except SpreadsheetError as error:
        raise FileRefusedError(str(error)) from error


def _refusing(rows: Numbered) -> Numbered:
    """Rows may be read, and refused, after the file was opened by another function."""
    try:
        yield from rows
    except SpreadsheetError as error:
        raise FileRefusedError(str(error)) from error
