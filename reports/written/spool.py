"""Rows of a long table on the disk, for the second who reads them: the PDF after the Excel file."""

import pickle
import tempfile
from collections.abc import Iterator
from typing import Any

from django.conf import settings


class Spool:
    """Rows in their order; `close` forgets them."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(dir=settings.SCRATCH_DIR)  # noqa: SIM115
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        self._file.seek(0)
        for _ in range(self._size):
            # A nameless file that only this process has ever written to.
            yield pickle.load(self._file)  # noqa: S301

    def add(self, row: Any) -> None:
        pickle.dump(row, self._file, pickle.HIGHEST_PROTOCOL)
        self._size += 1

    def close(self) -> None:
        self._file.close()
