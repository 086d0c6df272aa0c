"""Answers to buyers: what is said to a question that comes again, and what proves it."""

from collections.abc import Iterator
from datetime import date

from controls.models import Area
from registers.base import Declaration, Field, Problem, Type, Values


def _rules(values: Values) -> Iterator[Problem]:
    written, read = values["written_by"], values["read_by"]
    if written == read:
        yield "read_by", "Another person must have read it than the one who wrote it."
    on, again = values["read_on"], values["read_again"]
    if isinstance(on, date) and isinstance(again, date) and again <= on:
        yield "read_again", "It is to be read again before it was read."
    if not (values["controls"] or values["evidence"] or values["why_unproven"]):
        yield "evidence", "Name a control or an item that proves it, or say why nothing does yet."
    if values["public"] and not values["evidence"]:
        yield "public", "What everybody may read needs an item that proves it."


REGISTER = Declaration(
    title="Answers to buyers",
    entry="answer",
    purpose="The answers that questionnaires of buyers get, each with the controls and the items "
    "behind it, so that none is invented anew.",
    prefix="ANS",
    area=Area.AUDIT_REQUESTS,
    fields=(
        Field(name="question", label="Question", required=True),
        Field(name="answer", label="Answer", type=Type.PARAGRAPH, required=True),
        Field(
            name="short",
            label="In short",
            type=Type.CHOICE,
            choices=("yes", "no", "not applicable"),
            help="What a column of a questionnaire gets that wants one word.",
        ),
        Field(
            name="topic",
            label="Topic",
            type=Type.CHOICE,
            choices=(
                "access",
                "api security",
                "availability",
                "change",
                "data",
                "incidents",
                "processing",
                "vendors",
                "other",
            ),
            required=True,
        ),
        Field(name="controls", label="Controls", type=Type.CONTROLS),
        Field(
            name="kinds",
            label="Kinds of evidence",
            type=Type.WORDS,
            help="Slugs of the expectations that show it; where there is none, those of its "
            "controls count.",
        ),
        Field(name="evidence", label="Evidence", type=Type.EVIDENCE),
        Field(name="why_unproven", label="Why nothing proves it yet"),
        Field(name="written_by", label="Written by", type=Type.EMAIL, required=True),
        Field(name="read_by", label="Read by", type=Type.EMAIL, required=True),
        Field(name="read_on", label="Read on", type=Type.DATE, required=True),
        Field(name="read_again", label="Read again until", type=Type.DATE, required=True),
        Field(name="public", label="May be public", type=Type.BOOLEAN),
    ),
    key=("question",),
    shown=("question", "topic", "controls", "read_by", "read_again"),
    due=("read_again",),
    due_words="To be read again",
    rules=_rules,
)
