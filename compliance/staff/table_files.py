"""Hands tables over as files to save: CSV row by row, Excel as its paper was written."""

import csv
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, StreamingHttpResponse

from registers import incoming
from registers.base import Value


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def as_csv(
    filename: str, header: Sequence[str], rows: Iterable[Sequence[Value]]
) -> StreamingHttpResponse:
    """Send rows as CSV, streamed; cells that a spreadsheet would compute are made harmless."""
    response = StreamingHttpResponse(_lines(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def as_excel(filename: str, media_type: str, write: Callable[[Path], None]) -> FileResponse:
    """Send the workbook that `write` puts at a path."""
    file = tempfile.TemporaryFile(dir=settings.SCRATCH_DIR)  # noqa: SIM115  # the answer closes it
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        path = Path(folder) / "table.xlsx"
        write(path)
        with path.open("rb") as made:
            shutil.copyfileobj(made, file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=filename, content_type=media_type)


def _lines(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[str]:
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    # Excel knows UTF-8 by this mark only.
    yield "\ufeff"
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([incoming.safe(cell) for cell in row])
