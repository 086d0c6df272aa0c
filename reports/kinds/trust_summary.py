"""Trust summary for buyers: the questions that buyers ask, answered from evidence and not else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from controls.readiness_file import Entry as Asking
from controls.readiness_file import Kind as Of
from readiness.facts import Facts
from readiness.programme import programme
from readiness.standing import Backing, Standing
from reports.written import of_registers
from reports.written.document import (
    Block,
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
from reports.written.registry import Asked, Kind

_QUESTIONS = (
    Column("Question", 38, wraps=True),
    Column("Answer", 14),
    Column("Shown by", 50, wraps=True),
    Column("Latest day shown", 12),
)
_SHOWN = Mark("shown", Tone.GOOD)
_PARTLY = Mark("shown in part", Tone.WARN)
_OPEN = Mark("not shown yet", Tone.BAD)
_NOTES = (
    (
        "A question counts as shown only where every item of evidence that it asks for is in "
        "force, passed its checks and was accepted by a reviewer. What we merely say is named "
        "as not shown."
    ),
    (
        "Evidence is named by what it is and the control behind it. The items themselves are "
        "handed out on request and under an agreement."
    ),
)


@dataclass(frozen=True)
class Question:
    """One question with all the evidence that it asks for, as that stands today."""

    entry: Asking
    standings: Sequence[Standing]
    backing: Backing

    @property
    def mark(self) -> Mark:
        """How the question stands, by evidence alone."""
        is_whole = len(self.standings) == len(self.entry.expectations) > 0
        if self.backing is Backing.PROVEN and is_whole:
            return _SHOWN
        some = {Backing.PROVEN, Backing.PARTLY, Backing.UNREVIEWED}
        return _PARTLY if self.standings and self.backing in some else _OPEN


def build(asked: Asked) -> Document:
    facts = Facts()
    buyers, closing = _asked(Of.BUYER_QUESTION, facts), _asked(Of.CLOSING_QUESTION, facts)
    today = facts.today
    numbers: list[Block] = [Words(_sentence(buyers, closing)), Figures(_figures(buyers, closing))]
    return Document(
        title="Trust summary",
        subtitle="What buyers ask, answered from evidence",
        sections=[
            Section("In numbers", numbers),
            Section("What buyers ask first", [_table("Questions of buyers", buyers, today)]),
            Section("What the answers amount to", [_table("Closing questions", closing, today)]),
            Section("Documents on request", [_documents(today)]),
        ],
        as_of=asked.at,
        marking="Confidential, for the receiver only",
        notes=_NOTES,
    )


def _sentence(buyers: Sequence[Question], closing: Sequence[Question]) -> str:
    both = [*buyers, *closing]
    if not both:
        return "The programme asks none of the questions of buyers; nothing can be said here."
    shown = sum(one.mark is _SHOWN for one in both)
    return (
        f"{shown} of {len(both)} questions are shown by evidence that is in force today and that a "
        "reviewer accepted. The others are named as they stand."
    )


def _figures(buyers: Sequence[Question], closing: Sequence[Question]) -> list[Figure]:
    return [
        Figure(name, sum(one.mark is _SHOWN for one in part), f"shown, of {len(part)}")
        for name, part in (("Questions of buyers", buyers), ("Closing questions", closing))
    ]


def _asked(kind: Of, facts: Facts) -> list[Question]:
    return [
        Question(
            entry,
            facts.standings_of(entry.expectations),
            facts.backing_of(entry.expectations),
        )
        for entry in programme().entries(kind)
    ]


def _table(name: str, questions: Sequence[Question], today: date) -> Table:
    def rows() -> Iterator[Row]:
        for one in questions:
            lines, days = [], []
            for each in one.standings:
                lack = each.lack(today)
                said = f"{each.control} {each.title}"
                lines.append(f"{said}: not shown yet." if lack else f"{said}.")
                if each.item and not lack:
                    days.append(each.item.covers_to)
            yield [one.entry.text, one.mark, "\n".join(lines), max(days, default=None)]

    return Table(name, _QUESTIONS, rows, empty="The programme asks no such question.")


def _documents(today: date) -> Table:
    def rows() -> Iterator[Row]:
        for entry, said in of_registers.entries("assurance_documents"):
            until = said["valid_until"]
            if isinstance(until, date) and until >= today:
                yield [entry.ref, *(said[name] for name in _DOCUMENT)]

    columns = (
        Column("Reference", 12),
        Column("Document", 30, wraps=True),
        Column("Period", 24),
        Column("Issued by", 30, wraps=True),
        Column("Issued on", 12),
    )
    empty = "No document of assurance is recorded that may be handed out today."
    return Table("Documents on request", columns, rows, empty=empty)


_DOCUMENT = ("document", "period", "issued_by", "issued_on")

KIND = Kind(
    title="Trust summary for buyers",
    sentence="The eight questions of buyers and six closing ones, answered from evidence alone.",
    build=build,
)
