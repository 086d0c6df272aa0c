"""Emergency changes: what had to skip the usual way, and who approved it afterwards."""

from collections.abc import Iterator

from controls.models import Area, Expectation
from evidence.population import Column
from registers.forms import rules
from registers.forms.base import Answers, Asks, Form, Lines, Problem, Question, Row, Values
from registers.forms.reading import place


def _rules(answers: Answers) -> Iterator[Problem]:
    yield from rules.no_doubles(answers, "change_id")
    for number, line in answers.lines:
        for name, sentence in _line_rules(answers, line):
            yield place(number, name), sentence


def _line_rules(answers: Answers, line: Values) -> Iterator[Problem]:
    done = rules.moment(line, "done_at")
    if done and not answers.covers_from <= done.date() <= answers.covers_to:
        yield "done_at", "This lies outside of the days that the form covers."
    yield from rules.in_order(line, ("done_at", "was done"), ("approved_at", "was approved"))
    yield from rules.two_people(line, "done_by", "approved_by", "approved")
    if bool(line["approved_by"]) != bool(line["approved_at"]):
        yield "approved_at", "Say both, who approved it and when; or neither, where nobody did."


def _table(answers: Answers) -> Iterator[Row]:
    for _, line in answers.lines:
        yield {
            "change_id": rules.text(line, "change_id"),
            "incident_id": rules.text(line, "incident_id"),
            "done_by": rules.text(line, "done_by"),
            "done_at": rules.moment(line, "done_at"),
            "approved_by": rules.text(line, "approved_by") or None,
            "approved_at": rules.moment(line, "approved_at"),
            "reason": rules.text(line, "reason"),
            "processing_impact": rules.text(line, "processing_impact"),
            "way_back": rules.text(line, "way_back"),
        }


FORM = Form(
    title="Emergency changes",
    purpose="Fill it in for each month, also for one without any. It proves that what skipped the "
    "usual way was approved by another person afterwards.",
    area=Area.CHANGE,
    serves=("emergency-changes",),
    evidence_type=Expectation.EvidenceType.REGISTER,
    is_list=True,
    questions=(Question(name="record", label="Export of the source", asks=Asks.FILE),),
    lines=Lines(
        title="Changes",
        entry="change",
        questions=(
            Question(name="change_id", label="Change", required=True, longest=60),
            Question(name="incident_id", label="Incident", required=True, longest=60),
            Question(name="reason", label="Why it could not wait", required=True),
            Question(
                name="processing_impact",
                label="Effect on payments",
                required=True,
                help="None is an answer too.",
            ),
            Question(name="way_back", label="Way back", required=True),
            Question(name="done_by", label="Done by", asks=Asks.PERSON, required=True),
            Question(name="done_at", label="Done", asks=Asks.MOMENT, required=True),
            Question(name="approved_by", label="Approved by", asks=Asks.PERSON),
            Question(name="approved_at", label="Approved", asks=Asks.MOMENT),
        ),
    ),
    columns=(
        Column("change_id", "text"),
        Column("incident_id", "text"),
        Column("done_by", "text"),
        Column("done_at", "timestamp"),
        Column("approved_by", "text"),
        Column("approved_at", "timestamp"),
        Column("reason", "text"),
        Column("processing_impact", "text"),
        Column("way_back", "text"),
    ),
    table=_table,
    rules=_rules,
)
