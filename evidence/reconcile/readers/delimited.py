"""Reads CSV and its kin: strict quoting, the declared encoding, and the line of every fault."""

import codecs
import csv
from collections.abc import Iterator

from evidence.reconcile.errors import FileRefusedError
from evidence.reconcile.readers import tables
from evidence.reconcile.reading import Reading, Row


def read(reading: Reading) -> Iterator[Row]:
    """Yield the rows of a delimited file, streaming."""
    yield from tables.rows(_lines(reading), reading)


def _lines(reading: Reading) -> Iterator[tuple[int, list[str]]]:
    rule = reading.rule
    encoding = "utf-8-sig" if rule.encoding == "utf-8" else codecs.lookup(rule.encoding).name
    with reading.path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=rule.delimiter, strict=True)
        begin = 1
        try:
            for cells in reader:
                if any("\0" in cell for cell in cells):
                    raise FileRefusedError("a cell holds a NUL character", begin)
                if cells:
                    yield begin, cells
                begin = reader.line_num + 1
        except csv.Error as error:
            raise FileRefusedError(f"this is no valid CSV: {error}", begin) from error
        except UnicodeError as error:
            reason = f"this is not {rule.encoding}; state the encoding or save the file anew"
            raise FileRefusedError(reason, begin) from error
