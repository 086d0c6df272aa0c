"""Tabletop exercise: an incident was played through, and what was weak became tasks."""

from collections.abc import Iterator

from controls.models import Area, Expectation
from evidence.models import Evidence
from evidence.population import Column
from registers.forms import rules
from registers.forms.base import Answers, Asks, Form, Lines, Problem, Question, Row
from registers.forms.reading import place

_FEWEST = 2


def _rules(answers: Answers) -> Iterator[Problem]:
    values = answers.values
    yield from rules.within(answers, "held_on")
    if len(rules.text(values, "took_part").split()) < _FEWEST:
        yield "took_part", "One person alone is no exercise. Name everybody who took part."
    if not answers.lines and not values["nothing_weak"]:
        yield "nothing_weak", "Name what was weak below, or say here why nothing was."
    held = rules.day(values, "held_on")
    for number, line in answers.lines:
        due = rules.day(line, "due_on")
        if due and held and due < held:
            yield place(number, "due_on"), "It is due before the exercise that found it."
    yield from rules.no_doubles(answers, "weakness")


def _table(answers: Answers) -> Iterator[Row]:
    values = answers.values
    for _, line in answers.lines:
        yield {
            "exercise_id": rules.text(values, "exercise_id"),
            "held_on": rules.day(values, "held_on"),
            "weakness": rules.text(line, "weakness"),
            "action_id": rules.text(line, "action_id") or None,
            "owner": rules.text(line, "owner") or None,
            "due_on": rules.day(line, "due_on"),
        }


FORM = Form(
    title="Tabletop exercise",
    purpose="Fill it in after an incident was played through at the table. It proves that people "
    "know the plan, and that what was weak is being mended.",
    area=Area.AVAILABILITY,
    serves=("tabletop-exercise",),
    evidence_type=Expectation.EvidenceType.TEST_RESULT,
    environment=Evidence.Environment.CORPORATE,
    questions=(
        Question(name="exercise_id", label="Number of the exercise", required=True, longest=60),
        Question(name="held_on", label="Held on", asks=Asks.DATE, required=True),
        Question(name="lasted", label="How long", asks=Asks.DURATION, required=True),
        Question(name="led_by", label="Led by", asks=Asks.PERSON, required=True),
        Question(
            name="took_part",
            label="Who took part",
            asks=Asks.PEOPLE,
            required=True,
            longest=2000,
            help="Their e-mail addresses, parted by blanks.",
        ),
        Question(
            name="plan_version",
            label="Plan and its version",
            required=True,
            help="The one that was on the table.",
        ),
        Question(name="scene", label="The scene", asks=Asks.PARAGRAPH, required=True),
        Question(
            name="decisions",
            label="What was decided when, and by whom",
            asks=Asks.PARAGRAPH,
            required=True,
        ),
        Question(name="nothing_weak", label="Why nothing was weak", asks=Asks.PARAGRAPH),
        Question(name="record", label="Notes or slides", asks=Asks.FILE),
    ),
    lines=Lines(
        title="What was weak",
        entry="weakness",
        questions=(
            Question(name="weakness", label="Weakness", required=True),
            Question(name="action_id", label="Task", longest=60),
            Question(name="owner", label="Owner", asks=Asks.PERSON),
            Question(name="due_on", label="Due on", asks=Asks.DATE, may_lie_ahead=True),
        ),
    ),
    columns=(
        Column("exercise_id", "text"),
        Column("held_on", "date"),
        Column("weakness", "text"),
        Column("action_id", "text"),
        Column("owner", "text"),
        Column("due_on", "date"),
    ),
    table=_table,
    rules=_rules,
)
