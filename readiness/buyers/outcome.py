"""What became of the questions of a buyer: each with answer and source, or with what is missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from audits import days
from readiness.buyer_models import BuyerQuestion, BuyerQuestionnaire, BuyerReply
from readiness.buyers.backing import NOT_BACKED, Backed
from readiness.buyers.layout import Question
from readiness.buyers.library import Library, LibraryAnswer
from readiness.buyers.matching import How, Proposal

_OWN = "our own words"


@dataclass(frozen=True)
class Line:
    """One question as it stands."""

    sheet: str
    row: int
    number: str
    text: str
    short: str = ""
    said: str = ""
    """The answer in words; empty where there is none."""
    ref: str = ""
    """The answer of the library that it is, with its version."""
    controls: tuple[str, ...] = ()
    backed: Backed | None = None
    missing: str = ""
    """Why there is no answer; empty where there is one."""
    answered_on: date | None = None
    is_overdue: bool = False
    """Whether the answer of the library should have been read again by now."""
    is_near: bool = False
    """Whether a proposal waits for a person."""

    @property
    def is_answered(self) -> bool:
        return bool(self.said)

    @property
    def is_backed(self) -> bool:
        return self.is_answered and self.backed is not None and self.backed.is_backed

    @property
    def source(self) -> str:
        """Where the answer comes from, for the buyer."""
        if not self.is_answered:
            return ""
        shown = ", ".join(self.controls) or _OWN
        if self.backed is None or not self.is_backed:
            return f"Source: {shown}; {NOT_BACKED}."
        items = ", ".join(self.backed.evidence)
        return f"Source: {shown}; {items}; evidence as of {self.backed.as_of}."


def lines(
    questionnaire: BuyerQuestionnaire,
    questions: Sequence[BuyerQuestion] | None = None,
    *,
    library: Library | None = None,
) -> list[Line]:
    """Return the lines of a questionnaire, or of some of its questions, in their order."""
    known = library or Library(questionnaire.engagement)
    asked = list(questionnaire.questions.order_by("place")) if questions is None else questions
    said = latest(asked)
    return [_line(one, said.get(one.pk), known) for one in asked]


def latest(questions: Iterable[BuyerQuestion]) -> dict[int, BuyerReply]:
    """Return the reply that stands, by key of the question."""
    keys = [one.pk for one in questions]
    found: dict[int, BuyerReply] = {}
    for start in range(0, len(keys), _AT_ONCE):
        some = BuyerReply.objects.filter(question__in=keys[start : start + _AT_ONCE])
        for one in some.select_related("entry", "by").order_by("number"):
            found[one.question_id] = one
    return found


def recorded(question: Question, proposal: Proposal | None, library: Library) -> Line:
    """Return the line of a question that nobody has looked at: answered only if it is recorded."""
    blank = Line(question.sheet, question.row, question.number, question.text)
    if proposal is None:
        return _missing(blank, "The library has no answer that is near.")
    answer = library.answers[proposal.answer]
    if proposal.how is not How.RECORDED:
        why = f"{answer.ref} is near, by {proposal.score} %, and waits for a person: "
        return replace(_missing(blank, why + answer.question), is_near=True)
    return _with(blank, answer, answer.short, answer.text, library)


_AT_ONCE = 500


def _line(question: BuyerQuestion, reply: BuyerReply | None, library: Library) -> Line:
    blank = Line(question.sheet, question.row, question.number, question.text)
    if reply and reply.text:
        answer = library.answers.get(reply.entry_id) if reply.entry_id else None
        if answer is None:
            retired = Backed(lacks=("the library does not hold it",))
            return replace(
                blank,
                short=reply.short,
                said=reply.text,
                backed=retired,
                answered_on=days.day_of(reply.at),
            )
        line = _with(blank, answer, reply.short, reply.text, library)
        stood = f"{answer.ref} version {reply.entry_version}"
        return replace(line, ref=stood, answered_on=days.day_of(reply.at))
    if reply:
        return _missing(blank, "A person left it unanswered.")
    if question.proposed_id:
        why = f"A proposal waits for a person, near by {question.score} %."
        return replace(_missing(blank, why), is_near=True)
    return _missing(blank, "The library has no answer that is near.")


def _with(blank: Line, answer: LibraryAnswer, short: str, said: str, library: Library) -> Line:
    return Line(
        blank.sheet,
        blank.row,
        blank.number,
        blank.text,
        short=short,
        said=said,
        ref=f"{answer.ref} version {answer.version}",
        controls=answer.controls,
        backed=library.backed(answer),
        is_overdue=answer.is_overdue(days.today()),
    )


def _missing(line: Line, why: str) -> Line:
    return replace(line, missing=why)
