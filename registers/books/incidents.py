"""Incidents: when they were noticed, how bad they were, and what was learned afterwards."""

from collections.abc import Iterator
from datetime import date

from controls.models import Area
from registers.base import Declaration, Field, Problem, Type, Values

_GRAVE = ("critical", "high")


def _rules(values: Values) -> Iterator[Problem]:
    began, noticed, solved = values["began_on"], values["noticed_on"], values["solved_on"]
    if isinstance(began, date) and isinstance(noticed, date) and noticed < began:
        yield "noticed_on", "It was noticed before it began."
    if isinstance(noticed, date) and isinstance(solved, date) and solved < noticed:
        yield "solved_on", "It was solved before it was noticed."
    if solved and values["severity"] in _GRAVE and not values["review_due"]:
        yield "review_due", "A grave incident needs a review afterwards; say until when."
    if values["reviewed_on"] and not values["cause"]:
        yield "cause", "A review names the cause."


REGISTER = Declaration(
    title="Incidents",
    entry="incident",
    purpose="Every incident with its effect, its cause, and the review afterwards.",
    prefix="INC",
    area=Area.AVAILABILITY,
    fields=(
        Field(name="number", label="Ticket", required=True),
        Field(name="title", label="What happened", required=True),
        Field(
            name="severity",
            label="Severity",
            type=Type.CHOICE,
            choices=("critical", "high", "medium", "low"),
            required=True,
        ),
        Field(
            name="kind",
            label="Kind",
            type=Type.CHOICE,
            choices=("security", "availability", "processing", "privacy", "vendor"),
            required=True,
        ),
        Field(name="owner", label="Owner", type=Type.EMAIL, required=True),
        Field(name="began_on", label="Began on", type=Type.DATE),
        Field(name="noticed_on", label="Noticed on", type=Type.DATE, required=True),
        Field(name="solved_on", label="Solved on", type=Type.DATE),
        Field(name="customers_told_on", label="Customers told on", type=Type.DATE),
        Field(name="effect", label="Effect", type=Type.PARAGRAPH),
        Field(name="cause", label="Cause", type=Type.PARAGRAPH),
        Field(name="actions", label="Actions", type=Type.PARAGRAPH),
        Field(name="review_due", label="Review until", type=Type.DATE),
        Field(name="reviewed_on", label="Reviewed on", type=Type.DATE),
        Field(name="evidence", label="Evidence", type=Type.EVIDENCE),
        Field(name="controls", label="Controls that failed or helped", type=Type.CONTROLS),
    ),
    key=("number",),
    shown=("number", "title", "severity", "noticed_on", "review_due"),
    due=("review_due",),
    due_words="Review due",
    done="reviewed_on",
    rules=_rules,
)
