"""Vulnerabilities and findings of penetration tests, each with the day by which it must be gone."""

from collections.abc import Iterator
from datetime import date, timedelta

from controls.models import Area
from registers.base import Declaration, Field, Problem, Type, Values

DAYS_ALLOWED = {"critical": 15, "high": 30, "medium": 90, "low": 180}
"""How long each severity may stay open, in days from the day on which it was found."""
_LAST = date.max - timedelta(days=max(DAYS_ALLOWED.values()))


def _computed(values: Values) -> Values:
    """Start the clock of the severity on the day on which the weakness was found."""
    found, days = values["found_on"], DAYS_ALLOWED.get(str(values["severity"]))
    if not isinstance(found, date) or days is None or found > _LAST:
        return {}
    return {"due_on": found + timedelta(days=days)}


def _rules(values: Values) -> Iterator[Problem]:
    found, due, gone = values["found_on"], values["due_on"], values["gone_on"]
    if isinstance(found, date) and isinstance(due, date):
        allowed = DAYS_ALLOWED.get(str(values["severity"]), 0)
        if due - found > timedelta(days=allowed) and not values["exception"]:
            words = f"{values['severity']} may stay open for {allowed} days at most"
            yield "due_on", f"{words}; name the exception that allows more."
    if isinstance(found, date) and isinstance(gone, date) and gone < found:
        yield "gone_on", "It was gone before it was found."
    if gone and not values["proof"]:
        yield "proof", "Say what shows that it is gone, such as the retest."


REGISTER = Declaration(
    title="Vulnerabilities",
    entry="vulnerability",
    purpose="Every weakness that a scan or a test found, until it is proved gone.",
    prefix="VUL",
    area=Area.RISK_REGISTER,
    fields=(
        Field(
            name="number", label="Number", required=True, help="As the scanner or report has it."
        ),
        Field(name="title", label="Title", required=True),
        Field(
            name="source",
            label="Found by",
            type=Type.CHOICE,
            choices=("scan", "penetration test", "bug report", "own test", "vendor"),
            required=True,
        ),
        Field(
            name="severity",
            label="Severity",
            type=Type.CHOICE,
            choices=tuple(DAYS_ALLOWED),
            required=True,
        ),
        Field(name="system", label="System", required=True),
        Field(name="owner", label="Owner", type=Type.EMAIL, required=True),
        Field(name="found_on", label="Found on", type=Type.DATE, required=True),
        Field(
            name="due_on",
            label="To be gone by",
            type=Type.DATE,
            help="Left empty, it follows from the severity.",
        ),
        Field(name="gone_on", label="Gone on", type=Type.DATE),
        Field(name="proof", label="Proof"),
        Field(name="exception", label="Exception"),
        Field(name="evidence", label="Evidence", type=Type.EVIDENCE),
    ),
    key=("number", "system"),
    shown=("number", "title", "severity", "due_on", "gone_on"),
    due=("due_on",),
    due_words="To be gone by",
    done="gone_on",
    computed=_computed,
    rules=_rules,
)
