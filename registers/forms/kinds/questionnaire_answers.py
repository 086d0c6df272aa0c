"""Answers to questionnaires: what buyers were told in the month, and what backed each answer."""

from collections.abc import Iterator

from controls.models import Area, Expectation
from evidence.models import Evidence
from evidence.population import Column
from registers.forms import rules
from registers.forms.base import Answers, Asks, Form, Lines, Problem, Question, Row
from registers.forms.reading import place


def _rules(answers: Answers) -> Iterator[Problem]:
    yield from rules.no_doubles(answers, "questionnaire_id", "question")
    for number, line in answers.lines:
        for name, sentence in rules.two_people(line, "written_by", "read_by", "read"):
            yield place(number, name), sentence
        sent = rules.day(line, "sent_on")
        if sent and not answers.covers_from <= sent <= answers.covers_to:
            yield place(number, "sent_on"), "This lies outside of the days that the form covers."


def _table(answers: Answers) -> Iterator[Row]:
    for _, line in answers.lines:
        yield {
            "questionnaire_id": rules.text(line, "questionnaire_id"),
            "buyer": rules.text(line, "buyer"),
            "question": rules.text(line, "question"),
            "evidence_id": rules.text(line, "evidence_id") or None,
            "written_by": rules.text(line, "written_by"),
            "read_by": rules.text(line, "read_by") or None,
            "sent_on": rules.day(line, "sent_on"),
            "library_id": rules.text(line, "library_id") or None,
        }


FORM = Form(
    title="Answers to questionnaires",
    purpose="Fill it in for each month, also for one in which no buyer asked. It proves that each "
    "answer was backed by evidence and read by a second person before it was sent.",
    area=Area.AUDIT_REQUESTS,
    serves=("questionnaire-answers",),
    evidence_type=Expectation.EvidenceType.REGISTER,
    environment=Evidence.Environment.CORPORATE,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    is_list=True,
    questions=(Question(name="record", label="The questionnaires as sent", asks=Asks.FILE),),
    lines=Lines(
        title="Answers",
        entry="answer",
        help="One line for each question; answers that come again live in the register of answers.",
        questions=(
            Question(name="questionnaire_id", label="Questionnaire", required=True, longest=60),
            Question(name="buyer", label="Buyer", required=True, longest=120),
            Question(name="question", label="Question", required=True),
            Question(
                name="library_id",
                label="Answer of the register",
                longest=60,
                help="Its reference, such as ANS-4.",
            ),
            Question(
                name="evidence_id",
                label="Item that backs it",
                longest=60,
                help="Its reference, such as EV-000123.",
            ),
            Question(name="written_by", label="Written by", asks=Asks.PERSON, required=True),
            Question(name="read_by", label="Read by", asks=Asks.PERSON),
            Question(name="sent_on", label="Sent on", asks=Asks.DATE, required=True),
        ),
    ),
    columns=(
        Column("questionnaire_id", "text"),
        Column("buyer", "text"),
        Column("question", "text"),
        Column("evidence_id", "text"),
        Column("written_by", "text"),
        Column("read_by", "text"),
        Column("sent_on", "date"),
        Column("library_id", "text"),
    ),
    table=_table,
    rules=_rules,
)
