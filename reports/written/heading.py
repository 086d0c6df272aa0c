"""The title block of a report: the same names and values on paper and on the cover sheet."""

from collections.abc import Iterator

from reports.written import values
from reports.written.document import Cell, Document, Head


def facts(document: Document, head: Head, *, zone: str) -> Iterator[tuple[str, Cell]]:
    """Yield names and values in their order; `zone` is that of the times in tables."""
    yield "Organisation", head.organisation
    if document.period:
        yield "Period", values.days(document.period)
    yield from document.facts
    yield "As of", values.moment(document.as_of or head.made_at, head.zone)
    yield "Generated at", values.moment(head.made_at, head.zone)
    yield "Times in tables", zone
    yield "Asked for by", head.asked_by
    yield "Log position", f"{head.log_size:,} leaves"
    yield "Root hash of the log", head.log_root
