"""Reconciliation by hand: two sides of a business day were held against each other."""

import re
from collections.abc import Iterator

from controls.models import Area, Expectation
from evidence.population import Column
from registers.forms import rules
from registers.forms.base import Answers, Asks, Form, Lines, Problem, Question, Row, Values
from registers.forms.reading import place

_CURRENCY = re.compile(r"[A-Z]{3}")


def _rules(answers: Answers) -> Iterator[Problem]:
    values = answers.values
    yield from rules.two_people(values, "prepared_by", "signed_by", "signed")
    if bool(values["signed_by"]) != bool(values["signed_at"]):
        yield "signed_at", "Say both, who signed and when; or neither, where nobody did."
    signed, day = rules.moment(values, "signed_at"), rules.day(values, "business_day")
    if signed and day and signed.date() < day:
        yield "signed_at", "It was signed before the day that it is about."
    if not answers.lines:
        yield "prepared_by", "Nothing was compared. Fill in a line for each leg and currency."
    yield from rules.no_doubles(answers, "leg", "currency")
    for number, line in answers.lines:
        for name, sentence in _line_rules(line):
            yield place(number, name), sentence


def _line_rules(line: Values) -> Iterator[Problem]:
    if not _CURRENCY.fullmatch(rules.text(line, "currency")):
        yield "currency", "Write the three letters of ISO 4217, such as EUR."
    for name in ("count_left", "count_right"):
        if (rules.whole(line, name) or 0) < 0:
            yield name, "A number of records is never below zero."
    left, right = rules.whole(line, "amount_left_minor"), rules.whole(line, "amount_right_minor")
    differs = left != right or line["count_left"] != line["count_right"]
    if differs and not line["explanation"]:
        yield (
            "explanation",
            "The sides differ: say why, or who is looking for it.",
        )
    if rules.whole(line, "explained_minor") and left == right:
        yield "explained_minor", "There is no difference in amounts to be explained."


def _table(answers: Answers) -> Iterator[Row]:
    values = answers.values
    for _, line in answers.lines:
        yield {
            "business_day": rules.day(values, "business_day"),
            "leg": rules.text(line, "leg"),
            "currency": rules.text(line, "currency"),
            "count_left": rules.whole(line, "count_left"),
            "count_right": rules.whole(line, "count_right"),
            "amount_left_minor": rules.whole(line, "amount_left_minor"),
            "amount_right_minor": rules.whole(line, "amount_right_minor"),
            "explained_minor": rules.whole(line, "explained_minor"),
            "prepared_by": rules.text(values, "prepared_by"),
            "signed_by": rules.text(values, "signed_by") or None,
            "explanation": rules.text(line, "explanation") or None,
        }


FORM = Form(
    title="Reconciliation done by hand",
    purpose="Fill it in for a business day that no engine reconciled. It proves that both sides "
    "were held against each other, and that a second person signed.",
    area=Area.PROCESSING_INTEGRITY,
    serves=("daily-reconciliation", "reconciliation-files"),
    evidence_type=Expectation.EvidenceType.REVIEW_RECORD,
    one_day="business_day",
    questions=(
        Question(name="business_day", label="Business day", asks=Asks.DATE, required=True),
        Question(
            name="cut_off",
            label="Cut-off and its zone",
            required=True,
            help="Where the day ends on both sides, such as 17:00 New York.",
        ),
        Question(name="prepared_by", label="Prepared by", asks=Asks.PERSON, required=True),
        Question(name="signed_by", label="Signed by", asks=Asks.PERSON),
        Question(name="signed_at", label="Signed", asks=Asks.MOMENT),
        Question(name="left_file", label="Export of the left side", asks=Asks.FILE),
        Question(name="right_file", label="Export of the right side", asks=Asks.FILE),
    ),
    lines=Lines(
        title="Legs",
        entry="leg",
        help="One line for each leg and currency; amounts in minor units, such as cents.",
        questions=(
            Question(
                name="leg", label="Leg", required=True, longest=120, help="Such as ledger to bank."
            ),
            Question(name="currency", label="Currency", required=True, longest=3),
            Question(name="count_left", label="Records left", asks=Asks.INTEGER, required=True),
            Question(name="count_right", label="Records right", asks=Asks.INTEGER, required=True),
            Question(
                name="amount_left_minor", label="Amount left", asks=Asks.INTEGER, required=True
            ),
            Question(
                name="amount_right_minor", label="Amount right", asks=Asks.INTEGER, required=True
            ),
            Question(
                name="explained_minor",
                label="Left minus right that is explained",
                asks=Asks.INTEGER,
            ),
            Question(name="explanation", label="Explanation", longest=1000),
        ),
    ),
    columns=(
        Column("business_day", "date"),
        Column("leg", "text"),
        Column("currency", "text"),
        Column("count_left", "integer"),
        Column("count_right", "integer"),
        Column("amount_left_minor", "integer"),
        Column("amount_right_minor", "integer"),
        Column("explained_minor", "integer"),
        Column("prepared_by", "text"),
        Column("signed_by", "text"),
        Column("explanation", "text"),
    ),
    table=_table,
    rules=_rules,
)
