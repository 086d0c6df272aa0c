"""Reads a sheet that somebody hands in, CSV or XLSX, into numbered rows; nothing is guessed.

Rules:
- What the file is tells its content, not its name: a ZIP is taken for XLSX, all else for CSV.
- CSV is UTF-8 with or without a byte order mark, or UTF-16 with one. Its columns are parted by
  comma, semicolon or tab, whichever fits the register's header best.
- An apostrophe before what a spreadsheet would take for a formula goes again: our export sets it.
- In XLSX a formula, merged cells and a second sheet are refused (see evidence.spreadsheet).
"""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from evidence import spreadsheet
from registers import headings
from registers.base import Value
from registers.errors import SheetError
from registers.registry import Register
from registers.values import words

LARGEST = 64 * 1024**2
"""Bytes of the largest sheet: twice what 250,000 lines of a register usually need."""
_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_SIGNS = ",;\t"
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_LONGEST_CELL = 131_072
_BLOCK = 1024 * 1024
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Sheet:
    """A table: its head line, and the lines below with their numbers."""

    head: Sequence[object]
    lines: Iterator[tuple[int, Sequence[object]]]


@contextmanager
def opened(path: Path, register: Register, *, name: str) -> Iterator[Sheet]:
    """Yield a sheet that is read as it is walked through; SheetError, SpreadsheetError.

    `name` stands for the file in messages.
    """
    with path.open("rb") as file:
        begin = file.read(4)
    if not begin:
        raise SheetError(f"{name} is empty. Choose the sheet again; nothing was changed.")
    if begin in (_ZIP, _OLD_EXCEL):
        with spreadsheet.opened(path, name=name, formulas=False) as rows:
            yield _sheet(rows, name)
        return
    encoding = next((known for mark, known in _MARKS if begin.startswith(mark)), "utf-8-sig")
    _refuse_undecodable(path, encoding, name)
    sign = _sign(path, encoding, register)
    with path.open(encoding=encoding, newline="") as text:
        yield _sheet(_csv(text, sign, name), name)


def safe(cell: Value) -> str:
    """Return a cell for CSV: an apostrophe keeps a spreadsheet from taking text for a formula."""
    text = words(cell)
    return f"'{text}" if isinstance(cell, str) and _FORMULA.match(text) else text


def plain(cell: str) -> str:
    """Return a cell of CSV as it was before `safe`."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell


def _sheet(rows: Iterator[tuple[int, Sequence[object]]], name: str) -> Sheet:
    head = next(rows, None)
    if head is None:
        raise SheetError(f"{name} has no line at all. Choose the sheet again.")
    return Sheet(head[1], rows)


def _refuse_undecodable(path: Path, encoding: str, name: str) -> None:
    """Read all of the file once, so that a wrong byte at its end is found before the first line."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            try:
                line += decoder.decode(block).count("\n")
            except UnicodeDecodeError as error:
                line += block[: error.start].count(b"\n")
                raise SheetError(
                    f"{name}, line {line}: this is not UTF-8. Save the sheet as CSV UTF-8, or as "
                    ".xlsx. Nothing was changed."
                ) from error
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise SheetError(f"{name} breaks off within a letter. Export it again.") from error


def _sign(path: Path, encoding: str, register: Register) -> str:
    """Return what parts the columns: with it most of the header is known."""
    with path.open(encoding=encoding, newline="") as text:
        line = text.readline(_LONGEST_CELL)
    return max(_SIGNS, key=lambda sign: headings.match(register, _split(line, sign)))


def _split(line: str, sign: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=sign), [])
    except csv.Error:
        return []


def _csv(text: Iterator[str], sign: str, name: str) -> Iterator[tuple[int, Sequence[object]]]:
    reader = csv.reader(text, delimiter=sign, strict=True)
    number = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            message = f"{name}, line {number}: this is no CSV ({error}). Export it again."
            raise SheetError(message) from error
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield number, [plain(cell) for cell in cells]
        number = reader.line_num + 1
