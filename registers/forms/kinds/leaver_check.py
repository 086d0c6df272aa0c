"""Leaver check: who left, and when the last of their accounts was closed."""

from collections.abc import Iterator
from datetime import timedelta

from controls.models import Area, Expectation
from evidence.models import Evidence
from evidence.population import Column
from registers.forms import rules
from registers.forms.base import Answers, Asks, Form, Lines, Problem, Question, Row, Values
from registers.forms.reading import place

_ALLOWED = timedelta(days=1)


def _rules(answers: Answers) -> Iterator[Problem]:
    yield from rules.two_people(answers.values, "prepared_by", "reviewed_by", "gone over")
    yield from rules.no_doubles(answers, "person_id", "system_name")
    for number, line in answers.lines:
        for name, sentence in _line_rules(answers, line):
            yield place(number, name), sentence


def _line_rules(answers: Answers, line: Values) -> Iterator[Problem]:
    last, ended = rules.day(line, "last_day"), rules.moment(line, "access_ended_at")
    if last and not answers.covers_from <= last <= answers.covers_to:
        yield "last_day", "This lies outside of the days that the form covers."
    is_late = bool(last) and (ended is None or ended.date() > last + _ALLOWED)  # type: ignore[operator]
    if is_late and not line["why_late"]:
        yield "why_late", "Access outlived the day after the last one: say why, and since when."
    if is_late and not line["used_since"]:
        yield "used_since", "Say whether the account was used after the last day."


def _table(answers: Answers) -> Iterator[Row]:
    for _, line in answers.lines:
        yield {
            "person_id": rules.text(line, "person_id"),
            "last_day": rules.day(line, "last_day"),
            "system_name": rules.text(line, "system_name"),
            "access_ended_at": rules.moment(line, "access_ended_at"),
            "why_late": rules.text(line, "why_late") or None,
            "used_since": rules.text(line, "used_since") or None,
        }


FORM = Form(
    title="Leaver check",
    purpose="Fill it in for each month, also for one in which nobody left. It proves that accounts "
    "were closed by the day after the last day of work.",
    area=Area.ACCESS_CONTROL,
    serves=("leavers",),
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    is_list=True,
    questions=(
        Question(name="prepared_by", label="Prepared by", asks=Asks.PERSON, required=True),
        Question(name="reviewed_by", label="Gone over by", asks=Asks.PERSON, required=True),
        Question(name="record", label="Export of the source", asks=Asks.FILE),
    ),
    lines=Lines(
        title="Accounts of leavers",
        entry="account",
        help="One line for each leaver and system, taken from the personnel list.",
        questions=(
            Question(
                name="person_id",
                label="Leaver",
                required=True,
                longest=120,
                help="The number of the person, not the name.",
            ),
            Question(name="last_day", label="Last day", asks=Asks.DATE, required=True),
            Question(name="system_name", label="System", required=True, longest=120),
            Question(
                name="access_ended_at",
                label="Access ended",
                asks=Asks.MOMENT,
                help="Empty where it is still open.",
            ),
            Question(name="why_late", label="Why so late"),
            Question(
                name="used_since",
                label="Used after the last day?",
                asks=Asks.CHOICE,
                choices=("no", "yes", "cannot be told"),
            ),
        ),
    ),
    columns=(
        Column("person_id", "text"),
        Column("last_day", "date"),
        Column("system_name", "text"),
        Column("access_ended_at", "timestamp"),
        Column("why_late", "text"),
        Column("used_since", "text"),
    ),
    table=_table,
    rules=_rules,
)
