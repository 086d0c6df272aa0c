"""The work sheet of a draw as an Excel file: out to the auditor, and back in without a loss.

One sheet; a row for each item with the draw, the row of the table, the item's id, the item's own
cells, and three columns for each attribute: result, evidence, note. Only these three may change.
What was added, removed or renamed is refused whole, with the rows of the file and what to do.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from audits import joined
from audits.models import Draw, SampleAttribute, SampleItem, SampleResult
from audits.worksheets import ItemResult, latest_of
from collectors.errors import FileRefusedError
from collectors.files import workbook as people_made
from reports.errors import SheetRefusedError
from reports.pack.tables import visible
from reports.pack.workbook import Book, Cell, Column

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHEET = "Work sheet"
_LONGEST_ITEM = 500
_FAULTS_TOLD = 20
_ESCAPE = re.compile("_x([0-9a-fA-F]{4})_")
_SAYS_NOT_APPLICABLE = {"n/a", "na"}
_TAKE_NEW = "Take a new copy of the work sheet and enter only results, evidence and notes."


def file_name(draw: Draw) -> str:
    """Return the name of the file, from the reference of the draw."""
    return f"{draw.ref.replace('/', '-')}-work-sheet.xlsx"


def write(draw: Draw, path: Path) -> None:
    """Write the work sheet as it stands."""
    attributes, items = list(draw.attributes.all()), list(draw.items.all())
    latest = latest_of(items)
    book = Book(
        path,
        title=f"Work sheet of {draw.ref}",
        author=draw.population.engagement.firm,
        created=draw.drawn_at,
    )
    try:
        sheet = book.table(_SHEET, list(_columns(draw, attributes)))
        own = 3 + len(draw.population.said["columns"])
        for place in range(len(attributes)):
            sheet.choices(own + 3 * place, SampleResult.Result.values)
        for item, cells in zip(items, _cells(draw, items), strict=True):
            row: list[Cell] = [draw.ref, item.row, _item_id(draw, cells)]
            row += _typed(draw, cells)
            for one in attributes:
                row += _found(latest.get((item.row, one.letter)))
            sheet.row(row)
        sheet.filtered()
    finally:
        book.close()


def read(path: Path, draw: Draw) -> list[ItemResult]:
    """Return the results in a file that is the work sheet of this draw; SheetRefusedError."""
    try:
        with people_made.opened(path) as rows:
            return _read(rows, draw)
    except FileRefusedError as error:
        raise SheetRefusedError(str(error)) from error


def _read(rows: Iterator[tuple[int, Sequence[object]]], draw: Draw) -> list[ItemResult]:
    attributes, items = list(draw.attributes.all()), list(draw.items.all())
    header = [column.title for column in _columns(draw, attributes)]
    _, first = next(rows, (1, ()))
    _refuse_header([_text(cell) for cell in first], header)
    named = zip(items, _cells(draw, items), strict=True)
    reading = _Reading(draw, attributes, len(header))
    reading.ids = {item.row: _item_id(draw, cells) for item, cells in named}
    for number, cells in rows:
        reading.add(number, [_text(cell) for cell in cells])
    reading.refuse()
    return reading.results


class _Reading:
    """What the rows of a file say, and what is wrong with them."""

    def __init__(self, draw: Draw, attributes: Sequence[SampleAttribute], width: int) -> None:
        self._draw, self._attributes, self._width = draw, attributes, width
        self._seen: dict[int, int] = {}
        self._faults: list[str] = []
        self.ids: dict[int, str] = {}
        self.results: list[ItemResult] = []

    def add(self, number: int, cells: Sequence[str]) -> None:
        """Take one row of the file."""
        texts = [*cells, *[""] * (self._width - len(cells))]
        row, fault = _identified(texts, self._draw, self.ids)
        if any(texts[self._width :]):
            fault = "has cells beyond the last column"
        elif row in self._seen:
            fault = f"repeats row {self._seen[row]} of the file"
        if fault:
            self._faults.append(f"Row {number} {fault}.")
            return
        self._seen[row] = number
        own = texts[self._width - 3 * len(self._attributes) : self._width]
        found, odd = _results(row, self._attributes, own)
        self.results += found
        self._faults += [f"Row {number}: {one}." for one in odd]

    def refuse(self) -> None:
        """Raise SheetRefusedError where anything is wrong or missing."""
        missing = sorted(set(self.ids) - set(self._seen))
        if missing and not self._faults:
            listed = ", ".join(f"{row} ({self.ids[row]})" for row in missing[:_FAULTS_TOLD])
            self._faults.append(f"Items of the draw are missing: {listed}.")
        if not self._faults:
            return
        more = len(self._faults) - _FAULTS_TOLD
        told = [*self._faults[:_FAULTS_TOLD], *([f"And {more} more."] if more > 0 else [])]
        raise SheetRefusedError(f"{' '.join(told)} {_TAKE_NEW} Nothing was changed.")


def _columns(draw: Draw, attributes: Sequence[SampleAttribute]) -> Iterator[Column]:
    yield from (Column("Draw", 20), Column("Row", 8), Column("Item", 18))
    for name in draw.population.said["columns"]:
        yield Column(visible(name), 16)
    for one in attributes:
        yield Column(f"{one.letter} {one.title}", 16)
        yield Column(f"{one.letter} evidence", 12)
        yield Column(f"{one.letter} note", 36, wraps=True)


def _cells(draw: Draw, items: Sequence[SampleItem]) -> list[list[str]]:
    return joined.cells_at(draw.population, [item.offset for item in items])


def _item_id(draw: Draw, cells: Sequence[str]) -> str:
    """Return what names an item: its cell in the id column, or in the first one."""
    said = draw.population.said
    place = said["columns"].index(said["id_column"]) if said["id_column"] else 0
    return visible(cells[place])[:_LONGEST_ITEM].strip()


def _typed(draw: Draw, cells: Sequence[str]) -> Iterator[Cell]:
    for column, cell in zip(draw.population.evidence.population.columns, cells, strict=True):
        if column["type"] == "date" and cell:
            yield date.fromisoformat(cell)
        elif column["type"] == "integer" and cell:
            yield int(cell)
        else:
            yield cell


def _found(result: SampleResult | None) -> list[Cell]:
    if result is None:
        return [SampleResult.Result.NOT_TESTED.value, None, None]
    return [result.result, result.evidence.ref if result.evidence else None, result.note]


def _refuse_header(found: Sequence[str], header: Sequence[str]) -> None:
    given = list(found)
    while given and not given[-1]:
        given.pop()
    for place, title in enumerate(header):
        name = given[place] if place < len(given) else ""
        if name != title:
            raise SheetRefusedError(
                f"Column {place + 1} is named {name!r}, where {title!r} belongs. {_TAKE_NEW} "
                "Nothing was changed."
            )
    if len(given) > len(header):
        added = ", ".join(repr(name) for name in given[len(header) :])
        raise SheetRefusedError(f"Columns were added: {added}. {_TAKE_NEW} Nothing was changed.")


def _identified(texts: Sequence[str], draw: Draw, ids: dict[int, str]) -> tuple[int, str]:
    """Return the row of the table, and what is wrong with how it is named."""
    ref, number, name = texts[:3]
    if ref != draw.ref:
        return 0, f"is of the draw {ref!r}, and this is {draw.ref}"
    row = int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else 0
    if row not in ids:
        return 0, f"is about row {number!r} of the table, which was not drawn"
    if name.strip() != ids[row]:
        return 0, f"names the item {name!r}, where {ids[row]!r} was drawn"
    return row, ""


def _results(
    row: int, attributes: Sequence[SampleAttribute], cells: Sequence[str]
) -> tuple[list[ItemResult], list[str]]:
    found, odd = [], []
    for place, one in enumerate(attributes):
        said, evidence, note = cells[3 * place : 3 * place + 3]
        result = said.strip().casefold() or SampleResult.Result.NOT_TESTED.value
        if result in _SAYS_NOT_APPLICABLE:
            result = SampleResult.Result.NOT_APPLICABLE.value
        if result not in SampleResult.Result.values:
            known = ", ".join(SampleResult.Result.values)
            odd.append(f"{said!r} is no result of {one.letter}; write {known}")
        found.append(ItemResult(row, one.letter, result, note, evidence))
    return found, odd


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    # XLSX writes characters that XML cannot hold as _x001F_, and so every text that looks like it.
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), str(cell))
