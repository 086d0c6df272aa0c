"""Reads CSV files that people made, line by line and on the guard.

Rules: UTF-8, with or without a byte order mark; no NUL; no line and no cell beyond a bound.
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from collectors.errors import FileRefusedError

LONGEST_LINE = 1024 * 1024
_UTF8_MARK = b"\xef\xbb\xbf"
_OTHER_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\0\0\xfe\xff": "UTF-32"}

Numbered = Iterator[tuple[int, Sequence[object]]]


@contextmanager
def opened(path: Path, delimiter: str) -> Iterator[Numbered]:
    """Yield the rows of a CSV file with the number of the line on which each ends."""
    with path.open("rb") as file:
        yield _rows(file, path.name, delimiter)


def _rows(file: BinaryIO, name: str, delimiter: str) -> Numbered:
    reader = csv.reader(_lines(file, name), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        message = f"{name}, line {reader.line_num}: {error}. Correct the quotes or line endings."
        raise FileRefusedError(message) from error


def _lines(file: BinaryIO, name: str) -> Iterator[str]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        place = f"{name}, line {number}"
        if number == 1:
            line = _without_mark(line, name)
        if len(line) > LONGEST_LINE:
            message = f"{place} is longer than {LONGEST_LINE:,} bytes. Is it a table?"
            raise FileRefusedError(message)
        if b"\0" in line:
            message = f"{place} holds a NUL byte, which no text has. Export the table again."
            raise FileRefusedError(message)
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            message = f"{place} is not UTF-8. Save the file with the encoding UTF-8 and try again."
            raise FileRefusedError(message) from error


def _without_mark(line: bytes, name: str) -> bytes:
    for mark, encoding in _OTHER_MARKS.items():
        if line.startswith(mark):
            message = f"{name} is encoded in {encoding}. Save it with the encoding UTF-8."
            raise FileRefusedError(message)
    return line.removeprefix(_UTF8_MARK)
