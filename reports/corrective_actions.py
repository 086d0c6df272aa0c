"""The open corrective actions as a table: a plan of action and milestones (POA&M)."""

from collections.abc import Iterator, Mapping
from datetime import date

from audits.days import day_of
from audits.finding_entries import records_of
from audits.finding_record import Part, Record
from audits.models import Finding
from reports.pack.tables import csv_bytes

NAME = "open-corrective-actions.csv"
HEADER = (
    "Finding",
    "Engagement",
    "Control",
    "Concerns from",
    "Concerns to",
    "Deviation",
    "Kind",
    "State",
    "Isolated or systematic",
    "Cause",
    "Action",
    "What is to be done",
    "Owner",
    "Planned",
    "Due",
    "Overdue by days",
)
_BATCH = 200


def content(today: date) -> bytes:
    """Return the table as CSV; days overdue are counted up to `today`."""
    return csv_bytes(HEADER, rows(today))


def rows(today: date) -> Iterator[tuple[str, ...]]:
    """Yield a row for each open corrective action, that of the oldest finding first."""
    found = Finding.objects.filter(standing__next_due__isnull=False).select_related("engagement")
    after = 0
    while batch := list(found.filter(pk__gt=after).order_by("pk")[:_BATCH]):
        records = records_of(finding.pk for finding in batch)
        for finding in batch:
            yield from _rows(finding, records, today)
        after = batch[-1].pk


def _rows(
    finding: Finding, records: Mapping[int, Record], today: date
) -> Iterator[tuple[str, ...]]:
    record = records[finding.pk]
    for action in record.open_actions:
        planned, due = action.planned, action.planned.due
        yield (
            finding.ref,
            finding.engagement.ref,
            finding.control_ref,
            finding.start.isoformat(),
            finding.end.isoformat(),
            finding.title,
            record.kind.label,
            record.state.label,
            _said(record, Part.NATURE, "value"),
            _said(record, Part.CAUSE, "text"),
            str(action.number),
            planned.text,
            planned.owner,
            day_of(planned.at).isoformat(),
            due.isoformat() if due else "",
            str((today - due).days) if due and due < today else "",
        )


def _said(record: Record, part: Part, name: str) -> str:
    current = record.current(part)
    return str(getattr(current, name)) if current else ""
