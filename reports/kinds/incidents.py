"""Incidents of a period: how grave, how long, and what was learned from each."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from audits.days import day_of
from registers.base import Values
from registers.models import Entry
from reports.written import of_registers, values
from reports.written.document import (
    Column,
    Document,
    Figure,
    Figures,
    Mark,
    Row,
    Section,
    Table,
    Tone,
    Words,
)
from reports.written.registry import Asked, Kind, Need

GRAVE = ("critical", "high")
_SEVERITIES = ("critical", "high", "medium", "low")
_TONES = {"critical": Tone.BAD, "high": Tone.BAD, "medium": Tone.WARN, "low": Tone.QUIET}
_INCIDENTS = (
    Column("Reference", 11),
    Column("Ticket", 11),
    Column("What happened", 30, wraps=True),
    Column("Severity", 10),
    Column("Kind", 11),
    Column("Noticed", 11),
    Column("Solved", 11),
    Column("Days", 7, is_number=True),
    Column("Customers told", 11),
    Column("Effect", 26, wraps=True),
    Column("Cause", 26, wraps=True),
    Column("Actions", 26, wraps=True),
    Column("Reviewed", 12),
)
_MONTHS = (
    Column("Month", 20),
    *(Column(severity.capitalize(), 14, is_number=True) for severity in _SEVERITIES),
    Column("All", 14, is_number=True),
)
_NOTES = (
    (
        "An incident belongs to the period in which it was noticed; one that was noticed "
        "before and not solved by its first day is listed too."
    ),
    (
        "Days are counted from the day of notice to the day of solution, so what was solved on the "
        "same day took none."
    ),
)

Incidents = Sequence[tuple[Entry, Values]]


def build(asked: Asked) -> Document:
    first, last = asked.period
    found = within(first, last)
    today = day_of(asked.at)
    return Document(
        title="Incident report",
        subtitle="Incidents of the period with cause and review",
        sections=[
            Section("In numbers", [Words(_sentence(found)), Figures(figures(found, today))]),
            Section("By month", [_months(found)]),
            Section("Incidents", [_table(found, today)]),
        ],
        period=(first, last),
        as_of=asked.at,
        notes=_NOTES,
    )


def within(first: date, last: date) -> Incidents:
    """Return the incidents that were noticed in a period, or open when it began."""
    return [one for one in of_registers.entries("incidents") if _meets(one[1], first, last)]


def _meets(said: Values, first: date, last: date) -> bool:
    noticed, solved = said["noticed_on"], said["solved_on"]
    if not isinstance(noticed, date) or noticed > last:
        return False
    return noticed >= first or not isinstance(solved, date) or solved >= first


def _sentence(found: Incidents) -> str:
    if not found:
        return "No incident is recorded for the period."
    said = values.counted(len(found), "incident is", "incidents are")
    return f"{said} recorded for the period."


def figures(found: Incidents, today: date) -> list[Figure]:
    """Return the numbers of some incidents."""
    by = Counter(str(said["severity"]) for _, said in found)
    took = [days for _, said in found if (days := days_of(said)) is not None]
    return [
        Figure("Incidents", len(found), "noticed in the period, or open when it began"),
        *(Figure(name.capitalize(), by[name], "of this severity") for name in _SEVERITIES),
        Figure(
            "Not solved",
            sum(said["solved_on"] is None for _, said in found),
            "as of today",
        ),
        Figure("Longest in days", max(took, default=None), "from notice to solution"),
        Figure("Review overdue", sum(is_late(said, today) for _, said in found), "due, not done"),
    ]


def days_of(said: Values) -> int | None:
    """Return the days from notice to solution; None where it is not solved."""
    noticed, solved = said["noticed_on"], said["solved_on"]
    if not isinstance(noticed, date) or not isinstance(solved, date):
        return None
    return (solved - noticed).days


def is_late(said: Values, today: date) -> bool:
    """Say whether the review afterwards is overdue."""
    due = said["review_due"]
    return isinstance(due, date) and due < today and said["reviewed_on"] is None


def _months(found: Incidents) -> Table:
    counted: dict[str, Counter[str]] = {}
    for _, said in found:
        month = f"{said['noticed_on']}"[:7]
        counted.setdefault(month, Counter())[str(said["severity"])] += 1
    rows: list[Row] = [
        [month, *(each[severity] for severity in _SEVERITIES), each.total()]
        for month, each in sorted(counted.items())
    ]
    return Table("Incidents by month", _MONTHS, rows, empty="No month had an incident.")


def _table(found: Incidents, today: date) -> Table:
    def rows() -> Iterator[Row]:
        for entry, said in found:
            severity = str(said["severity"])
            reviewed = said["reviewed_on"]
            overdue = Mark("overdue", Tone.BAD)
            yield [
                entry.ref,
                said["number"],
                said["title"],
                Mark(severity, _TONES.get(severity, Tone.QUIET)),
                said["kind"],
                said["noticed_on"],
                said["solved_on"],
                days_of(said),
                said["customers_told_on"],
                said["effect"],
                said["cause"],
                said["actions"],
                overdue if is_late(said, today) else reviewed,
            ]

    return Table("Incidents", _INCIDENTS, rows, empty="No incident is recorded for the period.")


KIND = Kind(
    title="Incident report",
    sentence="Incidents of a period with severity, duration, cause and the review afterwards.",
    build=build,
    needs=(Need.PERIOD,),
)
