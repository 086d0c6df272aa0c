"""Rollback test: a release was taken back on purpose, in time and without harm to data."""

from collections.abc import Iterator

from controls.models import Area, Expectation
from evidence.models import Evidence
from evidence.population import Column
from registers.forms import rules
from registers.forms.base import Answers, Asks, Form, Problem, Question, Row

_PASSED, _FAILED = "passed", "failed"


def _rules(answers: Answers) -> Iterator[Problem]:
    values = answers.values
    yield from rules.in_order(values, ("started_at", "was started"), ("ended_at", "ended"))
    yield from rules.within(answers, "started_at", "ended_at")
    yield from rules.two_people(values, "tested_by", "reviewed_by", "gone over")
    failed = values["result"] == _FAILED
    yield from rules.failure_told(values, failed=failed, names=("what_failed", "done_next"))
    taken, goal = rules.minutes(values, "started_at", "ended_at"), rules.whole(values, "goal")
    is_slow = taken is not None and goal is not None and taken > goal
    if not failed and (is_slow or not values["data_whole"]):
        yield "result", "Time or data say that it failed. Correct them, or the result."


def _table(answers: Answers) -> Iterator[Row]:
    values = answers.values
    started = rules.moment(values, "started_at")
    yield {
        "test_id": rules.text(values, "test_id"),
        "service": rules.text(values, "service"),
        "tried_on": started.date() if started else None,
        "minutes_taken": rules.minutes(values, "started_at", "ended_at"),
        "minutes_goal": rules.whole(values, "goal"),
        "data_whole": rules.truth(values, "data_whole"),
        "tested_by": rules.text(values, "tested_by"),
        "reviewed_by": rules.text(values, "reviewed_by"),
        "result": rules.text(values, "result"),
    }


FORM = Form(
    title="Rollback test",
    purpose="Fill it in after a release was taken back for practice. It proves that the way back "
    "works before it is needed.",
    area=Area.CHANGE,
    serves=("rollback-test",),
    evidence_type=Expectation.EvidenceType.TEST_RESULT,
    environment=Evidence.Environment.TEST,
    questions=(
        Question(name="test_id", label="Number of the test", required=True, longest=60),
        Question(name="service", label="Service", required=True, longest=120),
        Question(
            name="releases",
            label="From which release to which",
            required=True,
            help="Their versions or commits.",
        ),
        Question(name="started_at", label="Started", asks=Asks.MOMENT, required=True),
        Question(name="ended_at", label="Service as before", asks=Asks.MOMENT, required=True),
        Question(
            name="goal",
            label="Time allowed",
            asks=Asks.DURATION,
            required=True,
            help="Minutes, as 90 or 1:30.",
        ),
        Question(name="data_whole", label="Data was left whole", asks=Asks.BOOLEAN, required=True),
        Question(
            name="compared",
            label="How that was looked at",
            asks=Asks.PARAGRAPH,
            required=True,
            help="Payments in flight during the test too.",
        ),
        Question(
            name="result",
            label="Result",
            asks=Asks.CHOICE,
            choices=(_PASSED, _FAILED),
            required=True,
        ),
        Question(name="what_failed", label="What failed", asks=Asks.PARAGRAPH),
        Question(name="done_next", label="What was done next", asks=Asks.PARAGRAPH),
        Question(name="tested_by", label="Tested by", asks=Asks.PERSON, required=True),
        Question(name="reviewed_by", label="Gone over by", asks=Asks.PERSON, required=True),
        Question(name="record", label="Log of the deployment", asks=Asks.FILE),
    ),
    columns=(
        Column("test_id", "text"),
        Column("service", "text"),
        Column("tried_on", "date"),
        Column("minutes_taken", "integer"),
        Column("minutes_goal", "integer"),
        Column("data_whole", "boolean"),
        Column("tested_by", "text"),
        Column("reviewed_by", "text"),
        Column("result", "text"),
    ),
    table=_table,
    rules=_rules,
)
