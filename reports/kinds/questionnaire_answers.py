"""Answers to the questionnaire of a buyer: each with its source, and what nobody may send yet."""

from collections.abc import Iterator, Sequence

from readiness.buyers import outcome
from readiness.buyers.outcome import Line
from readiness.models import BuyerQuestionnaire
from reports.errors import AskedError
from reports.written.document import (
    Column,
    Document,
    Figure,
    Figures,
    Mark,
    Row,
    Section,
    Table,
    Tone,
    Words,
)
from reports.written.registry import Asked, Kind, Need

_ANSWERS = (
    Column("Place", 18, wraps=True),
    Column("Question", 40, wraps=True),
    Column("In short", 10),
    Column("Answer", 52, wraps=True),
    Column("Evidence", 12),
    Column("Source", 34, wraps=True),
    Column("Library", 16, wraps=True),
    Column("Answered on", 12),
)
_UNBACKED = (
    Column("Place", 18, wraps=True),
    Column("Question", 52, wraps=True),
    Column("What is missing", 70, wraps=True),
)
_BACKED, _NOT = Mark("backed", Tone.GOOD), Mark("not backed", Tone.WARN)
_NOTES = (
    (
        "An answer is backed when the kinds of evidence that it names have an item that was "
        "accepted, passed its checks, covers a day of the window and was not too old on its last "
        "day, or is not today where the window goes on."
    ),
    "Nothing is answered but by a person; the reply keeps the words of its version.",
)


def build(asked: Asked) -> Document:
    questionnaire = _found(asked.subject)
    lines = outcome.lines(questionnaire)
    audit = questionnaire.engagement
    return Document(
        title="Answers to a questionnaire",
        subtitle=f"{questionnaire.ref} {questionnaire.buyer}",
        sections=[
            Section("In numbers", [Words(_sentence(lines)), Figures(_figures(lines))]),
            Section("Answers", [_answers(lines)]),
            Section("Not backed by evidence", [_unbacked(lines)]),
            Section("Unanswered", [_unanswered(lines)]),
        ],
        facts=[
            ("Workbook", f"{questionnaire.original.ref} {questionnaire.original.filename}"),
            ("SHA-256", questionnaire.original.blob_id),
            ("Engagement", f"{audit.ref} {audit.title}" if audit else "none: as of today alone"),
        ],
        period=(audit.window_from, audit.window_to) if audit else None,
        as_of=asked.at,
        notes=_NOTES,
    )


def _found(ref: str) -> BuyerQuestionnaire:
    number = ref.strip().upper().removeprefix("QST-")
    known = BuyerQuestionnaire.objects.select_related("original", "engagement")
    if number.isdecimal() and len(number) < 9 and (found := known.filter(number=number).first()):
        return found
    newest = ", ".join(each.ref for each in known[:5]) or "none came in yet"
    raise AskedError(f"There is no questionnaire {ref}; the newest are: {newest}.")


def _sentence(lines: Sequence[Line]) -> str:
    if not lines:
        return "No question was read yet: its columns have to be confirmed first."
    answered = sum(one.is_answered for one in lines)
    return f"{answered:,} of {len(lines):,} questions are answered."


def _figures(lines: Sequence[Line]) -> list[Figure]:
    answered = [one for one in lines if one.is_answered]
    return [
        Figure("Questions", len(lines), "read from the workbook"),
        Figure("Answered", len(answered), "by a person"),
        Figure("Backed", sum(one.is_backed for one in answered), "by accepted, fresh evidence"),
        Figure("Not backed", sum(not one.is_backed for one in answered), "listed with the reason"),
        Figure("Unanswered", len(lines) - len(answered), "listed with the reason"),
        Figure("To be read again", sum(one.is_overdue for one in answered), "their day is over"),
    ]


def _answers(lines: Sequence[Line]) -> Table:
    def rows() -> Iterator[Row]:
        for one in lines:
            if one.is_answered:
                mark = _BACKED if one.is_backed else _NOT
                source = one.source.removeprefix("Source: ")
                named = one.ref or "own words"
                said = (one.short, one.said, mark, source, named, one.answered_on)
                yield [_place(one), one.text, *said]

    return Table("Answers", _ANSWERS, rows, empty="No question is answered yet.")


def _unbacked(lines: Sequence[Line]) -> Table:
    def rows() -> Iterator[Row]:
        for one in lines:
            if one.is_answered and not one.is_backed:
                lacks = one.backed.lacks if one.backed else ("it is in our own words",)
                yield [_place(one), one.text, "\n".join(lacks)]

    answered = any(one.is_answered for one in lines)
    empty = "Every answer is backed by evidence." if answered else "No question is answered yet."
    return Table("Not backed", _UNBACKED, rows, empty=empty)


def _unanswered(lines: Sequence[Line]) -> Table:
    rows: list[Row] = [[_place(one), one.text, one.missing] for one in lines if not one.is_answered]
    empty = "Every question is answered." if lines else "No question was read yet."
    return Table("Unanswered", _UNBACKED, rows, empty=empty)


def _place(one: Line) -> str:
    return f"{one.sheet}, row {one.row}{f', {one.number}' if one.number else ''}"


KIND = Kind(
    title="Answers to a questionnaire",
    sentence="What a buyer is answered, with the source of each answer and what nobody backs yet.",
    build=build,
    needs=(Need.SUBJECT,),
    subject="Reference of a questionnaire (QST-1)",
)
