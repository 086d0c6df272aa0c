"""Sheets that are written row by row in constant memory, byte for byte the same each time.

Text is always text and never a formula or a link, dates are dates, times are UTC, and what XML or
Excel cannot hold is written out or cut with a mark.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any

import xlsxwriter
from django.conf import settings

from reports import demonstration
from reports.pack.tables import visible

Cell = str | int | bool | date | datetime | Decimal | None

_LONGEST = 32_767
_LONGEST_TAB = 31
_CUT = " [cut: Excel holds no more]"
_FIRST_YEAR = 1900
_LARGEST = 2**53
_MOST_DIGITS = 15
"""Excel keeps so many digits of a number; what has more is written as text."""
_A4 = 9
_PAGE_WIDTH = 220
_LINE, _HIGHEST = 13.5, 400.5
_LAST_ROW = 1_048_575
_LOOKS: dict[str, dict[str, Any]] = {
    "text": {},
    "wrapped": {"text_wrap": True},
    "number": {"num_format": "#,##0"},
    "fraction": {"num_format": "#,##0.0###"},
    "date": {"num_format": "yyyy-mm-dd"},
    "time": {"num_format": "yyyy-mm-dd hh:mm:ss"},
    "left number": {"num_format": "#,##0", "align": "left"},
    "left fraction": {"num_format": "#,##0.0###", "align": "left"},
    "left date": {"num_format": "yyyy-mm-dd", "align": "left"},
    "left time": {"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"},
    "heading": {"bold": True, "font_size": 16, "font_color": "#1f3a5f"},
    "label": {"bold": True, "font_color": "#8a4b00"},
    "name": {"bold": True},
    "header": {
        "bold": True,
        "font_color": "#ffffff",
        "bg_color": "#1f3a5f",
        "border": 1,
        "border_color": "#c8d0d9",
        "text_wrap": True,
        "valign": "vcenter",
    },
}


@dataclass(frozen=True)
class Column:
    """A column: its heading, and its width in characters."""

    title: str
    width: int = 14
    wraps: bool = False


class Book:
    """A workbook; closing it writes the file."""

    def __init__(self, path: Path, *, title: str, author: str, created: datetime) -> None:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": str(settings.SCRATCH_DIR),
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        created = created.astimezone(UTC).replace(tzinfo=None)
        said = {"title": title, "author": author, "created": created}
        self._label = demonstration.label()
        self._book.set_properties(said | ({"comments": self._label} if self._label else {}))
        self.look = cache(self._look)

    def close(self) -> None:
        """Write the file."""
        self._book.close()

    def facts(self, title: str, heading: str, facts: Iterable[tuple[str, Cell]]) -> None:
        """Add a sheet of names and values under a heading."""
        made = self._new(title)
        sheet = Sheet(self, made, [Column("", 28), Column("", 96, wraps=True)], start="left ")
        made.set_row(0, 24)
        sheet.put(0, heading, "heading")
        sheet.skip(1)
        sheet.put(0, self._label, "label")
        sheet.skip(1)
        for name, value in facts:
            sheet.fit([None, value])
            sheet.put(0, name, "name")
            sheet.put(1, value)
            sheet.skip(1)

    def table(self, title: str, columns: Sequence[Column]) -> "Sheet":
        """Add a sheet with a frozen header and filters; its rows follow in order."""
        made = self._new(title)
        made.freeze_panes(1, 1)
        made.repeat_rows(0)
        made.set_row(0, 30)
        sheet = Sheet(self, made, columns)
        for place, column in enumerate(columns):
            sheet.put(place, column.title, "header")
        sheet.skip(1)
        return sheet

    def _new(self, title: str) -> Any:
        """Add a sheet; that of a demo says so on its tab and on every printed page.

        It has no row for that, because some sheets are read again.
        """
        if not self._label:
            return self._book.add_worksheet(title)
        made = self._book.add_worksheet(f"DEMO {title}"[:_LONGEST_TAB])
        made.set_header(f"&C{self._label}")
        made.set_tab_color("#ffd467")
        return made

    def _look(self, name: str) -> Any:
        return self._book.add_format(
            {"font_size": 10, "valign": "top", "font_color": "#1f2933", **_LOOKS[name]}
        )


class Sheet:
    """One sheet that grows downwards."""

    def __init__(self, book: Book, sheet: Any, columns: Sequence[Column], start: str = "") -> None:
        self._book, self._sheet, self._columns, self._start = book, sheet, columns, start
        self._wraps = [place for place, column in enumerate(columns) if column.wraps]
        self._row = 0
        sheet.hide_gridlines(2 if not columns[0].title else 1)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        # Wide tables go over several pages side by side, each with the first column: on one page
        # their letters would be too small to read.
        sheet.fit_to_pages(ceil(sum(column.width for column in columns) / _PAGE_WIDTH), 0)
        sheet.repeat_columns(0)
        sheet.set_footer("&C&P / &N")
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)

    def row(self, cells: Sequence[Cell]) -> None:
        """Write the next row."""
        self.fit(cells)
        for place, cell in enumerate(cells):
            self.put(place, cell)
        self.skip(1)

    def fit(self, cells: Sequence[Cell]) -> None:
        """Make the current row as high as its wrapped text; not every program does it itself."""
        lines = max((_lines(cells[at], self._columns[at].width) for at in self._wraps), default=1)
        if lines > 1:
            self._sheet.set_row(self._row, min(_LINE * lines + 1.5, _HIGHEST))

    def choices(self, place: int, values: Sequence[str]) -> None:
        """Offer these values in a column; the header is none of its cells."""
        rule = {"validate": "list", "source": list(values)}
        self._sheet.data_validation(1, place, _LAST_ROW, place, rule)

    def filtered(self) -> None:
        """Give the header its filters, once all rows are written."""
        self._sheet.autofilter(0, 0, max(self._row - 1, 1), len(self._columns) - 1)

    def skip(self, rows: int) -> None:
        self._row += rows

    def put(self, place: int, cell: Cell, look: str = "") -> None:
        """Write one cell of the current row, by its type; nothing for None and for no text."""
        at = self._row, place
        start = self._start
        if isinstance(cell, bool):
            self._sheet.write_boolean(*at, cell, self._book.look(look or "text"))
        elif isinstance(cell, int) and abs(cell) < _LARGEST:
            self._sheet.write_number(*at, cell, self._book.look(look or f"{start}number"))
        elif isinstance(cell, Decimal) and len(cell.as_tuple().digits) <= _MOST_DIGITS:
            self._sheet.write_number(*at, float(cell), self._book.look(look or f"{start}fraction"))
        elif isinstance(cell, datetime) and cell.year >= _FIRST_YEAR:
            naive = cell.astimezone(UTC).replace(tzinfo=None)
            self._sheet.write_datetime(*at, naive, self._book.look(look or f"{start}time"))
        elif isinstance(cell, date) and cell.year >= _FIRST_YEAR:
            self._sheet.write_datetime(*at, cell, self._book.look(look or f"{start}date"))
        elif cell:
            plain = "wrapped" if self._columns[place].wraps else "text"
            self._sheet.write_string(*at, _fitting(str(cell)), self._book.look(look or plain))


def _lines(cell: Cell, width: int) -> int:
    """Return how many lines text takes in a column, a word at the end of each going to the next."""
    if not isinstance(cell, str) or (len(cell) < width and "\n" not in cell):
        return 1
    return sum(ceil(len(line) * 1.1 / width) or 1 for line in cell.split("\n"))


def _fitting(text: str) -> str:
    shown = visible(text)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - len(_CUT)] + _CUT
