"""Reads what a kind of report says, on paper and as sheets, without the PDF engine."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl

from reports.written import excel, pdf, registry
from reports.written.document import Document, Head, readings_of
from reports.written.registry import Asked

AT = datetime(2026, 9, 10, 12, tzinfo=UTC)
HEAD = Head(
    organisation="Example Payments",
    kind="test",
    asked_by="alice@example.org",
    made_at=AT,
    zone="UTC",
    log_size=1234,
    log_root="ab" * 32,
)
_TAGS = re.compile(r"<(style|svg).*?</\1>|<[^>]+>", re.DOTALL)


@dataclass(frozen=True)
class Read:
    """One report: the words of its paper, and its sheets by name, each a list of rows."""

    document: Document
    html: str
    words: str
    sheets: dict[str, list[tuple[Any, ...]]]

    @property
    def figures(self) -> dict[str, Any]:
        """The numbers of the summary by their names."""
        return {row[1]: row[2] for row in self.sheets["Summary"][1:] if row[2] is not None}


def read(slug: str, asked: Asked, folder: Path) -> Read:
    """Build a report of a kind and read both of its forms."""
    return of(registry.get(slug).build(asked), folder)


def of(document: Document, folder: Path) -> Read:
    """Render a document and read both of its forms."""
    readings = readings_of(document)
    path = folder / "report.xlsx"
    excel.write(document, HEAD, path, readings=readings)
    html = pdf.page(document, HEAD, readings=readings)
    book = openpyxl.load_workbook(path)
    sheets = {sheet.title: [*sheet.iter_rows(values_only=True)] for sheet in book}
    return Read(document, html, " ".join(unescape(_TAGS.sub(" ", html)).split()), sheets)
