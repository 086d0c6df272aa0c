"""Risks as judged: how likely, how bad, what is done, and acceptance that ends."""

from collections.abc import Iterator
from datetime import date, timedelta

from controls.models import Area
from registers.base import Declaration, Field, Problem, Type, Values

_HIGHEST = 5
_YEAR = timedelta(days=366)


def _latest(judged: date) -> date:
    """Return the last day until which a risk judged on a day may be accepted."""
    return judged + _YEAR if judged < date.max - _YEAR else date.max


def _rules(values: Values) -> Iterator[Problem]:
    for name in ("likelihood", "impact"):
        value = values[name]
        if isinstance(value, int) and not 1 <= value <= _HIGHEST:
            yield name, f"It is a number from 1 to {_HIGHEST}."
    if values["treatment"] == "accept":
        for name, words in (("accepted_by", "who accepts it"), ("accepted_until", "until when")):
            if values[name] is None:
                yield name, f"Say {words}: nothing is accepted for ever."
    judged, until = values["judged_on"], values["accepted_until"]
    if isinstance(judged, date) and isinstance(until, date) and until > _latest(judged):
        yield "accepted_until", "A risk is accepted for a year at most; then it is judged anew."
    if values["treatment"] == "reduce" and not values["plan"]:
        yield "plan", "Say what reduces it."


REGISTER = Declaration(
    title="Risks",
    entry="risk",
    purpose="Every risk that was judged, with its treatment and the controls that hold it.",
    prefix="RSK",
    area=Area.RISK_REGISTER,
    fields=(
        Field(name="title", label="Risk", required=True),
        Field(
            name="catalogue_risk", label="Risk of the catalogue", help="Such as R-01.", longest=20
        ),
        Field(name="owner", label="Owner", type=Type.EMAIL, required=True),
        Field(name="likelihood", label="Likelihood (1-5)", type=Type.INTEGER, required=True),
        Field(name="impact", label="Impact (1-5)", type=Type.INTEGER, required=True),
        Field(
            name="treatment",
            label="Treatment",
            type=Type.CHOICE,
            choices=("reduce", "accept", "transfer", "avoid"),
            required=True,
        ),
        Field(name="plan", label="Plan", type=Type.PARAGRAPH),
        Field(name="accepted_by", label="Accepted by", type=Type.EMAIL),
        Field(name="accepted_until", label="Accepted until", type=Type.DATE),
        Field(name="controls", label="Controls", type=Type.CONTROLS),
        Field(name="evidence", label="Evidence", type=Type.EVIDENCE),
        Field(name="judged_on", label="Judged on", type=Type.DATE, required=True),
        Field(name="next_review", label="Next review", type=Type.DATE, required=True),
    ),
    key=("title",),
    shown=("title", "likelihood", "impact", "treatment", "next_review"),
    due=("next_review", "accepted_until"),
    due_words="Judge anew",
    rules=_rules,
)
