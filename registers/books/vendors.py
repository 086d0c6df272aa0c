"""Vendors: who serves us, how much depends on them, what they promised, and who else could."""

from collections.abc import Iterator

from controls.models import Area
from registers.base import Declaration, Field, Problem, Type, Values

CRITICAL = "critical"


def _rules(values: Values) -> Iterator[Problem]:
    if values["criticality"] == CRITICAL:
        for name, words in (
            ("incident_contact", "whom to call when it fails"),
            ("alternative", "who or what could stand in"),
        ):
            if values[name] is None:
                yield name, f"Say {words}: the vendor is critical."
    if values["holds_card_data"] and values["holds_customer_data"] is False:
        yield "holds_customer_data", "Card data are customer data; say yes."


REGISTER = Declaration(
    title="Vendors",
    entry="vendor",
    purpose="Every outside service that the platform needs, with what it promised.",
    prefix="VEN",
    area=Area.VENDOR,
    fields=(
        Field(name="name", label="Name", required=True),
        Field(name="service", label="Service", required=True, help="What it does for us."),
        Field(
            name="criticality",
            label="Criticality",
            type=Type.CHOICE,
            choices=(CRITICAL, "important", "minor"),
            required=True,
        ),
        Field(name="owner", label="Owner", type=Type.EMAIL, required=True),
        Field(
            name="holds_customer_data",
            label="Holds customer data",
            type=Type.BOOLEAN,
            required=True,
        ),
        Field(name="holds_card_data", label="Holds card data", type=Type.BOOLEAN, required=True),
        Field(name="uptime_commitment", label="Uptime promised (%)", type=Type.DECIMAL),
        Field(name="security_commitment", label="Security terms", type=Type.PARAGRAPH),
        Field(name="incident_contact", label="Incident contact"),
        Field(
            name="incident_notice_hours", label="Tells of incidents within (h)", type=Type.INTEGER
        ),
        Field(name="alternative", label="Alternative", type=Type.PARAGRAPH),
        Field(name="status_page", label="Status page", type=Type.LINK),
        Field(name="contract_until", label="Contract until", type=Type.DATE),
        Field(name="last_review", label="Last reviewed", type=Type.DATE),
        Field(name="next_review", label="Next review", type=Type.DATE, required=True),
        Field(name="controls", label="Controls", type=Type.CONTROLS),
    ),
    key=("name",),
    shown=("name", "service", "criticality", "owner", "next_review"),
    due=("next_review",),
    due_words="Review due",
    rules=_rules,
)
