"""Policies and their versions: who approved them, since when they hold, when they are read anew."""

from collections.abc import Iterator
from datetime import date

from controls.models import Area
from registers.base import Declaration, Field, Problem, Type, Values


def _rules(values: Values) -> Iterator[Problem]:
    approved, effective = values["approved_on"], values["effective_from"]
    if isinstance(approved, date) and isinstance(effective, date) and effective < approved:
        yield "effective_from", "It cannot hold before it was approved."
    if values["owner"] == values["approved_by"]:
        yield "approved_by", "Who wrote a policy does not approve it."


REGISTER = Declaration(
    title="Policies",
    entry="version of a policy",
    purpose="Every version of every policy, with its approval and the day of its next review.",
    prefix="POL",
    area=Area.AUDIT_REQUESTS,
    fields=(
        Field(name="title", label="Title", required=True),
        Field(name="version", label="Version", required=True),
        Field(name="owner", label="Owner", type=Type.EMAIL, required=True),
        Field(name="approved_by", label="Approved by", type=Type.EMAIL, required=True),
        Field(name="approved_on", label="Approved on", type=Type.DATE, required=True),
        Field(name="effective_from", label="Holds from", type=Type.DATE, required=True),
        Field(name="document", label="Where it lies", type=Type.LINK),
        Field(name="sha256", label="SHA-256 of the document", longest=64),
        Field(name="next_review", label="Next review", type=Type.DATE, required=True),
        Field(name="controls", label="Controls", type=Type.CONTROLS),
    ),
    key=("title", "version"),
    shown=("title", "version", "owner", "effective_from", "next_review"),
    due=("next_review",),
    due_words="Review due",
    rules=_rules,
)
