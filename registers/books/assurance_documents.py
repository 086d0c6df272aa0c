"""Our own assurance documents: what each covers, where it lies, how long it may be handed out."""

from collections.abc import Iterator
from datetime import date

from controls.models import Area
from evidence.models import Evidence
from registers.base import Declaration, Field, Problem, Type, Values

KINDS = ("SOC 2 report", "SOC 1 report", "PCI AoC", "bridge letter", "penetration test")


def _rules(values: Values) -> Iterator[Problem]:
    issued, ends = values["issued_on"], values["valid_until"]
    if isinstance(issued, date) and isinstance(ends, date) and ends < issued:
        yield "valid_until", "It ends before it was issued."


REGISTER = Declaration(
    title="Assurance documents",
    entry="assurance document",
    purpose="The reports that buyers ask for; each is released only to who has signed an NDA.",
    prefix="DOC",
    area=Area.AUDIT_REQUESTS,
    fields=(
        Field(name="document", label="Document", type=Type.CHOICE, choices=KINDS, required=True),
        Field(name="period", label="Period", required=True),
        Field(name="issued_by", label="Issued by", required=True),
        Field(name="issued_on", label="Issued on", type=Type.DATE, required=True),
        Field(name="valid_until", label="Handed out until", type=Type.DATE, required=True),
        Field(name="owner", label="Owner", type=Type.EMAIL, required=True),
        Field(name="place", label="Where it lies"),
        Field(name="evidence", label="Evidence", type=Type.EVIDENCE),
    ),
    key=("document", "period"),
    shown=("document", "period", "issued_by", "issued_on", "valid_until"),
    due=("valid_until",),
    due_words="Ends",
    rules=_rules,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
)
