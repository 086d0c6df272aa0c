"""Who got which assurance document, until when: only under an NDA, approved by a second person."""

from collections.abc import Iterator
from datetime import date

from controls.models import Area
from evidence.models import Evidence
from registers.base import Declaration, Field, Link, Problem, Type, Values
from registers.books.assurance_documents import KINDS


def _rules(values: Values) -> Iterator[Problem]:
    released, ends = values["released_on"], values["ends_on"]
    if isinstance(released, date) and isinstance(ends, date) and ends < released:
        yield "ends_on", "The access ends before it begins."


def _fits_document(own: Values, document: Values) -> Iterator[Problem]:
    released, until = own["released_on"], document["valid_until"]
    if isinstance(released, date) and isinstance(until, date) and released > until:
        yield "document", f"This document was handed out until {until} only. Release a newer one."


def _fits_nda(own: Values, nda: Values) -> Iterator[Problem]:
    """Let a release begin and end while the NDA holds."""
    released, ends = own["released_on"], own["ends_on"]
    signed, until = nda["signed_on"], nda["ends_on"]
    if isinstance(released, date) and isinstance(signed, date) and released < signed:
        yield "released_on", f"The NDA was signed on {signed} only; nothing is released before it."
    if isinstance(released, date) and isinstance(until, date) and released > until:
        yield "company", f"The NDA ended on {until}. Record a new one first."
    elif isinstance(ends, date) and isinstance(until, date) and ends > until:
        yield "ends_on", f"The NDA ends on {until}; the access cannot last longer."


REGISTER = Declaration(
    title="Releases of assurance documents",
    entry="release",
    purpose="Who got which of our documents, by whom, until when: under an NDA, by two persons.",
    prefix="REL",
    area=Area.AUDIT_REQUESTS,
    fields=(
        Field(name="document", label="Document", type=Type.CHOICE, choices=KINDS, required=True),
        Field(name="period", label="Period of the document", required=True),
        Field(
            name="company",
            label="Released to",
            required=True,
            help="The company, as its NDA names it.",
        ),
        Field(name="person", label="Person", type=Type.EMAIL, required=True),
        Field(name="released_by", label="Released by", type=Type.EMAIL, required=True),
        Field(name="released_on", label="Released on", type=Type.DATE, required=True),
        Field(name="ends_on", label="Access ends on", type=Type.DATE, required=True),
        Field(
            name="approved_by",
            label="Approved by",
            type=Type.EMAIL,
            help="Empty until another person than who recorded it puts their own address here.",
        ),
    ),
    approver="approved_by",
    key=("document", "period", "person", "released_on"),
    shown=("document", "period", "company", "person", "ends_on"),
    due=("ends_on",),
    keeper="released_by",
    due_words="Access ended",
    links=(
        Link(
            register="assurance_documents",
            fields=("document", "period"),
            required=True,
            fits=_fits_document,
        ),
        Link(register="ndas", fields=("company",), required=True, fits=_fits_nda),
    ),
    rules=_rules,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
)
