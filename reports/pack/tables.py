"""Cells that spreadsheets show and never run: formula-safe, without control characters."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""By this Excel knows that a CSV is UTF-8."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# XML 1.0 cannot hold these, and in a CSV they hide text from the reader.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")


def visible(text: str) -> str:
    """Return text in which every control character is written out, such as \\x07."""
    if text.isprintable():
        return text
    return _CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", text)


def csv_cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula when it opens a CSV."""
    shown = visible(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a CSV in UTF-8 with a byte order mark."""
    return BYTE_ORDER_MARK + csv_lines([header]) + csv_lines(rows)


def csv_lines(rows: Iterable[Sequence[str]]) -> bytes:
    """Return lines of a CSV in UTF-8, to be written one after the other."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([csv_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode()
