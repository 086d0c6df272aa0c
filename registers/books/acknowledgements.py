"""Who has read which version of a policy."""

from controls.models import Area
from registers.base import Declaration, Field, Link, Type

REGISTER = Declaration(
    title="Policy acknowledgements",
    entry="acknowledgement",
    purpose="That a person has read a version of a policy, or still has to.",
    prefix="ACK",
    area=Area.AUDIT_REQUESTS,
    fields=(
        Field(name="policy", label="Policy", required=True),
        Field(name="version", label="Version", required=True),
        Field(name="person", label="Person", type=Type.EMAIL, required=True),
        Field(name="asked_on", label="Asked on", type=Type.DATE, required=True),
        Field(name="until", label="Until", type=Type.DATE, required=True),
        Field(name="read_on", label="Read on", type=Type.DATE),
    ),
    key=("policy", "version", "person"),
    shown=("policy", "version", "person", "until", "read_on"),
    due=("until",),
    keeper="person",
    due_words="To be read until",
    done="read_on",
    links=(Link(register="policies", fields=("policy", "version")),),
)
