"""Failed-job review: what failed in processing, and how each piece was cleared."""

from collections.abc import Iterator

from controls.models import Area, Expectation
from evidence.population import Column
from registers.forms import rules
from registers.forms.base import Answers, Asks, Form, Lines, Problem, Question, Row, Values
from registers.forms.reading import place

_WRITTEN_OFF = "written off"


def _rules(answers: Answers) -> Iterator[Problem]:
    yield from rules.no_doubles(answers, "entry_id")
    yield from rules.two_people(answers.values, "prepared_by", "reviewed_by", "gone over")
    for number, line in answers.lines:
        for name, sentence in _line_rules(answers, line):
            yield place(number, name), sentence


def _line_rules(answers: Answers, line: Values) -> Iterator[Problem]:
    entered = rules.moment(line, "entered_at")
    if entered and entered.date() > answers.covers_to:
        yield "entered_at", "It failed after the days that the form covers."
    yield from rules.in_order(line, ("entered_at", "failed"), ("cleared_at", "was cleared"))
    if bool(line["outcome"]) != bool(line["cleared_at"]):
        yield "cleared_at", "Say both, how it was cleared and when; or neither, while it is open."
    if line["outcome"] == _WRITTEN_OFF and not line["approved_by"]:
        yield "approved_by", "What is written off needs the approval of a person; name them."
    yield from rules.two_people(line, "owner", "approved_by", "approved")


def _table(answers: Answers) -> Iterator[Row]:
    for _, line in answers.lines:
        yield {
            "entry_id": rules.text(line, "entry_id"),
            "entered_at": rules.moment(line, "entered_at"),
            "owner": rules.text(line, "owner") or None,
            "outcome": rules.text(line, "outcome") or None,
            "cleared_at": rules.moment(line, "cleared_at"),
            "collected_at": answers.now,
            "job": rules.text(line, "job"),
            "cause": rules.text(line, "cause") or None,
            "approved_by": rules.text(line, "approved_by") or None,
        }


FORM = Form(
    title="Failed-job review",
    purpose="Fill it in once a week, also for one without failures. It proves that what failed in "
    "processing was found, owned and cleared, and that no money was lost on the way.",
    area=Area.PROCESSING_INTEGRITY,
    serves=("exception-queue",),
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    is_list=True,
    questions=(
        Question(name="prepared_by", label="Prepared by", asks=Asks.PERSON, required=True),
        Question(name="reviewed_by", label="Gone over by", asks=Asks.PERSON, required=True),
        Question(name="record", label="Export of the source", asks=Asks.FILE),
    ),
    lines=Lines(
        title="Failures",
        entry="failure",
        help="Those of earlier weeks that are still open too.",
        questions=(
            Question(name="entry_id", label="Entry", required=True, longest=60),
            Question(name="job", label="Job or queue", required=True, longest=120),
            Question(name="entered_at", label="Failed", asks=Asks.MOMENT, required=True),
            Question(name="owner", label="Owner", asks=Asks.PERSON),
            Question(name="cause", label="Cause"),
            Question(
                name="outcome",
                label="How it was cleared",
                asks=Asks.CHOICE,
                choices=("run again", "corrected by hand", "not needed any more", _WRITTEN_OFF),
                help="Empty while it is open.",
            ),
            Question(name="cleared_at", label="Cleared", asks=Asks.MOMENT),
            Question(name="approved_by", label="Approved by", asks=Asks.PERSON),
        ),
    ),
    columns=(
        Column("entry_id", "text"),
        Column("entered_at", "timestamp"),
        Column("owner", "text"),
        Column("outcome", "text"),
        Column("cleared_at", "timestamp"),
        Column("collected_at", "timestamp"),
        Column("job", "text"),
        Column("cause", "text"),
        Column("approved_by", "text"),
    ),
    table=_table,
    rules=_rules,
)
