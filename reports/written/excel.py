"""Renders a document as an Excel file: a cover, a summary, and one sheet for each table.

Rows go out as they come, in constant memory; text is never a formula, days and numbers are such.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from reports.pack.workbook import Book
from reports.pack.workbook import Cell as Written
from reports.pack.workbook import Column as Width
from reports.written import heading
from reports.written.document import (
    Cell,
    Document,
    Facts,
    Figures,
    Head,
    Mark,
    Points,
    Reading,
    Section,
    Table,
    Words,
    readings_of,
)

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COVER, SUMMARY = "Cover", "Summary"
_UNFIT = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME = 31
_SUMMARY = (
    Width("Section", 30, wraps=True),
    Width("Name", 34, wraps=True),
    Width("Value", 26, wraps=True),
    Width("Words", 90, wraps=True),
)


def write(
    document: Document, head: Head, path: Path, *, readings: Mapping[int, Reading] | None = None
) -> None:
    """Write the workbook; `readings` then hold the first rows of each table for the PDF."""
    known = readings if readings is not None else readings_of(document)
    book = Book(path, title=document.title, author=head.organisation, created=head.made_at)
    try:
        book.facts(COVER, document.title, _cover(document, head))
        summary = book.table(SUMMARY, _SUMMARY)
        for section in document.sections:
            for row in _summed(section):
                summary.row(row)
        summary.filtered()
        taken = {COVER.casefold(), SUMMARY.casefold()}
        for reading in known.values():
            _sheet(book, reading, _name(reading.table.name, taken))
    finally:
        book.close()


def _cover(document: Document, head: Head) -> Iterator[tuple[str, Written]]:
    yield "About", document.subtitle
    for name, cell in heading.facts(document, head, zone="UTC"):
        yield name, written(cell)
    yield "Marking", document.marking
    yield "Kind of report", head.kind
    for number, note in enumerate(document.notes, 1):
        yield f"Note {number}", note


def _summed(section: Section) -> Iterator[list[Written]]:
    for block in section.blocks:
        if isinstance(block, Words):
            yield [section.title, None, None, block.text]
        elif isinstance(block, Points):
            for line in block.lines:
                yield [section.title, None, None, line]
        elif isinstance(block, Figures):
            for one in block.items:
                yield [section.title, one.name, written(one.value), one.meaning]
        elif isinstance(block, Facts):
            for name, cell in block.items:
                yield [section.title, name, written(cell), None]
        elif isinstance(block, Table):
            yield [section.title, block.name, None, "A sheet of its own."]


def _sheet(book: Book, reading: Reading, name: str) -> None:
    columns = [
        Width(each.title, each.width, each.wraps, each.is_number) for each in reading.table.columns
    ]
    sheet = book.table(name, columns)
    for row in reading.stream():
        sheet.row([written(cell) for cell in row])
    if not reading.total:
        sheet.row([reading.table.empty, *[None] * (len(columns) - 1)])
    sheet.filtered()


def written(cell: Cell) -> Written:
    """Return a cell as the workbook takes it."""
    return cell.text if isinstance(cell, Mark) else cell


def _name(wanted: str, taken: set[str]) -> str:
    """Return a name that Excel takes for a sheet and that no other sheet has."""
    plain = _UNFIT.sub(" ", wanted).strip()[:_LONGEST_NAME].strip()
    name, number = plain, 2
    while name.casefold() in taken:
        end = f" {number}"
        name, number = f"{plain[: _LONGEST_NAME - len(end)]}{end}", number + 1
    taken.add(name.casefold())
    return name
