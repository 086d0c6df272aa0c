"""Writes a report with every row of its tables as PDF, piece by piece, in memory that stays small.

Rows of a piece for which there is no room on its full pages go on to the next one, so that nobody
sees where a piece ends.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from itertools import count, islice
from pathlib import Path
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from reports import pdf_engine
from reports.written import pdf
from reports.written.document import Document, Head, Reading, Row, Section, Table

_ROWS, _FEWEST, _MOST = 200, 60, 640
"""Rows of the first piece, and between what numbers those of the others lie."""
_PAGES = 16
"""So many pages a piece should have, at four or five megabytes each; one is laid out twice."""
# What is put into it was quoted for a style sheet.
_NUMBERED = """
@page:first {{ counter-reset: page {first} }}
@page {{
  @bottom-left {{ content: "{left}\\A {log}" }}
  @bottom-right {{ content: "Page " counter(page) " of"; padding-right: 9mm }}
}}
"""
_HOW_MANY = (
    '<!DOCTYPE html><html lang="en-GB"><head><title>Pages</title><style>'
    "@page {{ margin: 0; size: A4 }} @page across {{ size: A4 landscape }} body {{ margin: 0 }}"
    "p {{ position: absolute; margin: 0; font: 6.8pt/1.4 'DejaVu Sans'; font-stretch: condensed;"
    "color: #52606d }} .across {{ page: across }}</style></head><body>"
    '<div>&nbsp;<p style="left: 183.7mm; top: 279mm">{pages}</p></div>'
    '<div class="across">&nbsp;<p style="left: 270.7mm; top: 192mm">{pages}</p></div></body></html>'
)

Tell = Callable[[str], None]


def write(
    document: Document, head: Head, path: Path, *, readings: Mapping[int, Reading], tell: Tell
) -> int:
    """Write the report and return how many pages it has.

    The same document and head give the same bytes. Raises PdfError.
    """
    named = f"{document.title}\n{document.subtitle}\n{head.made_at}\n{head.log_root}"
    with pdf_engine.LongPaper() as paper:
        paper.open(path, identifier=sha256(named.encode()).digest()[:16])
        layout = _Layout(paper, document, head, readings, tell)
        for section in document.sections:
            layout.add(section)
        return layout.end()


class _Layout:
    """What stands on the pages so far, and what waits for the next piece."""

    def __init__(
        self,
        paper: pdf_engine.LongPaper,
        document: Document,
        head: Head,
        readings: Mapping[int, Reading],
        tell: Tell,
    ) -> None:
        self._paper, self._document, self._head = paper, document, head
        self._readings, self._tell = readings, tell
        self._numbers = count(1)
        self._waiting: list[dict[str, Any]] = []
        self._open: dict[str, Any] = {}
        self._room, self._pages = _ROWS, 0

    def add(self, section: Section) -> None:
        self._open = pdf.heading(section, self._document, self._readings, after=self._open)
        for block in section.blocks:
            if isinstance(block, Table):
                self._table(block)
            else:
                self._open["blocks"].append(pdf.block(block, self._head))
        self._waiting.append(self._open)

    def end(self) -> int:
        pages, _ = self._paper.add(self._html(self._waiting, is_last=True))
        self._pages += pages
        self._paper.end(_how_many(self._pages))
        return self._pages

    def _table(self, table: Table) -> None:
        reading, zone = self._readings[id(table)], self._head.zone
        shell = pdf.table(table, reading, next(self._numbers))
        rows, left = reading.shown_rows(), reading.shown
        carried: list[Row] = []
        while left > (room := max(self._room, _FEWEST)):
            piece = [*carried, *islice(rows, room - len(carried))]
            said = pdf.cells(table, piece, zone)
            self._open["blocks"].append({**shell, "rows": said, "is_open": True})
            placed = self._send(len(piece))
            carried, left = piece[placed:], left - placed
            shell |= {"is_continued": True}
        last = [*carried, *rows]
        self._open["blocks"].append({**shell, "rows": pdf.cells(table, last, zone)})
        self._room -= len(last)

    def _send(self, rows: int) -> int:
        """Lay out what waits, up to the open table; return how many of its rows have a place."""
        html = self._html([*self._waiting, self._open], is_last=False)
        pages, placed = self._paper.add(html, rows=rows)
        self._pages += pages
        self._room = min(_MOST, max(_FEWEST, placed * _PAGES // pages))
        self._waiting = []
        self._open |= {"blocks": [], "is_continued": True, "begins_page": False}
        self._tell(f"Writing the PDF: {self._pages:,} pages so far")
        return placed

    def _html(self, sections: list[dict[str, Any]], *, is_last: bool) -> str:
        said = f"{self._head.organisation} · {self._document.title} · {self._document.marking}"
        log = pdf.log_of(self._head)
        style = _NUMBERED.format(first=self._pages + 1, left=_quoted(said), log=_quoted(log))
        return pdf.rendered(
            self._document,
            self._head,
            sections,
            is_first=not self._pages,
            is_last=is_last,
            # Words within were quoted for a style sheet.
            style=mark_safe(style),  # noqa: S308
        )


def _quoted(text: str) -> str:
    """Return text as it may stand in a string of a style sheet."""
    return "".join(each if each.isalnum() else f"\\{ord(each):x} " for each in text)


def _how_many(pages: int) -> SafeString:
    return format_html(_HOW_MANY, pages=pages)
