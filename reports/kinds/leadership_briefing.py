"""Leadership briefing: on one page, where we stand, what is at risk, and what needs a decision."""

from collections.abc import Iterator
from datetime import timedelta

from audits import findings
from audits.coverage import SHORTFALL, State
from audits.days import day_of
from audits.facts import CoverageReport, coverage_of
from audits.finding_entries import records_of
from audits.finding_record import UNSETTLED, Record
from readiness.gaps import GapKind
from readiness.survey import Survey
from registers.base import Values
from reports.kinds import incidents, readiness, risk_register
from reports.written import of_engagement, of_registers
from reports.written.document import (
    Column,
    Document,
    Figure,
    Figures,
    Points,
    Row,
    Section,
    Table,
    Words,
)
from reports.written.registry import Asked, Kind, Need

_QUARTER = timedelta(days=91)
_FEW = 5
_LONGEST = 110
_WORST = (
    Column("Control", 10),
    Column("Title", 60, wraps=True),
    Column("Met", 9, is_number=True),
    Column("Fell short", 11, is_number=True),
    Column("Worst state", 14),
)
_RISKS = (
    Column("Risk", 66, wraps=True),
    Column("Rating", 9, is_number=True),
    Column("Level", 10),
    Column("Owner", 28, wraps=True),
)


def build(asked: Asked) -> Document:
    survey, report = Survey(), coverage_of(asked.audit, asked.at)
    keys = [one.pk for one in findings.as_known(asked.audit, asked.at)]
    records = list(records_of(keys, asked.at).values())
    return Document(
        title="Leadership briefing",
        subtitle=f"{asked.audit.ref} {asked.audit.title}",
        sections=[
            Section(
                "Where we stand",
                [Words(readiness.sentence(survey)), _figures(asked, survey, report, records)],
            ),
            Section("Controls that fell short most", [_worst(report)]),
            Section("Highest risks", [_risks()]),
            Section("What needs a decision", [_decisions(survey)]),
        ],
        period=(asked.audit.window_from, asked.audit.window_to),
        as_of=asked.at,
        is_one_page=True,
    )


def _figures(
    asked: Asked, survey: Survey, report: CoverageReport, records: list[Record]
) -> Figures:
    today = day_of(asked.at)
    lately = incidents.within(today - _QUARTER, today)
    grave = sum(str(said["severity"]) in incidents.GRAVE for _, said in lately)
    actions = [each for record in records for each in record.actions]
    late = sum(each.is_overdue(today) for each in actions)
    vendors = [said for _, said in of_registers.entries("vendors")]
    overdue = sum(_is_over(said, today.isoformat()) for said in vendors)
    return Figures(
        [
            Figure(
                "Readiness in percent", survey.score.points, f"{len(survey.gaps):,} gaps are open"
            ),
            *of_engagement.coverage_figures(report.totals),
            Figure(
                "Findings not settled",
                sum(one.state in UNSETTLED for one in records),
                f"of {len(records):,} in this engagement",
            ),
            Figure(
                "Corrective actions overdue",
                late,
                f"of {sum(one.is_open for one in actions):,} that are open",
            ),
            Figure("Incidents, last 91 days", len(lately), f"{grave:,} of them critical or high"),
            Figure("Vendor reviews overdue", overdue, f"of {len(vendors):,} vendors"),
        ]
    )


def _is_over(said: Values, today: str) -> bool:
    return of_registers.text(said["next_review"]) < today


def _worst(report: CoverageReport) -> Table:
    def short(counts: dict[State, int]) -> int:
        return sum(counts.get(state, 0) for state in SHORTFALL)

    lines = [(line, dict(line.counts)) for line in report.controls]
    found = sorted(
        ((line, counts) for line, counts in lines if short(counts)),
        key=lambda one: (-short(one[1]), one[0].ref),
    )[:_FEW]

    def rows() -> Iterator[Row]:
        for line, counts in found:
            state = next(one for one in _BAD_FIRST if counts.get(one))
            yield [
                line.ref,
                line.title,
                counts.get(State.MET, 0),
                short(counts),
                of_engagement.mark(state),
            ]

    return Table(
        "Controls that fell short most", _WORST, rows, empty="No control fell short in the window."
    )


_BAD_FIRST = (State.MISSED, State.FAILING, State.PARTIAL, State.LATE)


def _risks() -> Table:
    found = sorted(
        of_registers.entries("risks"),
        key=lambda one: (-risk_register.rating(one[1]), one[0].number),
    )
    rows: list[Row] = [
        [said["title"], points, risk_register.level(points), said["owner"]]
        for _, said in found[:_FEW]
        for points in [risk_register.rating(said)]
    ]
    return Table("Highest risks", _RISKS, rows, empty="The register of risks is empty.")


def _decisions(survey: Survey) -> Points | Words:
    """The gravest gaps, the mistakes that were found first; each with what is missing."""
    gravest = [gap for gap in survey.gaps if gap.kind is not GapKind.OCCURRENCE][:_FEW]
    if not gravest:
        return Words("No gap of the programme waits for a decision.")
    return Points([_shortened(f"{gap.kind.words}: {gap.title} {gap.why}") for gap in gravest])


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"


KIND = Kind(
    title="Leadership briefing",
    sentence="On one page: where we stand, what fell short, the highest risks, what to decide.",
    build=build,
    needs=(Need.ENGAGEMENT,),
)
