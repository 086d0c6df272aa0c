"""Restore test: a backup was brought back, and somebody looked whether all of it is there."""

from collections.abc import Iterator
from decimal import Decimal

from controls.models import Area, Expectation
from evidence.population import Column
from registers.forms import rules
from registers.forms.base import Answers, Asks, Form, Problem, Question, Row

_PASSED, _FAILED = "passed", "failed"


def _is_short(answers: Answers) -> bool:
    values = answers.values
    taken = rules.minutes(values, "started_at", "ended_at")
    goal = rules.whole(values, "goal")
    is_slow = taken is not None and goal is not None and taken > goal
    is_other = values["records_source"] != values["records_restored"]
    return is_slow or is_other or not values["sums_match"]


def _rules(answers: Answers) -> Iterator[Problem]:
    values = answers.values
    yield from rules.in_order(
        values,
        ("backup_at", "was backed up"),
        ("started_at", "was started"),
        ("ended_at", "ended"),
    )
    yield from rules.within(answers, "started_at", "ended_at")
    yield from rules.two_people(values, "tested_by", "reviewed_by", "gone over")
    failed = values["result"] == _FAILED
    yield from rules.failure_told(values, failed=failed, names=("what_failed", "done_next"))
    if not failed and _is_short(answers):
        yield "result", "Records, sums or time say that it failed. Correct them, or the result."


def _table(answers: Answers) -> Iterator[Row]:
    values = answers.values
    goal = rules.whole(values, "goal")
    yield {
        "test_id": rules.text(values, "test_id"),
        "data_store": rules.text(values, "data_store"),
        "records_source": rules.whole(values, "records_source"),
        "records_restored": rules.whole(values, "records_restored"),
        "sums_match": rules.truth(values, "sums_match"),
        "hours_taken": rules.hours(values, "started_at", "ended_at"),
        "hours_goal": None if goal is None else (Decimal(goal) / 60).quantize(Decimal("0.01")),
        "retest_id": rules.text(values, "retest_id") or None,
        "tested_by": rules.text(values, "tested_by"),
        "reviewed_by": rules.text(values, "reviewed_by"),
        "backup_at": rules.moment(values, "backup_at"),
        "result": rules.text(values, "result"),
    }


FORM = Form(
    title="Restore test",
    purpose="Fill it in after each test that brings a backup back. That backups ran is proved "
    "elsewhere; this proves that they are of use.",
    area=Area.AVAILABILITY,
    serves=("restore-practice",),
    evidence_type=Expectation.EvidenceType.TEST_RESULT,
    questions=(
        Question(name="test_id", label="Number of the test", required=True, longest=60),
        Question(name="data_store", label="What was restored", required=True),
        Question(
            name="target",
            label="Where to",
            required=True,
            help="Never over production; name the place.",
        ),
        Question(name="backup_at", label="Backup taken", asks=Asks.MOMENT, required=True),
        Question(name="started_at", label="Restore started", asks=Asks.MOMENT, required=True),
        Question(
            name="ended_at",
            label="Data usable again",
            asks=Asks.MOMENT,
            required=True,
            help="After the checks of its content, not when the copy had ended.",
        ),
        Question(
            name="goal",
            label="Time allowed (RTO)",
            asks=Asks.DURATION,
            required=True,
            help="Minutes, as 90 or 1:30.",
        ),
        Question(
            name="records_source",
            label="Records at the source",
            asks=Asks.INTEGER,
            required=True,
            help="Counted as of the moment of the backup.",
        ),
        Question(
            name="records_restored", label="Records restored", asks=Asks.INTEGER, required=True
        ),
        Question(
            name="sums_match",
            label="Sums of amounts agree",
            asks=Asks.BOOLEAN,
            required=True,
        ),
        Question(
            name="compared",
            label="How the content was compared",
            asks=Asks.PARAGRAPH,
            required=True,
        ),
        Question(
            name="result",
            label="Result",
            asks=Asks.CHOICE,
            choices=(_PASSED, _FAILED),
            required=True,
        ),
        Question(name="what_failed", label="What failed", asks=Asks.PARAGRAPH),
        Question(
            name="done_next",
            label="What was done next",
            asks=Asks.PARAGRAPH,
            help="After a failure: the cause, what was changed, and when it is tried again.",
        ),
        Question(
            name="retest_id",
            label="Number of the test that repeated it",
            longest=60,
            help="Leave it empty until that test was done.",
        ),
        Question(name="tested_by", label="Tested by", asks=Asks.PERSON, required=True),
        Question(name="reviewed_by", label="Gone over by", asks=Asks.PERSON, required=True),
        Question(name="record", label="Log of the restore", asks=Asks.FILE),
    ),
    columns=(
        Column("test_id", "text"),
        Column("data_store", "text"),
        Column("records_source", "integer"),
        Column("records_restored", "integer"),
        Column("sums_match", "boolean"),
        Column("hours_taken", "decimal"),
        Column("hours_goal", "decimal"),
        Column("retest_id", "text"),
        Column("tested_by", "text"),
        Column("reviewed_by", "text"),
        Column("backup_at", "timestamp"),
        Column("result", "text"),
    ),
    table=_table,
    rules=_rules,
)
