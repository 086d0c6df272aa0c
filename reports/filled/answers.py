"""Fills the questionnaire of a buyer with its answers, each with its source.

Rules:
- A column for one word gets the buyer's own words for yes, no and not applicable; the words of the
  answer and its source go into the column for comments.
- Where there is no column for comments, the source goes into a new column beside the table.
- Words that the buyer wrote into a column for comments stay.
- Every answer with its source, and every question without one, stand on a sheet of their own.
"""

from collections.abc import Sequence
from pathlib import Path

from readiness.buyers.backing import NOT_BACKED
from readiness.buyers.layout import Mapped
from readiness.buyers.outcome import Line
from reports.filled import workbook
from reports.filled.sheet_xml import Place, Write
from reports.filled.workbook import Refused, Sheet, Writes

SOURCES, UNANSWERED = "Answers and sources", "Unanswered"
_HEADING = "Source of the answer"
_WIDTH = 48
_SOURCES = (
    ("Sheet", 16),
    ("Row", 6),
    ("Number", 12),
    ("Question", 44),
    ("Answer", 12),
    ("In words", 52),
    ("Evidence", 18),
    ("Controls", 16),
    ("Items", 22),
    ("Evidence as of", 13),
    ("Answer of the library", 18),
    ("Written", 22),
)
_MISSING = (("Sheet", 16), ("Row", 6), ("Number", 12), ("Question", 60), ("Why", 60))


def write(source: Path, out: Path, *, mapped: Sequence[Mapped], lines: Sequence[Line]) -> Refused:
    """Write the filled copy of a workbook; return which cells were not written. FillingError."""
    writes = {one.sheet: _of_sheet(source, one, lines) for one in mapped}
    places = {one.sheet: one for one in mapped}
    return workbook.fill(
        source,
        out,
        writes={title: each for title, each in writes.items() if each.cells},
        sheets=lambda refused: [_sources(lines, places, refused), _missing(lines)],
    )


def _of_sheet(source: Path, mapped: Mapped, lines: Sequence[Line]) -> Writes:
    answered = [one for one in lines if one.sheet == mapped.sheet and one.is_answered]
    if not answered:
        return Writes({})
    beside = 0 if mapped.comment else workbook.last_column(source, mapped.sheet) + 1
    cells: dict[Place, Write] = {}
    for line in answered:
        word, words = _words(mapped, line)
        if mapped.answer and word:
            cells[line.row, mapped.answer] = Write(word)
        column = mapped.comment or beside
        cells[line.row, column] = Write(words, keeps_words=column == mapped.comment)
    asked = {line.row: [(mapped.question, line.text)] for line in answered}
    if not beside:
        return Writes(cells, beside=asked)
    cells[mapped.heading_row, beside] = Write(_HEADING)
    return Writes(cells, {beside: _WIDTH}, asked)


def _words(mapped: Mapped, line: Line) -> tuple[str, str]:
    """Return what the column of answers gets, and what the column of comments or of sources."""
    word = mapped.words.get(line.short, "")
    takes_one_word = bool(mapped.comment) or mapped.layout != "plain"
    if mapped.answer and not (word and takes_one_word):
        return line.said, line.source
    return word, f"{line.said}\n{line.source}"


def _sources(lines: Sequence[Line], places: dict[str, Mapped], refused: Refused) -> Sheet:
    rows = []
    for line in lines:
        if not line.is_answered:
            continue
        of_row = {
            reason for (row, _), reason in refused.get(line.sheet, {}).items() if row == line.row
        }
        backed = line.backed if line.is_backed else None
        rows.append(
            [
                line.sheet,
                str(line.row),
                line.number,
                line.text,
                places[line.sheet].words.get(line.short, ""),
                line.said,
                "backed" if backed else NOT_BACKED,
                ", ".join(line.controls),
                ", ".join(backed.evidence) if backed else "",
                str(backed.as_of) if backed and backed.as_of else "",
                line.ref,
                f"here only: {', '.join(sorted(of_row))}" if of_row else "in its row",
            ]
        )
    empty = [["", "", "", "No question was answered."]]
    return Sheet(SOURCES, _SOURCES, rows or empty)


def _missing(lines: Sequence[Line]) -> Sheet:
    rows = [
        [line.sheet, str(line.row), line.number, line.text, line.missing]
        for line in lines
        if not line.is_answered
    ]
    return Sheet(UNANSWERED, _MISSING, rows or [["", "", "", "Every question was answered.", ""]])
