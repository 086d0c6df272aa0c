"""Incident review: what happened, why, what it did to customers, and what is done about it."""

from collections.abc import Iterator

from controls.models import Area, Expectation
from evidence.population import Column
from registers.forms import rules
from registers.forms.base import Answers, Asks, Form, Lines, Problem, Question, Row
from registers.forms.reading import place


def _rules(answers: Answers) -> Iterator[Problem]:
    values = answers.values
    yield from rules.in_order(
        values,
        ("began_at", "began"),
        ("noticed_at", "was noticed"),
        ("solved_at", "was solved"),
    )
    solved, held = rules.moment(values, "solved_at"), rules.day(values, "held_on")
    if solved and held and held < solved.date():
        yield "held_on", "The review was held before the incident was solved."
    yield from rules.within(answers, "held_on")
    yield from rules.two_people(values, "led_by", "approved_by", "approved")
    if values["promise_broken"] and not values["customers_told"]:
        yield "customers_told", "A promise was broken: say how and when customers were told."
    if not answers.lines and not values["no_tasks"]:
        yield "no_tasks", "Name the tasks below, or say here why there is nothing to do."
    for number, line in answers.lines:
        due = rules.day(line, "due_on")
        if due and held and due < held:
            yield place(number, "due_on"), "It is due before the review that asked for it."
    yield from rules.no_doubles(answers, "action_id")


def _table(answers: Answers) -> Iterator[Row]:
    values = answers.values
    for _, line in answers.lines:
        yield {
            "incident_id": rules.text(values, "incident_id"),
            "cause": rules.text(values, "cause"),
            "action_id": rules.text(line, "action_id"),
            "owner": rules.text(line, "owner") or None,
            "due_on": rules.day(line, "due_on"),
            "done_on": rules.day(line, "done_on"),
            "collected_on": answers.today,
        }


FORM = Form(
    title="Incident review",
    purpose="Fill it in when an incident is over and was talked through. It proves that the cause "
    "was found, and that its tasks have owners and days.",
    area=Area.AVAILABILITY,
    serves=("incident-reviews",),
    evidence_type=Expectation.EvidenceType.REGISTER,
    questions=(
        Question(name="incident_id", label="Number of the incident", required=True, longest=60),
        Question(
            name="severity",
            label="Severity",
            asks=Asks.CHOICE,
            choices=("critical", "high", "medium", "low"),
            required=True,
        ),
        Question(name="began_at", label="Began", asks=Asks.MOMENT, required=True),
        Question(name="noticed_at", label="Noticed", asks=Asks.MOMENT, required=True),
        Question(name="solved_at", label="Solved", asks=Asks.MOMENT, required=True),
        Question(name="held_on", label="Review held on", asks=Asks.DATE, required=True),
        Question(name="led_by", label="Led by", asks=Asks.PERSON, required=True),
        Question(name="approved_by", label="Approved by", asks=Asks.PERSON, required=True),
        Question(
            name="effect",
            label="Effect",
            asks=Asks.PARAGRAPH,
            required=True,
            help="Which services, how many customers, how much money, which data.",
        ),
        Question(
            name="promise_broken",
            label="Was a promise to customers broken?",
            asks=Asks.BOOLEAN,
            required=True,
        ),
        Question(
            name="customers_told", label="How and when customers were told", asks=Asks.PARAGRAPH
        ),
        Question(name="cause", label="Cause", asks=Asks.PARAGRAPH, required=True),
        Question(name="no_tasks", label="Why there is nothing to do about it", asks=Asks.PARAGRAPH),
        Question(name="record", label="Timeline or report", asks=Asks.FILE),
    ),
    lines=Lines(
        title="Tasks",
        entry="task",
        questions=(
            Question(name="action_id", label="Task", required=True, longest=60),
            Question(name="what", label="What is done", required=True),
            Question(name="owner", label="Owner", asks=Asks.PERSON),
            Question(name="due_on", label="Due on", asks=Asks.DATE, may_lie_ahead=True),
            Question(name="done_on", label="Done on", asks=Asks.DATE),
        ),
    ),
    columns=(
        Column("incident_id", "text"),
        Column("cause", "text"),
        Column("action_id", "text"),
        Column("owner", "text"),
        Column("due_on", "date"),
        Column("done_on", "date"),
        Column("collected_on", "date"),
    ),
    table=_table,
    rules=_rules,
)
