"""Reads lists that somebody uploaded; what is wrong with one is said, row by row."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile

from audits import request_list
from audits.errors import RequestListError
from audits.request_list import Line
from evidence import spreadsheet

LARGEST = 10 * 1000 * 1000


def read(upload: "UploadedFile[bytes]") -> list[Line]:
    """Return the rows of a list of requests; raises RequestListError, SpreadsheetError."""
    name = upload.name or "The file"
    if upload.size is None or upload.size > LARGEST:
        raise RequestListError(f"{name} is larger than {LARGEST // 10**6} MB. Is it a list?")
    if not name.lower().endswith(".xlsx"):
        raise RequestListError(f"{name} is no .xlsx file. Save the list in this form.")
    with on_disk(upload) as path, spreadsheet.opened(path, name=name, formulas=False) as rows:
        return request_list.read(rows)


@contextmanager
def on_disk(upload: "UploadedFile[bytes]") -> Iterator[Path]:
    """Yield where an upload lies, written to the disk for as long as it is read."""
    if isinstance(upload, TemporaryUploadedFile):
        yield Path(upload.temporary_file_path())
        return
    with tempfile.NamedTemporaryFile(dir=settings.SCRATCH_DIR) as copy:
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        yield Path(copy.name)
