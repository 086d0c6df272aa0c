"""Sheets that are written row by row in constant memory, byte for byte the same each time.

Text is always text and never a formula or a link, dates are dates, times are UTC, and what XML or
Excel cannot hold is written out or cut with a mark.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from math import ceil
from pathlib import Path
from typing import Any

import xlsxwriter
from django.conf import settings
from xlsxwriter.utility import xl_col_to_name

from reports import demonstration
from reports.pack.sheet_rows import Cell, Cells, StreamedWorksheet, cells_of, text_of

__all__ = ["Book", "Cell", "Column", "Sheet"]

_LONGEST_TAB = 31
_LONGEST_FOOTER = 120
_A4 = 9
_PAGE_WIDTH = 220
_LINE, _HIGHEST = 13.5, 400.5
_LAST_ROW = 1_048_575
_HEADER: dict[str, Any] = {
    "bold": True,
    "font_color": "#ffffff",
    "bg_color": "#1f3a5f",
    "border": 1,
    "border_color": "#c8d0d9",
    "text_wrap": True,
    "valign": "vcenter",
}
_LOOKS: dict[str, dict[str, Any]] = {
    "text": {},
    "wrapped": {"text_wrap": True},
    # A gap keeps numbers at the right off what stands in the next column.
    "number": {"num_format": "#,##0_)"},
    "fraction": {"num_format": "#,##0.0###_)"},
    "date": {"num_format": "yyyy-mm-dd", "align": "left"},
    "time": {"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"},
    "left number": {"num_format": "#,##0", "align": "left"},
    "left fraction": {"num_format": "#,##0.0###", "align": "left"},
    "heading": {"bold": True, "font_size": 16, "font_color": "#1f3a5f"},
    "label": {"bold": True, "font_color": "#8a4b00"},
    "name": {"bold": True},
    "header": _HEADER,
    "number header": {**_HEADER, "align": "right"},
}


@dataclass(frozen=True)
class Column:
    """A column: its heading, and its width in characters."""

    title: str
    width: int = 14
    wraps: bool = False
    is_number: bool = False


class Book:
    """A workbook; closing it writes the file."""

    def __init__(self, path: Path, *, title: str, author: str, created: datetime) -> None:
        self._book = xlsxwriter.Workbook(str(path), {"tmpdir": str(settings.SCRATCH_DIR)})
        created = created.astimezone(UTC).replace(tzinfo=None)
        said = {"title": title, "author": author, "created": created}
        self._label = demonstration.label()
        # An ampersand begins an order of Excel's, such as the name of the sheet or the page.
        self._footer = f"&L{title[:_LONGEST_FOOTER].replace('&', '&&')}, &A&R&P / &N"
        self._book.set_properties(said | ({"comments": self._label} if self._label else {}))
        self.look = cache(self._look)

    def close(self) -> None:
        """Write the file."""
        self._book.close()

    def facts(self, title: str, heading: str, facts: Iterable[tuple[str, Cell]]) -> None:
        """Add a sheet of names and values under a heading."""
        made = self._new(title)
        sheet = Sheet(self, made, [Column("", 28), Column("", 96, wraps=True)], start="left ")
        sheet.titles([(heading, "heading")], height=24)
        sheet.titles([(self._label, "label")])
        for name, value in facts:
            sheet.row([name, value], first="name")

    def table(self, title: str, columns: Sequence[Column]) -> "Sheet":
        """Add a sheet with a frozen header and filters; its rows follow in order."""
        made = self._new(title)
        made.freeze_panes(1, 1)
        made.repeat_rows(0)
        sheet = Sheet(self, made, columns)
        looks = ["number header" if each.is_number else "header" for each in columns]
        titles = [column.title for column in columns]
        # Bold letters take more room.
        lines = max(_lines(each.title, max(each.width - 2, 1)) for each in columns)
        height = max(30, _LINE * lines + 3)
        sheet.titles(list(zip(titles, looks, strict=True)), height=height)
        return sheet

    def _new(self, title: str) -> Any:
        """Add a sheet; that of a demo says so on its tab and on every printed page.

        It has no row for that, because some sheets are read again.
        """
        name = f"DEMO {title}"[:_LONGEST_TAB] if self._label else title
        made = self._book.add_worksheet(name, StreamedWorksheet)
        made.set_footer(self._footer)
        if self._label:
            made.set_header(f"&C{self._label}")
            made.set_tab_color("#ffd467")
        return made

    def _look(self, name: str) -> int:
        """Return the number by which cells name a look."""
        made = self._book.add_format(
            {"font_size": 10, "valign": "top", "font_color": "#1f2933", **_LOOKS[name]}
        )
        return int(made._get_xf_index())  # noqa: SLF001  # asked for by nobody but its own cells


class Sheet:
    """One sheet that grows downwards."""

    def __init__(self, book: Book, sheet: Any, columns: Sequence[Column], start: str = "") -> None:
        self._book, self._sheet, self._columns = book, sheet, columns
        self._cells = [
            Cells(at, book.look, wraps=each.wraps, start=start) for at, each in enumerate(columns)
        ]
        self._wraps = [(at, each.width) for at, each in enumerate(columns) if each.wraps]
        self._row = 0
        sheet.hide_gridlines(2 if not columns[0].title else 1)
        sheet.set_landscape()
        sheet.set_paper(_A4)
        # Wide tables go over several pages side by side, each with the first column: on one page
        # their letters would be too small to read.
        sheet.fit_to_pages(ceil(sum(column.width for column in columns) / _PAGE_WIDTH), 0)
        sheet.repeat_columns(0)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)

    def row(self, cells: Sequence[Cell], *, first: str = "") -> None:
        """Write the next row, as high as its wrapped text; not every program does that itself.

        `first` is the look of its first cell, which then holds text.
        """
        row = self._row
        if first:
            made = text_of(f"A{row + 1}", str(cells[0]), self._book.look(first))
            made += cells_of(row, cells[1:], self._cells[1:])
        else:
            made = cells_of(row, cells, self._cells)
        lines = max([_lines(cells[at], width) for at, width in self._wraps], default=1)
        height = min(_LINE * lines + 1.5, _HIGHEST) if lines > 1 else None
        self._sheet.add_row(row, made, len(cells), height)
        self._row += 1

    def titles(self, texts: Sequence[tuple[str, str]], *, height: float | None = None) -> None:
        """Write a row of texts, each with its look; an empty one has no cell."""
        at = self._row + 1
        cells = [
            text_of(f"{xl_col_to_name(place)}{at}", text, self._book.look(look))
            for place, (text, look) in enumerate(texts)
        ]
        self._sheet.add_row(self._row, "".join(cells), len(texts), height)
        self._row += 1

    def choices(self, place: int, values: Sequence[str]) -> None:
        """Offer these values in a column; the header is none of its cells."""
        rule = {"validate": "list", "source": list(values)}
        self._sheet.data_validation(1, place, _LAST_ROW, place, rule)

    def filtered(self) -> None:
        """Give the header its filters, once all rows are written."""
        self._sheet.autofilter(0, 0, max(self._row - 1, 1), len(self._columns) - 1)


def _lines(cell: Cell, width: int) -> int:
    """Return how many lines text takes in a column, a word at the end of each going to the next."""
    if not isinstance(cell, str) or (len(cell) < width and "\n" not in cell):
        return 1
    return sum(ceil(len(line) * 1.1 / width) or 1 for line in cell.split("\n"))
