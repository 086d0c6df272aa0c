"""The list of what was not there in time, with the reason: nothing is silently missing."""

from audits.selection import Selection
from reports.pack.tables import csv_bytes

NAME = "shortfall.csv"
HEADER = (
    "control",
    "expectation",
    "title",
    "from",
    "to",
    "due",
    "state",
    "reason",
    "evidence",
)


def rows(selection: Selection) -> list[tuple[str, ...]]:
    """Return one row for each occurrence that was missed, late, partial or failing, and for each
    item whose content was disposed of."""
    found: list[tuple[str, ...]] = []
    for lack in selection.shortfall:
        expected = selection.expected(lack)
        found.append(
            (
                expected.control,
                expected.slug,
                expected.title,
                lack.start,
                lack.end,
                lack.due,
                lack.state,
                lack.reason,
                " ".join(lack.evidence),
            )
        )
    return found


def content(selection: Selection) -> bytes:
    return csv_bytes(HEADER, rows(selection))
