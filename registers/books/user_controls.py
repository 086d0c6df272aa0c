"""What reports of vendors ask of their users, one by one, and our controls that meet it."""

from collections.abc import Iterator

from controls.models import Area
from registers.base import Declaration, Field, Link, Problem, Type, Values
from registers.books.vendor_reports import KINDS


def _rules(values: Values) -> Iterator[Problem]:
    if values["applies"] and not values["controls"]:
        yield "controls", "Name the control that meets it, or say that it does not apply."
    if values["applies"] is False and not values["how"]:
        yield "how", "Say why it does not apply to us."


REGISTER = Declaration(
    title="Controls that vendors ask of us",
    entry="control asked of us",
    purpose="Each control that a vendor's report asks of its users, and ours that meets it.",
    prefix="VUC",
    area=Area.VENDOR,
    fields=(
        Field(name="vendor", label="Vendor", required=True),
        Field(name="kind", label="Kind of report", type=Type.CHOICE, choices=KINDS, required=True),
        Field(name="period_to", label="Period to", type=Type.DATE, required=True),
        Field(name="number", label="Number", required=True, help="As the report has it."),
        Field(
            name="asks",
            label="What it asks",
            type=Type.PARAGRAPH,
            required=True,
            help="In own words.",
        ),
        Field(name="applies", label="Applies to us", type=Type.BOOLEAN, required=True),
        Field(name="controls", label="Our controls", type=Type.CONTROLS),
        Field(name="how", label="How it is met", type=Type.PARAGRAPH),
    ),
    key=("vendor", "kind", "period_to", "number"),
    shown=("vendor", "number", "asks", "applies", "controls"),
    links=(
        Link(register="vendor_reports", fields=("vendor", "kind", "period_to"), required=True),
        Link(register="vendors", fields=("vendor",)),
    ),
    rules=_rules,
)
