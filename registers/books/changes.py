"""Changes to production, each with a second person and a note on what it does to processing."""

from collections.abc import Iterator

from controls.models import Area
from registers.base import Declaration, Field, Problem, Type, Values


def _rules(values: Values) -> Iterator[Problem]:
    if values["author"] == values["approved_by"]:
        yield "approved_by", "Who made a change does not approve it."
    if values["kind"] == "emergency" and not values["approved_after"]:
        yield "approved_after", "An emergency change is approved afterwards; say when."
    if values["touches_processing"] and not values["processing_note"]:
        yield "processing_note", "Say what the change does to payments, fees or settlement."


REGISTER = Declaration(
    title="Changes",
    entry="change",
    purpose="Changes to production that no repository shows, with approval and way back.",
    prefix="CHG",
    area=Area.CHANGE,
    fields=(
        Field(name="number", label="Ticket", required=True),
        Field(name="title", label="Change", required=True),
        Field(
            name="kind",
            label="Kind",
            type=Type.CHOICE,
            choices=("normal", "standard", "emergency"),
            required=True,
        ),
        Field(name="system", label="System", required=True),
        Field(name="author", label="Made by", type=Type.EMAIL, required=True),
        Field(name="approved_by", label="Approved by", type=Type.EMAIL, required=True),
        Field(name="approved_after", label="Approved afterwards on", type=Type.DATE),
        Field(name="deployed_on", label="Deployed on", type=Type.DATE, required=True),
        Field(name="tests", label="Tests", type=Type.PARAGRAPH, required=True),
        Field(name="way_back", label="Way back", type=Type.PARAGRAPH, required=True),
        Field(
            name="touches_processing",
            label="Touches processing",
            type=Type.BOOLEAN,
            required=True,
        ),
        Field(name="processing_note", label="What it does to processing", type=Type.PARAGRAPH),
    ),
    key=("number",),
    shown=("number", "title", "kind", "system", "deployed_on"),
    rules=_rules,
)
