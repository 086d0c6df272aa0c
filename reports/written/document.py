"""What a report says, in words that neither PDF nor Excel know of.

A kind of report builds a `Document` once; `reports.written.pdf` and `reports.written.excel` render
it. Rows of a table may be a generator: they are read once, however long they are.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from reports.written.spool import Spool

MOST_ROWS = 50_000
"""So many rows of a table stand in a PDF at most: it has more than a thousand pages then."""


class Tone(StrEnum):
    """How a word is coloured; the word itself always says the same without colour."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    QUIET = "quiet"


@dataclass(frozen=True)
class Mark:
    """A word that stands out, such as the state of a control."""

    text: str
    tone: Tone = Tone.QUIET


Cell = str | int | bool | date | datetime | Decimal | Mark | None
"""What a cell holds: text, a number, yes or no, a day, a moment with its zone, a mark, nothing."""
Row = Sequence[Cell]


@dataclass(frozen=True)
class Column:
    """A column: its heading, its width in characters, whether its numbers stand at the right."""

    title: str
    width: int = 14
    wraps: bool = False
    is_number: bool = False


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    lines: Sequence[str]


@dataclass(frozen=True)
class Figure:
    """A number that matters, its name, and what it counts."""

    name: str
    value: Cell
    meaning: str = ""


@dataclass(frozen=True)
class Figures:
    """Some numbers, one below the other."""

    items: Sequence[Figure]


@dataclass(frozen=True)
class Facts:
    """Names and values."""

    items: Sequence[tuple[str, Cell]]


@dataclass(frozen=True)
class Picture:
    """A drawing as SVG with a title and a description in it; its numbers stand in a table."""

    svg: str


@dataclass(frozen=True)
class Table:
    """Rows under headings: a sheet of its own in Excel, and its first rows in the PDF."""

    name: str
    """Of the sheet too, so unique in the report."""
    columns: Sequence[Column]
    rows: Iterable[Row] | Callable[[], Iterable[Row]]
    empty: str = "Nothing is recorded."
    """The sentence that stands where there is no row."""
    shown: int = 400
    """So many rows stand in the PDF unless all are asked for; the Excel file has all of them."""


Block = Words | Points | Figures | Facts | Picture | Table


@dataclass(frozen=True)
class Section:
    """A part of the report under a heading, which is a bookmark of the PDF."""

    title: str
    blocks: Sequence[Block]
    begins_page: bool = False


@dataclass(frozen=True)
class Document:
    """A whole report but for the facts of its making."""

    title: str
    subtitle: str
    sections: Sequence[Section]
    facts: Sequence[tuple[str, Cell]] = ()
    """What stands in the title block beside the usual facts."""
    period: tuple[date, date] | None = None
    as_of: datetime | None = None
    """The moment as of which facts are judged; the moment of making where none is given."""
    marking: str = "Confidential"
    notes: Sequence[str] = ()
    """How the report was made, and what it does not say."""
    is_one_page: bool = False


@dataclass(frozen=True)
class Head:
    """The facts of the making: they stand in the title block and below the pages."""

    organisation: str
    kind: str
    asked_by: str
    made_at: datetime
    zone: str
    log_size: int
    """Number of leaves of the log when the making began."""
    log_root: str
    """Root hash of that log, as hexadecimal digits."""


@dataclass
class Reading:
    """One table while it is read: the rows that the PDF shows stay, all are counted."""

    table: Table
    whole: bool = False
    """Whether the PDF shows more than the first rows: as many as one can be long."""
    first: list[Row] = field(default_factory=list)
    total: int = 0
    is_read: bool = False
    _rest: Spool | None = None

    def stream(self) -> Iterator[Row]:
        """Yield every row; those of the PDF are kept. Only the first call reads."""
        rows = self.table.rows
        for row in rows() if callable(rows) else rows:
            if self.total < self.table.shown:
                self.first.append(row)
            elif self.whole and self.total < MOST_ROWS:
                self._rest = self._rest or Spool()
                self._rest.add(row)
            self.total += 1
            yield row
        self.is_read = True

    def read(self) -> None:
        """Read to the end, unless somebody did."""
        if not self.is_read:
            for _ in self.stream():
                pass

    def shown_rows(self) -> Iterator[Row]:
        """Yield the rows of the PDF."""
        yield from self.first
        yield from self._rest or ()

    @property
    def shown(self) -> int:
        return len(self.first) + len(self._rest or ())

    @property
    def more(self) -> int:
        return self.total - self.shown

    def close(self) -> None:
        """Forget the rows on the disk."""
        if self._rest is not None:
            self._rest.close()


def readings_of(document: Document, *, whole: bool = False) -> dict[int, Reading]:
    """Return a reading for each table of a document, by the identity of the table."""
    tables = (
        block for part in document.sections for block in part.blocks if isinstance(block, Table)
    )
    return {id(table): Reading(table, whole) for table in tables}
