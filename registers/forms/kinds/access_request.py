"""Access requests: who got which right, who asked for it, and who approved it before."""

from collections.abc import Iterator

from controls.models import Area, Expectation
from evidence.population import Column
from registers.forms import rules
from registers.forms.base import Answers, Asks, Form, Lines, Problem, Question, Row, Values
from registers.forms.reading import place


def _rules(answers: Answers) -> Iterator[Problem]:
    yield from rules.no_doubles(answers, "grant_id")
    for number, line in answers.lines:
        for name, sentence in _line_rules(answers, line):
            yield place(number, name), sentence


def _line_rules(answers: Answers, line: Values) -> Iterator[Problem]:
    granted = rules.moment(line, "granted_at")
    if granted and not answers.covers_from <= granted.date() <= answers.covers_to:
        yield "granted_at", "This lies outside of the days that the form covers."
    for other in ("person", "requested_by"):
        yield from rules.two_people(line, other, "approved_by", "approved")
    if bool(line["approved_by"]) != bool(line["approved_at"]):
        yield "approved_at", "Say both, who approved it and when; or neither, where nobody did."
    ends = rules.day(line, "ends_on")
    if ends and granted and ends < granted.date():
        yield "ends_on", "It ends before it was given."


def _table(answers: Answers) -> Iterator[Row]:
    for _, line in answers.lines:
        yield {
            "grant_id": rules.text(line, "grant_id"),
            "person": rules.text(line, "person"),
            "system_name": rules.text(line, "system_name"),
            "role_name": rules.text(line, "role_name"),
            "requested_by": rules.text(line, "requested_by"),
            "approved_by": rules.text(line, "approved_by") or None,
            "approved_at": rules.moment(line, "approved_at"),
            "granted_at": rules.moment(line, "granted_at"),
            "reason": rules.text(line, "reason"),
            "ends_on": rules.day(line, "ends_on"),
        }


FORM = Form(
    title="Access requests",
    purpose="Fill it in for each month in which access was given by hand, also for one without "
    "any. It proves that another person approved before the right was there.",
    area=Area.ACCESS_CONTROL,
    serves=("access-grants",),
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    is_list=True,
    questions=(Question(name="record", label="Export of the source", asks=Asks.FILE),),
    lines=Lines(
        title="Grants",
        entry="grant",
        help="One line for each right that a person got.",
        questions=(
            Question(name="grant_id", label="Request", required=True, longest=60),
            Question(name="person", label="Person", asks=Asks.PERSON, required=True),
            Question(name="system_name", label="System", required=True, longest=120),
            Question(name="role_name", label="Role", required=True, longest=120),
            Question(name="reason", label="Why it is needed", required=True),
            Question(name="requested_by", label="Asked by", asks=Asks.PERSON, required=True),
            Question(name="approved_by", label="Approved by", asks=Asks.PERSON),
            Question(name="approved_at", label="Approved", asks=Asks.MOMENT),
            Question(name="granted_at", label="Given", asks=Asks.MOMENT, required=True),
            Question(name="ends_on", label="Ends on", asks=Asks.DATE, may_lie_ahead=True),
        ),
    ),
    columns=(
        Column("grant_id", "text"),
        Column("person", "text"),
        Column("system_name", "text"),
        Column("role_name", "text"),
        Column("requested_by", "text"),
        Column("approved_by", "text"),
        Column("approved_at", "timestamp"),
        Column("granted_at", "timestamp"),
        Column("reason", "text"),
        Column("ends_on", "date"),
    ),
    table=_table,
    rules=_rules,
)
