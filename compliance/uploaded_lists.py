"""Reads a list of requests that somebody uploaded; what is wrong with it is said, row by row."""

import tempfile
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile

from audits import request_list
from audits.errors import RequestListError
from audits.request_list import Line
from evidence import spreadsheet

LARGEST = 10 * 1000 * 1000


def read(upload: "UploadedFile[bytes]") -> list[Line]:
    """Return the rows of an uploaded sheet; raises RequestListError, SpreadsheetError."""
    name = upload.name or "The file"
    if upload.size is None or upload.size > LARGEST:
        raise RequestListError(f"{name} is larger than {LARGEST // 10**6} MB. Is it a list?")
    if not name.lower().endswith(".xlsx"):
        raise RequestListError(f"{name} is no .xlsx file. Save the list in this form.")
    if isinstance(upload, TemporaryUploadedFile):
        return _lines(Path(upload.temporary_file_path()), name)
    with tempfile.NamedTemporaryFile(dir=settings.SCRATCH_DIR, suffix=".xlsx") as copy:
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        return _lines(Path(copy.name), name)


def _lines(path: Path, name: str) -> list[Line]:
    with spreadsheet.opened(path, name=name, formulas=False) as rows:
        return request_list.read(rows)
