"""Corrective actions: what is to be done about a deficiency, by whom, until when, and the proof."""

from collections.abc import Iterator

from controls.models import Area
from registers.base import Declaration, Field, Problem, Type, Values


def _rules(values: Values) -> Iterator[Problem]:
    if values["done_on"] and not values["proof"]:
        yield "proof", "Say what shows that it is done, such as the reference of an item."


REGISTER = Declaration(
    title="Corrective actions",
    entry="action",
    purpose="What was decided after a deficiency, followed until it is proved done.",
    prefix="ACT",
    area=Area.AUDIT_REQUESTS,
    fields=(
        Field(name="title", label="Action", required=True),
        Field(name="cause", label="Because of", required=True, help="Finding, incident or risk."),
        Field(name="owner", label="Owner", type=Type.EMAIL, required=True),
        Field(name="opened_on", label="Opened on", type=Type.DATE, required=True),
        Field(name="due_on", label="Due", type=Type.DATE, required=True),
        Field(name="done_on", label="Done on", type=Type.DATE),
        Field(name="proof", label="Proof"),
        Field(name="evidence", label="Evidence", type=Type.EVIDENCE),
        Field(name="controls", label="Controls", type=Type.CONTROLS),
    ),
    key=("title", "cause"),
    shown=("title", "cause", "owner", "due_on", "done_on"),
    due=("due_on",),
    done="done_on",
    rules=_rules,
)
