"""Exceptions from access rules: who has what, why, who allowed it, and until when."""

from collections.abc import Iterator
from datetime import date

from controls.models import Area
from registers.base import Declaration, Field, Problem, Type, Values


def _rules(values: Values) -> Iterator[Problem]:
    if values["person"] == values["approved_by"]:
        yield "approved_by", "Nobody allows an exception for themself."
    start, end = values["approved_on"], values["ends_on"]
    if isinstance(start, date) and isinstance(end, date) and end < start:
        yield "ends_on", "It ends before it was allowed."


REGISTER = Declaration(
    title="Access exceptions",
    entry="exception",
    purpose="Access beyond the rules, each allowed by somebody and with an end.",
    prefix="EXC",
    area=Area.ACCESS_CONTROL,
    fields=(
        Field(name="person", label="Person", type=Type.EMAIL, required=True),
        Field(name="system", label="System", required=True),
        Field(name="access", label="Access", required=True),
        Field(name="reason", label="Reason", type=Type.PARAGRAPH, required=True),
        Field(name="compensation", label="What limits the risk", type=Type.PARAGRAPH),
        Field(name="approved_by", label="Allowed by", type=Type.EMAIL, required=True),
        Field(name="approved_on", label="Allowed on", type=Type.DATE, required=True),
        Field(name="ends_on", label="Ends on", type=Type.DATE, required=True),
        Field(name="controls", label="Controls", type=Type.CONTROLS),
    ),
    key=("person", "system", "access", "approved_on"),
    shown=("person", "system", "access", "approved_by", "ends_on"),
    due=("ends_on",),
    keeper="approved_by",
    due_words="Ends",
    rules=_rules,
)
