"""Our own assurance documents, and each release of one: only against a recorded NDA."""

from collections.abc import Iterator
from datetime import date

from controls.models import Area
from evidence.models import Evidence
from registers.base import Declaration, Field, Problem, Type, Values


def _rules(values: Values) -> Iterator[Problem]:
    signed, released, ends = values["nda_signed_on"], values["released_on"], values["ends_on"]
    if isinstance(signed, date) and isinstance(released, date) and released < signed:
        yield "released_on", "It was released before the NDA was signed."
    if isinstance(released, date) and isinstance(ends, date) and ends < released:
        yield "ends_on", "The access ends before it begins."


REGISTER = Declaration(
    title="Releases of assurance documents",
    entry="release",
    purpose="Who got which of our reports, under which NDA, and until when.",
    prefix="REL",
    area=Area.AUDIT_REQUESTS,
    fields=(
        Field(
            name="document",
            label="Document",
            type=Type.CHOICE,
            choices=(
                "SOC 2 report",
                "SOC 1 report",
                "PCI AoC",
                "bridge letter",
                "penetration test",
            ),
            required=True,
        ),
        Field(name="period", label="Period of the document", required=True),
        Field(name="company", label="Released to", required=True),
        Field(name="person", label="Person", type=Type.EMAIL, required=True),
        Field(name="nda_signed_on", label="NDA signed on", type=Type.DATE, required=True),
        Field(name="nda_reference", label="Where the NDA lies", required=True),
        Field(name="released_by", label="Released by", type=Type.EMAIL, required=True),
        Field(name="released_on", label="Released on", type=Type.DATE, required=True),
        Field(name="ends_on", label="Access ends on", type=Type.DATE, required=True),
    ),
    key=("document", "period", "person"),
    shown=("document", "period", "company", "released_on", "ends_on"),
    due="ends_on",
    due_words="Access ends",
    rules=_rules,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
)
