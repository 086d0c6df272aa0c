"""Writes text into cells of a sheet of somebody else's workbook; formulas are never written over.

Rules:
- A cell keeps its style; where text would run out of it, its style is one that wraps.
- A cell that is merged into another is written there. A cell with a formula is left as it is, and
  so is one with words of the buyer where that is asked for; what could not be written is said.
- Text is an inline string: no program takes it for a formula.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from xlsxwriter.utility import xl_col_to_name

from reports.errors import FillingError
from reports.filled.xml_spans import Element, Splice, escaped, spliced, walk

_SPANS = re.compile(rb'\sspans="[^"]*"')
_HEIGHT = re.compile(rb'\sht="[^"]*"')
_WATCHED = (
    "worksheet",
    "dimension",
    "cols",
    "col",
    "sheetData",
    "row",
    "c",
    "v",
    "f",
    "is",
    "mergeCell",
)
_RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})")
_LETTERS = re.compile("[A-Z]+")
LONGEST = 32_000
_LINE = 15.0
_TALLEST = 409.0
_USUAL_WIDTH = 8.43

Place = tuple[int, int]
"""Row and column, from 1."""


@dataclass(frozen=True)
class Write:
    """Text for a cell."""

    text: str
    keeps_words: bool = False
    """Whether words that stand in the cell already are left."""


@dataclass
class Filled:
    """The sheet with its new cells, and what was not written, with the reason."""

    xml: bytes
    refused: dict[Place, str] = field(default_factory=dict)


@dataclass
class _Cell:
    start: int
    end: int
    style: str
    has_formula: bool
    has_words: bool
    prefix: str


@dataclass
class _Row:
    element: Element
    cells: dict[int, _Cell]


@dataclass
class _Scan:
    """What is known of a sheet after one reading."""

    wanted: frozenset[int]
    rows: dict[int, _Row] = field(default_factory=dict)
    merged: dict[Place, Place] = field(default_factory=dict)
    dimension: Element | None = None
    cols: Element | None = None
    col: list[Element] = field(default_factory=list)
    data: Element | None = None
    last_column: int = 0
    _row: int = 0
    _column: int = 0
    _cells: dict[int, _Cell] = field(default_factory=dict)
    _kinds: set[str] = field(default_factory=set)

    def ended(self, element: Element) -> None:
        match element.local:
            case "v" | "f" | "is":
                self._kinds.add(element.local)
            case "c":
                self._cell(element)
            case "row":
                self._end_row(element)
            case "mergeCell":
                self._merge(element.attributes.get("ref", ""))
            case "dimension":
                self.dimension = element
            case "col":
                self.col.append(element)
            case "cols":
                self.cols = element
            case "sheetData":
                self.data = element

    def _cell(self, element: Element) -> None:
        if ref := element.attributes.get("r"):
            letters = _LETTERS.match(ref)
            self._column = _column(letters.group()) if letters else self._column + 1
        else:
            self._column += 1
        if self._kinds:
            self.last_column = max(self.last_column, self._column)
        self._cells[self._column] = _Cell(
            element.start,
            element.end,
            element.attributes.get("s", ""),
            "f" in self._kinds,
            bool(self._kinds),
            element.prefix,
        )
        self._kinds = set()

    def _end_row(self, element: Element) -> None:
        self._row = int(element.attributes.get("r") or self._row + 1)
        if self._row in self.wanted:
            self.rows[self._row] = _Row(element, self._cells)
        self._cells, self._column = {}, 0

    def _merge(self, ref: str) -> None:
        if found := _RANGE.fullmatch(ref):
            left, right = _column(found[1]), _column(found[3])
            top, bottom = int(found[2]), int(found[4])
            for row in self.wanted.intersection(range(top, bottom + 1)):
                for column in range(left, right + 1):
                    self.merged[row, column] = (top, left)


def last_column(xml: bytes) -> int:
    """Return the last column of a sheet that holds anything."""
    return _scanned(xml, frozenset()).last_column


def filled(
    xml: bytes,
    writes: Mapping[Place, Write],
    *,
    wrapping: Callable[[str], str],
    widths: Mapping[int, int],
    beside: Mapping[int, Sequence[tuple[int, str]]],
) -> Filled:
    """Return a sheet with its cells written; `wrapping` gives the style that wraps for a style.

    `widths` are those of columns that were empty, in characters; `beside` is the text, by column,
    that stands in a row already and must be seen whole. Raises FillingError.
    """
    scan = _scanned(xml, frozenset(row for row, _ in writes))
    made, by_row = Filled(xml), dict[int, dict[int, Write]]()
    for (row, column), write in writes.items():
        target = scan.merged.get((row, column), (row, column))
        if reason := _refusal(scan, target, write, row):
            made.refused[row, column] = reason
        else:
            by_row.setdefault(row, {})[target[1]] = write
    splices: list[Splice] = []
    for row, cells in by_row.items():
        lines = max(_lines(scan, widths, column, each.text) for column, each in cells.items())
        lines = max([lines, *(_lines(scan, widths, *each) for each in beside.get(row, ()))])
        splices += _in_row(xml, scan.rows[row], row, cells, wrapping=wrapping, lines=lines)
    splices += _widened(xml, scan, widths)
    splices += _grown(scan, widths)
    made.xml = spliced(xml, splices)
    return made


def _scanned(xml: bytes, wanted: frozenset[int]) -> _Scan:
    scan = _Scan(wanted)
    walk(xml, scan.ended, watched=_WATCHED)
    return scan


def _refusal(scan: _Scan, target: Place, write: Write, row: int) -> str:
    if target[0] != row or row not in scan.rows:
        return "the cell is merged into one of another row"
    cell = scan.rows[row].cells.get(target[1])
    if cell and cell.has_formula:
        return "the cell holds a formula"
    if cell and cell.has_words and write.keeps_words:
        return "the cell holds words already"
    return ""


def _lines(scan: _Scan, widths: Mapping[int, int], column: int, text: str) -> int:
    """Return how many lines a text takes in a column, as far as letters are of one width."""
    width = float(widths.get(column, 0))
    for element in scan.col:
        if int(element.attributes["min"]) <= column <= int(element.attributes["max"]):
            width = width or float(element.attributes.get("width", _USUAL_WIDTH))
    letters = max(int(width or _USUAL_WIDTH), 1)
    return sum(max(1, -(-len(part) // letters)) for part in text.split("\n"))


def _in_row(
    xml: bytes,
    row: _Row,
    number: int,
    writes: Mapping[int, Write],
    *,
    wrapping: Callable[[str], str],
    lines: int,
) -> list[Splice]:
    """Return the splices of one row: cells exchanged, put in between, or put at its end."""
    element, splices, put = row.element, [], dict[int, list[bytes]]()
    is_empty = xml[element.tag_end - 2 : element.tag_end] == b"/>"
    row_end = element.tag_end if is_empty else xml.rindex(b"</", element.start, element.end)
    for column in sorted(writes):
        cell = row.cells.get(column)
        style = wrapping(cell.style if cell else _style_near(row, column))
        new = _cell_xml(element.prefix, number, column, style, writes[column].text)
        if cell:
            splices.append(Splice(cell.start, cell.end, new))
        else:
            later = [each.start for place, each in row.cells.items() if place > column]
            put.setdefault(min(later, default=row_end), []).append(new)
    tag = _SPANS.sub(b"", _taller(element, xml[element.start : element.tag_end], lines))
    if is_empty:
        cells = b"".join(put.pop(row_end, []))
        close = f"</{element.name}>".encode()
        return [Splice(element.start, element.end, tag[:-2] + b">" + cells + close)]
    splices.append(Splice(element.start, element.tag_end, tag))
    return splices + [Splice(place, place, b"".join(new)) for place, new in put.items()]


def _taller(element: Element, tag: bytes, lines: int) -> bytes:
    """Return the first tag of a row with the height that its lines need; a fixed height stays."""
    if element.attributes.get("customHeight") in ("1", "true"):
        return tag
    height = max(float(element.attributes.get("ht", 0)), min(lines * _LINE, _TALLEST))
    plain = _HEIGHT.sub(b"", tag, count=1)
    end = -2 if plain.endswith(b"/>") else -1
    return plain[:end] + f' ht="{height:g}"'.encode() + plain[end:]


def _style_near(row: _Row, column: int) -> str:
    """Return the style of the next cell to the left: a new column then looks like its neighbour."""
    left = [place for place in row.cells if place < column]
    return row.cells[max(left)].style if left else ""


def _cell_xml(prefix: str, row: int, column: int, style: str, text: str) -> bytes:
    place, said = f"{xl_col_to_name(column - 1)}{row}", escaped(text[:LONGEST])
    styled = f' s="{style}"' if style else ""
    return (
        f'<{prefix}c r="{place}"{styled} t="inlineStr"><{prefix}is>'
        f'<{prefix}t xml:space="preserve">{said}</{prefix}t></{prefix}is></{prefix}c>'
    ).encode()


def _widened(xml: bytes, scan: _Scan, widths: Mapping[int, int]) -> list[Splice]:
    """Return splices that give columns their widths; a span that holds one is cut in three."""
    if not widths:
        return []
    if scan.data is None:
        raise FillingError
    prefix, loose = scan.data.prefix, dict(widths)
    splices = []
    for element in scan.col:
        first, last = int(element.attributes["min"]), int(element.attributes["max"])
        held = sorted(column for column in widths if first <= column <= last)
        if held:
            raw = xml[element.start : element.end]
            pieces = _cut(raw, first, last, {each: loose.pop(each) for each in held}, prefix)
            splices.append(Splice(element.start, element.end, b"".join(pieces)))
    if scan.cols is None and loose:
        rest = b"".join(_col(prefix, column, loose[column]) for column in sorted(loose))
        whole = f"<{prefix}cols>".encode() + rest + f"</{prefix}cols>".encode()
        return [Splice(scan.data.start, scan.data.start, whole)]
    for column in sorted(loose):
        later = [one.start for one in scan.col if int(one.attributes["min"]) > column]
        end = scan.col[-1].end if scan.col else 0
        place = min(later, default=end)
        splices.append(Splice(place, place, _col(prefix, column, loose[column])))
    return splices


def _cut(raw: bytes, first: int, last: int, widths: Mapping[int, int], prefix: str) -> list[bytes]:
    pieces, place = [], first

    def span(start: int, end: int) -> bytes:
        begun = re.sub(rb'\smin="\d+"', f' min="{start}"'.encode(), raw)
        return re.sub(rb'\smax="\d+"', f' max="{end}"'.encode(), begun)

    for column, width in widths.items():
        if place < column:
            pieces.append(span(place, column - 1))
        pieces.append(_col(prefix, column, width))
        place = column + 1
    if place <= last:
        pieces.append(span(place, last))
    return pieces


def _col(prefix: str, column: int, width: int) -> bytes:
    return (
        f'<{prefix}col min="{column}" max="{column}" width="{width}" customWidth="1"/>'
    ).encode()


def _grown(scan: _Scan, widths: Mapping[int, int]) -> list[Splice]:
    """Return the splice that lets the size that a sheet claims for itself hold its new columns."""
    element = scan.dimension
    found = _RANGE.fullmatch(element.attributes.get("ref", "")) if element else None
    if element is None or found is None or not widths:
        return []
    column = xl_col_to_name(max(_column(found[3]), *widths) - 1)
    new = f'<{element.prefix}dimension ref="{found[1]}{found[2]}:{column}{found[4]}"/>'.encode()
    return [Splice(element.start, element.end, new)]


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
