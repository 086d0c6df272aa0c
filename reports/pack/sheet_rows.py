"""Rows of a sheet as XML, written to the disk the moment they come.

XlsxWriter makes all else of a workbook: its parts, looks, widths, filters and pages. For rows it
keeps an object for each cell and an entry for each height, which costs more time than all else
together, and memory for as long as the workbook is open.
"""

import re
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal

from django.conf import settings
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from reports.pack.tables import visible

Cell = str | int | bool | date | datetime | Decimal | None

_LONGEST = 32_767
"""Excel counts as UTF-16 does: what is not in the basic plane counts twice."""
_CUT = " [cut: Excel holds no more]"
_LARGEST = 2**53
_MOST_DIGITS = 15
"""Excel keeps so many digits of a number; what has more is written as text."""
_FIRST_DAY = date(1900, 1, 1)
_DAY_ZERO = date(1899, 12, 30).toordinal()
_LEAP_DAY = date(1900, 3, 1).toordinal() - _DAY_ZERO
"""Excel believes in a 29 February 1900: days before it have a number less."""
_SECONDS = 86_400
_COPIED = 1 << 16
_LIKE_AN_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


class StreamedWorksheet(Worksheet):  # type: ignore[misc]
    """A worksheet of XlsxWriter whose rows are XML that was written before."""

    def __init__(self) -> None:
        super().__init__()
        self._columns = 0
        self._rows = tempfile.TemporaryFile(  # noqa: SIM115  # closed when the sheet is written
            "w+", encoding="utf-8", newline="", dir=settings.SCRATCH_DIR
        )

    def add_row(self, row: int, cells: str, columns: int, height: float | None = None) -> None:
        """Add a row with its cells as XML; `row` counts from 0 and grows, `height` is in points."""
        if self._columns == 0:
            self.dim_rowmin = self.dim_colmin = 0
        high = f' ht="{height:g}" customHeight="1"' if height is not None else ""
        self._rows.write(f'<row r="{row + 1}"{high}>{cells}</row>')
        self._columns = max(self._columns, columns)
        # The rectangle of all cells: some programs read no further than it says.
        self.dim_rowmax, self.dim_colmax = row, self._columns - 1

    def _write_sheet_data(self) -> None:
        with self._rows as rows:
            rows.seek(0)
            self._xml_start_tag("sheetData")
            while piece := rows.read(_COPIED):
                self.fh.write(piece)
            self._xml_end_tag("sheetData")


class Cells:
    """One column: its letters, and the numbers of the looks of its cells by what they hold."""

    def __init__(
        self, place: int, look: Callable[[str], int], *, wraps: bool, start: str = ""
    ) -> None:
        self.name = xl_col_to_name(place)
        self.text = look("wrapped" if wraps else "text")
        self.truth = look("text")
        self.number = look(f"{start}number")
        self.fraction = look(f"{start}fraction")
        self.date = look("date")
        self.time = look("time")


def cells_of(row: int, cells: Iterable[Cell], columns: Iterable[Cells]) -> str:
    """Return a row of cells as XML, each by its type; nothing for None and for no text."""
    at = row + 1
    return "".join(
        [
            cell_of(f"{column.name}{at}", cell, column)
            for cell, column in zip(cells, columns, strict=False)
            if cell is not None and cell != ""
        ]
    )


def cell_of(at: str, cell: Cell, column: Cells) -> str:
    """Return one cell that holds something as XML; text is never a formula."""
    if isinstance(cell, str):
        return text_of(at, cell, column.text)
    if isinstance(cell, bool):
        return f'<c r="{at}" s="{column.truth}" t="b"><v>{cell:d}</v></c>'
    if isinstance(cell, int):
        if -_LARGEST < cell < _LARGEST:
            return f'<c r="{at}" s="{column.number}"><v>{cell:d}</v></c>'
    elif isinstance(cell, Decimal):
        if cell.is_finite() and len(cell.as_tuple().digits) <= _MOST_DIGITS:
            return f'<c r="{at}" s="{column.fraction}"><v>{float(cell):.16G}</v></c>'
    elif isinstance(cell, datetime):
        if cell.date() > _FIRST_DAY:
            return f'<c r="{at}" s="{column.time}"><v>{_moment(cell):.16G}</v></c>'
    elif isinstance(cell, date) and cell >= _FIRST_DAY:
        return f'<c r="{at}" s="{column.date}"><v>{_day(cell)}</v></c>'
    return text_of(at, str(cell), column.text)


def text_of(at: str, text: str, look: int) -> str:
    """Return a cell with text as XML; what XML or Excel cannot hold is written out, or cut."""
    if not text:
        return ""
    if not text.isprintable():
        text = visible(text)
    if len(text) > _LONGEST // 2:
        text = _fitting(text)
    if "_x" in text:
        text = _LIKE_AN_ESCAPE.sub(r"_x005F_x\1_", text)
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if "\r" in text:
        text = text.replace("\r", "_x000D_")
    kept = ' xml:space="preserve"' if text[0].isspace() or text[-1].isspace() else ""
    return f'<c r="{at}" s="{look}" t="inlineStr"><is><t{kept}>{text}</t></is></c>'


def _day(day: date) -> int:
    number = day.toordinal() - _DAY_ZERO
    return number if number >= _LEAP_DAY else number - 1


def _moment(at: datetime) -> float:
    plain = at.astimezone(UTC)
    seconds = plain.hour * 3600 + plain.minute * 60 + plain.second + plain.microsecond / 1e6
    return _day(plain) + seconds / _SECONDS


def _fitting(text: str) -> str:
    if _units(text) <= _LONGEST:
        return text
    kept = text.encode("utf-16-le")[: 2 * (_LONGEST - len(_CUT))].decode("utf-16-le", "ignore")
    return kept + _CUT


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
