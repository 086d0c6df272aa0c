"""Alert review: every alarm of the week, who took it, and what came of it."""

from collections.abc import Iterator

from controls.models import Area, Expectation
from evidence.population import Column
from registers.forms import rules
from registers.forms.base import Answers, Asks, Form, Lines, Problem, Question, Row, Values
from registers.forms.reading import place

_INCIDENT = "became an incident"


def _rules(answers: Answers) -> Iterator[Problem]:
    yield from rules.no_doubles(answers, "alert_id")
    reviewed = rules.moment(answers.values, "reviewed_at")
    if reviewed and reviewed.date() < answers.covers_to:
        yield "reviewed_at", "These days were not over yet when they were looked at."
    for number, line in answers.lines:
        for name, sentence in _line_rules(answers, line):
            yield place(number, name), sentence


def _line_rules(answers: Answers, line: Values) -> Iterator[Problem]:
    raised = rules.moment(line, "raised_at")
    if raised and not answers.covers_from <= raised.date() <= answers.covers_to:
        yield "raised_at", "This lies outside of the days that the form covers."
    yield from rules.in_order(line, ("raised_at", "was raised"), ("taken_at", "was taken"))
    if bool(line["taken_by"]) != bool(line["taken_at"]):
        yield "taken_at", "Say both, who took it and when; or neither, where nobody did."
    if line["outcome"] == _INCIDENT and not line["incident_id"]:
        yield "incident_id", "Name the incident that it became."


def _table(answers: Answers) -> Iterator[Row]:
    for _, line in answers.lines:
        yield {
            "alert_id": rules.text(line, "alert_id"),
            "rule_name": rules.text(line, "rule_name"),
            "severity": rules.text(line, "severity"),
            "raised_at": rules.moment(line, "raised_at"),
            "taken_at": rules.moment(line, "taken_at"),
            "taken_by": rules.text(line, "taken_by") or None,
            "outcome": rules.text(line, "outcome") or None,
            "incident_id": rules.text(line, "incident_id") or None,
            "reviewed_by": rules.text(answers.values, "reviewed_by"),
            "reviewed_at": rules.moment(answers.values, "reviewed_at"),
        }


FORM = Form(
    title="Alert review",
    purpose="Fill it in once a week, when the week is over. It proves that every alarm was taken "
    "and has an outcome, and that a person looked at them as a whole.",
    area=Area.AVAILABILITY,
    serves=("alert-review", "alert-triage"),
    evidence_type=Expectation.EvidenceType.REVIEW_RECORD,
    is_list=True,
    questions=(
        Question(name="reviewed_by", label="Reviewed by", asks=Asks.PERSON, required=True),
        Question(name="reviewed_at", label="Reviewed", asks=Asks.MOMENT, required=True),
        Question(
            name="seen",
            label="What the week shows as a whole",
            asks=Asks.PARAGRAPH,
            required=True,
            help="Rules that cry too often, or did not when they should have; what is changed.",
        ),
        Question(name="record", label="Export of the source", asks=Asks.FILE),
    ),
    lines=Lines(
        title="Alarms",
        entry="alarm",
        questions=(
            Question(name="alert_id", label="Alarm", required=True, longest=60),
            Question(name="rule_name", label="Rule", required=True, longest=120),
            Question(
                name="severity",
                label="Severity",
                asks=Asks.CHOICE,
                choices=("critical", "high", "medium", "low"),
                required=True,
            ),
            Question(name="raised_at", label="Raised", asks=Asks.MOMENT, required=True),
            Question(name="taken_at", label="Taken", asks=Asks.MOMENT),
            Question(name="taken_by", label="Taken by", asks=Asks.PERSON),
            Question(
                name="outcome",
                label="Outcome",
                asks=Asks.CHOICE,
                choices=("false alarm", "expected work", "mended", _INCIDENT),
            ),
            Question(name="incident_id", label="Incident", longest=60),
        ),
    ),
    columns=(
        Column("alert_id", "text"),
        Column("rule_name", "text"),
        Column("severity", "text"),
        Column("raised_at", "timestamp"),
        Column("taken_at", "timestamp"),
        Column("taken_by", "text"),
        Column("outcome", "text"),
        Column("incident_id", "text"),
        Column("reviewed_by", "text"),
        Column("reviewed_at", "timestamp"),
    ),
    table=_table,
    rules=_rules,
)
