"""Agreements of secrecy (NDA = non-disclosure agreement): with whom, since when, until when."""

from collections.abc import Iterator
from datetime import date

from controls.models import Area
from evidence.models import Evidence
from registers.base import Declaration, Field, Problem, Type, Values


def _rules(values: Values) -> Iterator[Problem]:
    signed, ends = values["signed_on"], values["ends_on"]
    if isinstance(signed, date) and isinstance(ends, date) and ends < signed:
        yield "ends_on", "It ends before it was signed."


REGISTER = Declaration(
    title="NDAs",
    entry="NDA",
    purpose="Who has promised to keep our assurance documents to themselves, and for how long.",
    prefix="NDA",
    area=Area.AUDIT_REQUESTS,
    fields=(
        Field(name="company", label="Company", required=True),
        Field(name="signed_by", label="Signed by", required=True, help="Their person."),
        Field(name="signed_on", label="Signed on", type=Type.DATE, required=True),
        Field(name="ends_on", label="Ends on", type=Type.DATE),
        Field(name="place", label="Where it lies", required=True),
        Field(name="evidence", label="Evidence", type=Type.EVIDENCE),
    ),
    key=("company",),
    shown=("company", "signed_by", "signed_on", "ends_on"),
    due=("ends_on",),
    due_words="Ends",
    rules=_rules,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
)
