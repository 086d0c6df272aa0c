"""Renders a document as PDF through the engine of papers, or as HTML where that is missing."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date
from decimal import Decimal
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from django.utils import timezone, translation
from django.utils.safestring import mark_safe

from reports import papers, pdf_engine
from reports.written import heading, values
from reports.written.document import (
    Block,
    Cell,
    Document,
    Facts,
    Figures,
    Head,
    Mark,
    Picture,
    Points,
    Reading,
    Section,
    Table,
    Words,
    readings_of,
)

PDF, HTML = "application/pdf", "text/html"
_UPRIGHT, _ACROSS = 112, 168
"""So many characters of all columns fit beside each other: wider tables lie across the page."""
_LEAST = Decimal("0.4")
"""A column of words is made no narrower than that part of what it asks for."""


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
    made_at = head.made_at.astimezone(UTC)
    numbers = count(1)
    with translation.override("en-gb"), timezone.override(UTC):
        context = {
            "document": document,
            "head": head,
            "made_at": made_at.isoformat(timespec="seconds"),
            "facts": [
                (name, values.said(cell, head.zone)) for name, cell in heading.facts(document, head)
            ],
            "sections": [
                _section(each, document, head, known, numbers) for each in document.sections
            ],
            "log": f"Log at {head.log_size:,} leaves, root {head.log_root[:16]}",
        }
        return papers.rendered("written.html", context)


def _section(
    section: Section,
    document: Document,
    head: Head,
    known: Mapping[int, Reading],
    numbers: "count[int]",
) -> dict[str, Any]:
    blocks = [_block(each, head, known, numbers) for each in section.blocks]
    # A page across is another page, which a report on one page has not.
    lies = any(each.get("lies") for each in blocks) and not document.is_one_page
    return {
        "title": section.title,
        "blocks": blocks,
        "lies": lies,
        "begins_page": section.begins_page and not lies,
    }


def _block(
    block: Block, head: Head, known: Mapping[int, Reading], numbers: "count[int]"
) -> dict[str, Any]:
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
    if isinstance(block, Picture):
        # Drawings are made by modules of ours, which escape every text that they are given.
        return {"is": "picture", "svg": mark_safe(block.svg)}  # noqa: S308
    return _table(block, known[id(block)], zone, next(numbers))


def _table(table: Table, reading: Reading, zone: str, number: int) -> dict[str, Any]:
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
        "rows": [
            [
                _cell(cell, zone, column.is_number)
                for cell, column in zip(row, table.columns, strict=True)
            ]
            for row in reading.first
        ],
        "more": reading.more,
        "total": reading.total,
        "empty": table.empty,
        "lies": whole > _UPRIGHT and reading.total > 0,
    }


def _widths(table: Table, reading: Reading) -> list[Decimal]:
    """Return how wide each column is on paper, in characters.

    No word of a heading, no day and no number is broken; where all columns together are too wide
    for a page, those of words make room.
    """
    needed = [
        max(column.width, _longest(column.title.split()), _longest(_unbroken(reading, place)))
        for place, column in enumerate(table.columns)
    ]
    whole = sum(needed)
    words = sum(width for width, one in zip(needed, table.columns, strict=True) if one.wraps)
    if whole <= _ACROSS or not words:
        return [Decimal(width) for width in needed]
    part = max(_LEAST, Decimal(_ACROSS - (whole - words)) / words)
    return [
        width * part if one.wraps else Decimal(width)
        for width, one in zip(needed, table.columns, strict=True)
    ]


def _longest(words: Iterable[str]) -> int:
    return max((len(word) for word in words), default=0) + 2


def _unbroken(reading: Reading, place: int) -> Iterator[str]:
    """Yield what must not be broken of a column: days, and numbers."""
    for row in reading.first:
        cell = row[place]
        if isinstance(cell, date):
            yield f"{cell:%Y-%m-%d}"
        elif values.is_number(cell):
            yield values.said(cell, "UTC")


def _cell(cell: Cell, zone: str, at_right: bool = False) -> dict[str, Any]:
    return {
        "text": values.said(cell, zone),
        "tone": cell.tone.value if isinstance(cell, Mark) else "",
        "number": at_right,
    }
