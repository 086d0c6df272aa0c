"""What reports of an engagement share: its title block, its states as words, its findings."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from audits.coverage import SHORTFALL, Occurrence, State
from audits.facts import CoverageReport
from audits.finding_record import UNSETTLED
from audits.finding_record import State as FindingState
from audits.models import Engagement
from reports.written.document import Cell, Column, Figure, Mark, Row, Table, Tone

TONES = {
    State.MET: Tone.GOOD,
    State.LATE: Tone.WARN,
    State.PARTIAL: Tone.WARN,
    State.FAILING: Tone.BAD,
    State.MISSED: Tone.BAD,
    State.UPCOMING: Tone.QUIET,
    State.EXEMPT: Tone.QUIET,
}
MEANINGS = {
    State.MET: "covered in time, and no check failed",
    State.LATE: "covered, first after the due day",
    State.PARTIAL: "only some of its days are covered",
    State.FAILING: "a check of its evidence found exceptions, or could not run",
    State.MISSED: "not covered by the due day",
    State.UPCOMING: "not due yet",
    State.EXEMPT: "not expected, for a recorded reason",
}
_SHORT = (
    Column("Control", 10),
    Column("Expectation", 30, wraps=True),
    Column("From", 11),
    Column("To", 11),
    Column("Due", 11),
    Column("State", 10),
    Column("Reason", 54, wraps=True),
    Column("Evidence", 18, wraps=True),
)


def facts(engagement: Engagement) -> list[tuple[str, Cell]]:
    """Return what a title block says of an engagement."""
    chosen = [each.category for each in engagement.categories.all()]
    return [
        ("Engagement", f"{engagement.ref} {engagement.title}"),
        ("Kind of audit", engagement.get_type_display()),
        ("Framework", str(engagement.framework)),
        ("Categories", ", ".join(chosen)),
        ("Audit firm", engagement.firm or "none named yet"),
    ]


def mark(state: State | None) -> Mark | None:
    """Return a state as a coloured word."""
    return Mark(state.value, TONES[state]) if state else None


def finding_mark(state: str) -> Mark:
    """Return the state of a finding as a coloured word."""
    known = FindingState(state)
    return Mark(known.label, Tone.BAD if known in UNSETTLED else Tone.GOOD)


def share(part: int, whole: int) -> Decimal | None:
    """Return a part in percent with one digit, cut and never rounded up; None of nothing."""
    return Decimal(part * 1000 // whole) / 10 if whole else None


def states(totals: Mapping[State, int]) -> list[Figure]:
    """Return how many expected times are in each state, and what that means."""
    return [Figure(state.value.capitalize(), totals[state], MEANINGS[state]) for state in State]


def judged(totals: Mapping[State, int]) -> int:
    """Return how many expected times could be judged: neither upcoming nor exempt."""
    return sum(totals[state] for state in (State.MET, *SHORTFALL))


def coverage_figures(totals: Mapping[State, int]) -> list[Figure]:
    """Return the two numbers that stand for the coverage of a window."""
    due = judged(totals)
    met = share(totals[State.MET], due)
    said = "of the expected times that are due were met" if due else "nothing is due yet"
    return [
        Figure("Met, in percent", met, said),
        Figure("Fell short", sum(totals[state] for state in SHORTFALL), f"of {due:,} that are due"),
    ]


def shortfall(report: CoverageReport) -> Table:
    """Return the table of every expected time that was not met in time and without exception."""
    return Table(
        "Shortfall",
        _SHORT,
        lambda: _short(report),
        empty="No expected time of the window fell short.",
    )


def _short(report: CoverageReport) -> Iterator[Row]:
    titles = {
        one.pk: (line.ref, one.title) for line in report.controls for one in line.expectations
    }
    for one in report.shortfall:
        control, title = titles.get(one.expectation, ("", one.slug))
        yield _row(control, title, one)


def _row(control: str, title: str, one: Occurrence) -> Row:
    refs = ", ".join(one.evidence)
    return [control, title, one.start, one.end, one.due, mark(one.state), one.reason, refs]
