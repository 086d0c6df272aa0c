"""Reads XLSX files that people made: one sheet, values only, and no surprises when unpacked.

Rules: exactly one sheet; no merged cells; a formula needs its stored value, or is refused; what
unpacks to more than MOST_UNPACKED bytes, or has a part that packs suspiciously well, is taken for a
bomb. A whole workbook of somebody else may have many sheets and merged cells, and no macros.
"""

import re
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from evidence.errors import SpreadsheetError

MOST_UNPACKED = 1024**3
MOST_STRINGS = 128 * 1024**2
_RATIO = 200
_SMALL = 1024 * 1024
_BLOCK = 1024 * 1024
_OVERLAP = 64
_MOST_SHEETS = 100
_LONGEST_TITLE = 31
_MOST_COLUMNS = 256
_EMPTY_ROWS = 20
_MACROS = ("vbaproject.bin", "/macrosheets/", "/dialogsheets/")
_OLD = b"\xd0\xcf\x11\xe0"
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell[\s>](?:[^>]{0,40}?ref=\"[A-Z]{1,3}([0-9]{1,7}))?")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_MARK = re.compile("_x(005F|00(?:0[0-8B-F]|1[0-9A-F]))_")
_ENTITIES = re.compile(rb"<!DOCTYPE|<!ENTITY", re.IGNORECASE)
# What the parsers raise over files that only pretend to be workbooks.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)

Numbered = Iterator[tuple[int, Sequence[object]]]


@contextmanager
def opened(path: Path, *, name: str = "", formulas: bool = True) -> Iterator[Numbered]:
    """Yield the rows of the only sheet with their numbers; raises SpreadsheetError.

    `name` stands for the file in messages, where its path is one of ours. Without `formulas` a
    formula is refused even where its value is stored: for lists in which people write words.
    """
    called = name or path.name
    with path.open("rb") as file:
        has_formulas = _inspect(file, called)
        with closing(_book(file, called, values=formulas)) as book:
            sheet = _only_sheet(book, called)
            if not formulas:
                yield _without_formulas(sheet, called)
                return
            if not has_formulas:
                yield _values(sheet, called)
                return
            with path.open("rb") as again, closing(_book(again, called, values=False)) as other:
                yield _with_formulas(sheet, _only_sheet(other, called), called)


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook; `rows` holds those with text, each with its number."""

    title: str
    rows: tuple[tuple[int, tuple[object, ...]], ...]


@contextmanager
def opened_book(path: Path, *, name: str, most_rows: int) -> Iterator[Iterator[Sheet]]:
    """Yield the sheets of a workbook one by one, with stored values in place of formulas.

    Raises SpreadsheetError, also where the sheets together have more than `most_rows` with text.
    Text keeps no control characters but line breaks and tabs.
    """
    with path.open("rb") as file:
        _inspect(file, name, is_table=False)
        with closing(_book(file, name, values=True)) as book:
            if len(book.sheetnames) > _MOST_SHEETS:
                raise SpreadsheetError(f"{name} has more than {_MOST_SHEETS} sheets. Split it.")
            if any(len(title) > _LONGEST_TITLE for title in book.sheetnames):
                raise SpreadsheetError(f"{name} has a sheet with a name too long for Excel.")
            yield _sheets(book, name, most_rows)


def _sheets(book: Any, name: str, most_rows: int) -> Iterator[Sheet]:
    left = most_rows
    for sheet in book.worksheets:
        sheet.reset_dimensions()
        rows = []
        with _refusing(name):
            found = sheet.iter_rows(values_only=True, max_col=_MOST_COLUMNS)
            for number, row in enumerate(found, 1):
                if any(value not in (None, "") for value in row):
                    rows.append((number, tuple(_plain(value) for value in row)))
                if len(rows) > left or number > _EMPTY_ROWS * most_rows:
                    raise SpreadsheetError(
                        f"{name} has more than {most_rows:,} rows; the sheet {sheet.title} goes "
                        "beyond. Split it."
                    )
        left -= len(rows)
        yield Sheet(sheet.title, tuple(rows))


def _plain(value: object) -> object:
    """Return text as it was typed, without control characters that no form and no table keeps."""
    worded = _worded(value)
    if not isinstance(worded, str) or worded.isprintable():
        return worded
    return "".join(
        " " if unicodedata.category(each) == "Cc" and each not in "\n\t" else each
        for each in worded.replace("\r\n", "\n")
    )


def _inspect(file: BinaryIO, name: str, *, is_table: bool = True) -> bool:
    """Refuse what must not be unpacked or is no plain table; tell whether it has formulas."""
    if file.read(4) == _OLD:
        message = f"{name} is protected by a password or in the old .xls form. Save it as .xlsx."
        raise SpreadsheetError(message)
    file.seek(0)
    with _refusing(name), zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
        _refuse_bomb(parts, name)
        if not is_table:
            _refuse_macros(parts, name)
        has_formulas = False
        for part in parts:
            if part.filename.endswith((".xml", ".rels")):
                has_formulas |= _inspect_part(archive, part, name, is_table=is_table)
    file.seek(0)
    return has_formulas


def _refuse_bomb(parts: Sequence[zipfile.ZipInfo], name: str) -> None:
    unpacked = sum(part.file_size for part in parts)
    strings = sum(part.file_size for part in parts if "sharedStrings" in part.filename)
    dense = [
        part
        for part in parts
        if part.file_size > _SMALL and part.file_size > _RATIO * max(part.compress_size, 1)
    ]
    if unpacked > MOST_UNPACKED or strings > MOST_STRINGS or dense:
        message = f"{name} unpacks to {unpacked:,} bytes, more than a table may. Save it as CSV."
        raise SpreadsheetError(message)


def _refuse_macros(parts: Sequence[zipfile.ZipInfo], name: str) -> None:
    if any(mark in f"/{part.filename}".lower() for part in parts for mark in _MACROS):
        raise SpreadsheetError(f"{name} has macros. Save it as .xlsx, which holds none.")


def _inspect_part(
    archive: zipfile.ZipFile, part: zipfile.ZipInfo, name: str, *, is_table: bool
) -> bool:
    is_sheet = part.filename.startswith("xl/worksheets/")
    has_formulas = False
    kept = b""
    with archive.open(part) as unpacked:
        while block := unpacked.read(_BLOCK):
            window = kept + block
            if _ENTITIES.search(window):
                message = f"{name} defines its own entities in {part.filename}, as no table does."
                raise SpreadsheetError(message)
            if is_table and is_sheet and (merged := _MERGED.search(window)):
                where = f" in row {merged[1].decode()}" if merged[1] else ""
                message = f"{name} has merged cells{where}. Split them, so that every row is whole."
                raise SpreadsheetError(message)
            has_formulas = has_formulas or (is_sheet and bool(_FORMULA.search(window)))
            kept = window[-_OVERLAP:]
    return has_formulas


def _book(file: BinaryIO, name: str, *, values: bool) -> Any:
    with _refusing(name), warnings.catch_warnings():
        # openpyxl warns of styles and validations that it drops; only values matter here.
        warnings.simplefilter("ignore", UserWarning)
        # It is loaded at its first use: with what it draws in it is 20 MB of each process.
        openpyxl = import_module("openpyxl")
        return openpyxl.load_workbook(file, read_only=True, data_only=values, keep_links=False)


def _only_sheet(book: Any, name: str) -> Any:
    if len(book.sheetnames) != 1 or len(book.worksheets) != 1:
        listed = ", ".join(book.sheetnames)
        message = f"{name} must have exactly one sheet, with the table; it has: {listed}."
        raise SpreadsheetError(message)
    sheet = book.worksheets[0]
    # The size that a sheet claims for itself may be wrong, and rows would be cut by it.
    sheet.reset_dimensions()
    return sheet


def _values(sheet: Any, name: str) -> Numbered:
    with _refusing(name):
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            if any(value is not None for value in row):
                yield number, row


def _without_formulas(sheet: Any, name: str) -> Numbered:
    with _refusing(name):
        for number, cells in enumerate(sheet.iter_rows(), 1):
            for cell in cells:
                if cell.data_type == "f":
                    message = (
                        f"{name}, row {number}: {cell.coordinate} holds a formula. Paste values "
                        "only."
                    )
                    raise SpreadsheetError(message)
            if any(cell.value is not None for cell in cells):
                yield number, [_worded(cell.value) for cell in cells]


def _worded(value: object) -> object:
    """Return text as it was typed: writers mark an underscore that looks like one of their codes.

    openpyxl takes these marks off shared strings only. Codes of control characters become what they
    stand for, so that whoever reads the cell refuses them; a carriage return belongs to a break.
    """
    if not isinstance(value, str):
        return value
    # In one pass: a mark that somebody typed is itself marked, and must not be taken off twice.
    return _MARK.sub(_meant, value)


def _meant(found: re.Match[str]) -> str:
    code = found[1]
    if code == "005F":
        return "_"
    return "" if code == "000D" else chr(int(code, 16))


def _with_formulas(values: Any, formulas: Any, name: str) -> Numbered:
    with _refusing(name):
        pairs = zip(values.iter_rows(values_only=True), formulas.iter_rows(), strict=True)
        for number, (row, cells) in enumerate(pairs, 1):
            for value, cell in zip(row, cells, strict=True):
                if value is None and cell.data_type == "f":
                    message = (
                        f"{name}, row {number}: {cell.coordinate} holds a formula without a "
                        "stored value. Open and save the file, or paste values only."
                    )
                    raise SpreadsheetError(message)
            if any(value is not None for value in row):
                yield number, row


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        message = f"{name} is no readable XLSX file ({type(error).__name__}). Export it again."
        raise SpreadsheetError(message) from error
