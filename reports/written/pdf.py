"""Renders a document as PDF through the engine of papers, or as HTML where that is missing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date
from decimal import Decimal
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from django.utils import timezone, translation
from django.utils.safestring import mark_safe

from reports import papers, pdf_engine
from reports.written import values
from reports.written.document import (
    Cell,
    Document,
    Facts,
    Figures,
    Head,
    Mark,
    Picture,
    Points,
    Reading,
    Row,
    Section,
    Table,
    Words,
    readings_of,
)
from reports.written.heading import facts as facts_of

PDF, HTML = "application/pdf", "text/html"
_UPRIGHT, _ACROSS = 112, 168
"""So many characters of all columns fit beside each other: wider tables lie across the page."""
_LEAST = Decimal("0.4")
"""A column of words is made no narrower than that part of what it asks for."""
_GAP = 2
"""Characters between what a column holds and the next one."""
_BOX = 2
"""Characters that the box around a mark takes."""
_WORD = 28
"""A longer word, such as a digest, may be broken."""


def write(
    document: Document, head: Head, folder: Path, *, readings: Mapping[int, Reading] | None = None
) -> tuple[Path, str]:
    """Write the report into a folder and return its path and type.

    The same document and head give the same bytes. `readings` are tables that were read already.
    Raises PdfError.
    """
    html = page(document, head, readings=readings)
    if pdf_engine.missing_libraries():
        path = folder / "report.html"
        path.write_text(html, encoding="utf-8")
        return path, HTML
    path = folder / "report.pdf"
    path.write_bytes(pdf_engine.warm.render(html, identifier=sha256(html.encode()).digest()[:16]))
    return path, PDF


def page(document: Document, head: Head, *, readings: Mapping[int, Reading] | None = None) -> str:
    """Return the report as HTML that stands alone; its words do not depend on who asks."""
    known = readings if readings is not None else readings_of(document)
    numbers = count(1)
    sections: list[dict[str, Any]] = []
    for section in document.sections:
        said = heading(section, document, known, after=sections[-1] if sections else {})
        for one in section.blocks:
            if isinstance(one, Table):
                reading = known[id(one)]
                rows = cells(one, reading.shown_rows(), head.zone)
                said["blocks"].append({**table(one, reading, next(numbers)), "rows": rows})
            else:
                said["blocks"].append(block(one, head))
        sections.append(said)
    return rendered(document, head, sections)


def rendered(
    document: Document,
    head: Head,
    sections: Sequence[Mapping[str, Any]],
    *,
    is_first: bool = True,
    is_last: bool = True,
    style: str = "",
) -> str:
    """Return sections as HTML, with the title block before the first and the notes at the end."""
    made_at = head.made_at.astimezone(UTC)
    with translation.override("en-gb"), timezone.override(UTC):
        context = {
            "document": document,
            "head": head,
            "made_at": made_at.isoformat(timespec="seconds"),
            "facts": [
                (name, values.said(cell, head.zone))
                for name, cell in facts_of(document, head, zone=head.zone)
            ],
            "sections": sections,
            "notes_lie": bool(sections and sections[-1]["lies"]),
            "log": log_of(head),
            "is_first": is_first,
            "is_last": is_last,
            "style": style,
        }
        return papers.rendered("written.html", context)


def log_of(head: Head) -> str:
    """Return what stands below every page about the log."""
    return f"Log at {head.log_size:,} leaves, root {head.log_root[:16]}"


def heading(
    section: Section,
    document: Document,
    known: Mapping[int, Reading],
    *,
    after: Mapping[str, Any],
) -> dict[str, Any]:
    """Return a section without its blocks: where a table of it is wide, it lies across.

    So does what follows on the same page: else a table that ends on the next page would have other
    columns there.
    """
    tables = [one for one in section.blocks if isinstance(one, Table)]
    wide = any(_is_wide(one, known[id(one)]) for one in tables)
    goes_on = after.get("lies", False) and not section.begins_page
    # A page across is another page, which a report on one page has not.
    is_across = (wide or goes_on) and not document.is_one_page
    return {
        "title": section.title,
        "blocks": [],
        "lies": is_across,
        "begins_page": section.begins_page,
    }


def block(block: Words | Points | Figures | Facts | Picture, head: Head) -> dict[str, Any]:
    """Return what is no table, as the template takes it."""
    zone = head.zone
    if isinstance(block, Words):
        return {"is": "words", "text": block.text}
    if isinstance(block, Points):
        return {"is": "points", "lines": block.lines}
    if isinstance(block, Figures):
        items = [(one.name, values.said(one.value, zone), one.meaning) for one in block.items]
        return {"is": "figures", "items": items}
    if isinstance(block, Facts):
        return {"is": "facts", "items": [(name, _cell(cell, zone)) for name, cell in block.items]}
    # Drawings are made by modules of ours, which escape every text that they are given.
    return {"is": "picture", "svg": mark_safe(block.svg)}  # noqa: S308


def table(table: Table, reading: Reading, number: int) -> dict[str, Any]:
    """Return a table without its rows."""
    reading.read()
    widths = _widths(table, reading)
    whole = sum(widths)
    return {
        "is": "table",
        "name": table.name,
        "number": number,
        "columns": [
            (column.title, f"{100 * width / whole:.2f}%", column.is_number)
            for column, width in zip(table.columns, widths, strict=True)
        ],
        "shown": reading.shown,
        "more": reading.more,
        "total": reading.total,
        "empty": table.empty,
    }


def cells(table: Table, rows: Iterable[Row], zone: str) -> list[list[dict[str, Any]]]:
    """Return rows as the template takes them."""
    return [
        [
            _cell(cell, zone, column.is_number)
            for cell, column in zip(row, table.columns, strict=True)
        ]
        for row in rows
    ]


def _is_wide(table: Table, reading: Reading) -> bool:
    reading.read()
    return reading.total > 0 and sum(_widths(table, reading)) > _UPRIGHT


def _widths(table: Table, reading: Reading) -> list[Decimal]:
    """Return how wide each column is on paper, in characters.

    No word of a heading, no day and no number is broken, and no word of a cell where there is room
    for all of them. Where all columns together are too wide for a page, those of words make room.
    """
    floors = [_longest(column.title.split()) for column in table.columns]
    words = list(floors)
    for row in reading.shown_rows():
        for place, cell in enumerate(row):
            if unbroken := _unbroken(cell):
                floors[place] = max(floors[place], len(unbroken) + _GAP)
            elif isinstance(cell, str):
                words[place] = max(words[place], _longest(cell.split(), most=_WORD))
            elif isinstance(cell, Mark):
                # It stands in a box, which is not to have two lines.
                words[place] = max(words[place], _longest([cell.text], most=_WORD) + _BOX)
    wholes = [max(each) for each in zip(floors, words, strict=True)]
    return _fitted(table, wholes) or _fitted(table, floors) or [Decimal(one) for one in floors]


def _fitted(table: Table, floors: Sequence[int]) -> list[Decimal]:
    """Return widths that are no smaller than these; nothing where they do not fit on a page."""
    asked = [max(column.width, floor) for column, floor in zip(table.columns, floors, strict=True)]
    if sum(asked) <= _ACROSS:
        return [Decimal(one) for one in asked]
    least = [
        max(Decimal(floor), column.width * _LEAST) if column.wraps else Decimal(one)
        for column, floor, one in zip(table.columns, floors, asked, strict=True)
    ]
    room, wanted = _ACROSS - sum(least, Decimal()), sum(asked) - sum(least, Decimal())
    if room < 0:
        return []
    part = min(Decimal(1), room / wanted)
    return [low + (one - low) * part for low, one in zip(least, asked, strict=True)]


def _longest(words: Iterable[str], *, most: int = 10**9) -> int:
    return max((len(word) for word in words if len(word) <= most), default=0) + _GAP


def _unbroken(cell: Cell) -> str:
    """Return what must not be broken of a cell: a day, or a number."""
    if isinstance(cell, date):
        return f"{cell:%Y-%m-%d}"
    return values.said(cell, "UTC") if values.is_number(cell) else ""


def _cell(cell: Cell, zone: str, at_right: bool = False) -> dict[str, Any]:
    return {
        "text": values.said(cell, zone),
        "tone": cell.tone.value if isinstance(cell, Mark) else "",
        "number": at_right,
    }
