"""Assurance reports of vendors: their period, the gap to ours, and their exceptions."""

from collections.abc import Iterator
from datetime import date

from controls.models import Area
from registers.base import Declaration, Field, Link, Problem, Type, Values

KINDS = (
    "SOC 2 Type 2",
    "SOC 2 Type 1",
    "SOC 1 Type 2",
    "PCI AoC",
    "ISO 27001",
    "other",
)


def _rules(values: Values) -> Iterator[Problem]:
    start, end = values["period_from"], values["period_to"]
    if isinstance(start, date) and isinstance(end, date) and end < start:
        yield "period_to", "The period ends before it starts."
    if values["exceptions"] and not values["exceptions_assessed"]:
        yield "exceptions_assessed", "Say what the exceptions mean for us."
    bridge = values["bridge_letter_until"]
    if isinstance(end, date) and isinstance(bridge, date) and bridge < end:
        yield "bridge_letter_until", "A bridge letter reaches beyond the period of its report."
    if values["reviewed_on"] and not values["reviewed_by"]:
        yield "reviewed_by", "Say who read the report."


REGISTER = Declaration(
    title="Vendor reports",
    entry="report of a vendor",
    purpose="Each assurance report of a vendor, read, with its period and its exceptions.",
    prefix="VRE",
    area=Area.VENDOR,
    fields=(
        Field(name="vendor", label="Vendor", required=True),
        Field(
            name="kind",
            label="Kind",
            type=Type.CHOICE,
            choices=KINDS,
            required=True,
        ),
        Field(name="auditor", label="Auditor"),
        Field(name="period_from", label="Period from", type=Type.DATE, required=True),
        Field(name="period_to", label="Period to", type=Type.DATE, required=True),
        Field(name="bridge_letter_until", label="Bridge letter until", type=Type.DATE),
        Field(
            name="opinion",
            label="Opinion",
            type=Type.CHOICE,
            choices=("unmodified", "qualified", "adverse", "disclaimer", "not applicable"),
            required=True,
        ),
        Field(name="exceptions", label="Exceptions", type=Type.PARAGRAPH),
        Field(name="exceptions_assessed", label="What they mean for us", type=Type.PARAGRAPH),
        Field(name="evidence", label="The report as evidence", type=Type.EVIDENCE),
        Field(name="reviewed_by", label="Read by", type=Type.EMAIL),
        Field(name="reviewed_on", label="Read on", type=Type.DATE),
        Field(name="next_expected", label="Next report expected", type=Type.DATE),
    ),
    key=("vendor", "kind", "period_to"),
    shown=("vendor", "kind", "period_from", "period_to", "opinion"),
    due=("next_expected",),
    links=(Link(register="vendors", fields=("vendor",)),),
    due_words="Next report",
    rules=_rules,
)
