"""What an answer to a line must say, what is missing, and what the whole comes to.

Rules (PCI DSS 4.0.1 self-assessment, in our own words):
- One answer for each line; a line takes only the answers that its form allows.
- In place: nothing more, but forms that tell results want a word about them.
- In place with a compensating control: the worksheet of six parts, each filled.
- Not applicable: why. Not tested: why, and only where the form allows it (the two forms D).
- Not in place: by when and what will be done, or that a law forbids it and how.
- Overall: compliant where all is in place or not applicable (or not tested, which makes the
  assessment partial); compliant with legal exception where only laws stand in the way;
  otherwise, and while anything is missing, non-compliant.
- Last year's answer is only proposed: it counts once somebody says that it is still true. An
  answer whose date has passed, or that the new form does not allow, is not even proposed.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

LONGEST = 4000


class Answer(StrEnum):
    IN_PLACE = "in_place"
    IN_PLACE_WITH_CCW = "in_place_with_ccw"
    NOT_APPLICABLE = "not_applicable"
    NOT_TESTED = "not_tested"
    NOT_IN_PLACE = "not_in_place"


class Overall(StrEnum):
    COMPLIANT = "compliant"
    LEGAL_EXCEPTION = "compliant_with_legal_exception"
    NON_COMPLIANT = "non_compliant"


WORKSHEET = {
    "constraints": "Why the requirement cannot be met as it stands",
    "definition": "The control that is there instead",
    "objective": "What the requirement is for, and what the other control does for it",
    "risk": "The risk that is left",
    "validation": "How the control was tried",
    "maintenance": "How it is kept working",
}
"""The six parts of the worksheet of a compensating control, in their order."""


@dataclass(frozen=True)
class Given:
    """One answer to one line."""

    answer: str
    note: str = ""
    """The reason, the results, or for a legal exception how the law forbids it."""
    worksheet: Mapping[str, str] = field(default_factory=dict)
    due_on: date | None = None
    actions: str = ""
    is_legal: bool = False
    is_carried: bool = False
    """Whether it was last year's answer, and somebody said that it is still true."""
    source: str = ""
    """Whose control and evidence it rests on, where the operator offered it."""

    def to_json(self) -> dict[str, Any]:
        """Return what stands beside the answer, as JSON values; what is empty is left out."""
        whole: dict[str, Any] = {
            "note": self.note,
            "worksheet": dict(self.worksheet),
            "due_on": self.due_on.isoformat() if self.due_on else "",
            "actions": self.actions,
            "is_legal": self.is_legal,
            "is_carried": self.is_carried,
            "source": self.source,
        }
        return {name: value for name, value in whole.items() if value}


@dataclass(frozen=True)
class Asked:
    """What a form asks of an answer to one of its lines."""

    allowed: Collection[str]
    tells_results: bool = False


@dataclass(frozen=True)
class Standing:
    """What the answers to a form come to."""

    overall: Overall
    missing: tuple[str, ...]
    is_partial: bool
    counts: Mapping[str, int]
    target: date | None
    """The latest day by which what is not in place will be, where every such answer has one."""


def of_json(answer: str, kept: Mapping[str, Any]) -> Given:
    """Return the answer that `Given.to_json` was made of."""
    due = kept.get("due_on")
    return Given(
        answer=answer,
        note=str(kept.get("note", "")),
        worksheet={name: str(text) for name, text in kept.get("worksheet", {}).items()},
        due_on=date.fromisoformat(due) if due else None,
        actions=str(kept.get("actions", "")),
        is_legal=bool(kept.get("is_legal")),
        is_carried=bool(kept.get("is_carried")),
        source=str(kept.get("source", "")),
    )


def only_what_counts(given: Given) -> Given:
    """Return an answer without what belongs to other answers: a page sends all its fields."""
    note = given.note.strip()
    bare = Given(given.answer, note, is_carried=given.is_carried, source=given.source)
    if given.answer == Answer.IN_PLACE_WITH_CCW:
        parts = {name: given.worksheet.get(name, "").strip() for name in WORKSHEET}
        return replace(bare, worksheet=parts)
    if given.answer == Answer.NOT_IN_PLACE:
        if given.is_legal:
            return replace(bare, is_legal=True)
        return replace(bare, due_on=given.due_on, actions=given.actions.strip())
    return bare


def problem(given: Given, asked: Asked, *, today: date) -> str:
    """Say what is wrong with an answer; empty where nothing is."""
    if given.answer not in asked.allowed:
        known = set(Answer)
        if given.answer in known:
            return "this form does not take that answer"
        return "choose one of the answers"
    if any(len(text) > LONGEST for text in (given.note, given.actions, *given.worksheet.values())):
        return f"a text is longer than {LONGEST} characters"
    return _CHECKS[Answer(given.answer)](given, asked, today)


def standing(lines: Iterable[str], given: Mapping[str, Given]) -> Standing:
    """Return what the answers come to; `given` holds the last answer of each answered line."""
    wanted = list(lines)
    missing = tuple(line for line in wanted if line not in given)
    found = [given[line] for line in wanted if line in given]
    counts = {
        answer.value: count
        for answer in Answer
        if (count := sum(one.answer == answer for one in found))
    }
    open_ones = [one for one in found if one.answer == Answer.NOT_IN_PLACE]
    days = [one.due_on for one in open_ones if one.due_on]
    overall = Overall.COMPLIANT
    if missing or any(not one.is_legal for one in open_ones):
        overall = Overall.NON_COMPLIANT
    elif open_ones:
        overall = Overall.LEGAL_EXCEPTION
    promised = [one for one in open_ones if not one.is_legal]
    return Standing(
        overall=overall,
        missing=missing,
        is_partial=bool(counts.get(Answer.NOT_TESTED)),
        counts=counts,
        target=max(days) if days and len(days) == len(promised) else None,
    )


def proposed(
    before: Mapping[str, Given],
    titles_before: Mapping[str, str],
    titles_now: Mapping[str, str],
    asked: Asked,
    *,
    today: date,
) -> dict[str, Given]:
    """Return last year's answers that may be put before the merchant again, line by line."""
    return {
        line: replace(given, is_carried=True)
        for line, given in before.items()
        if line in titles_now
        and titles_now[line] == titles_before.get(line)
        and not problem(given, asked, today=today)
    }


def _in_place(given: Given, asked: Asked, _today: date) -> str:
    return "tell the results of the test" if asked.tells_results and not given.note else ""


def _with_worksheet(given: Given, _asked: Asked, _today: date) -> str:
    empty = [
        words for name, words in WORKSHEET.items() if not given.worksheet.get(name, "").strip()
    ]
    return f"fill in the worksheet: {empty[0]}" if empty else ""


def _reasoned(given: Given, _asked: Asked, _today: date) -> str:
    return "" if given.note else "say why"


def _not_in_place(given: Given, _asked: Asked, today: date) -> str:
    if given.is_legal:
        return "" if given.note else "say which law forbids it, and how"
    if given.due_on is None:
        return "say by when it will be in place, or that a law forbids it"
    if given.due_on < today:
        return "the day by which it will be in place has passed"
    return "" if given.actions else "say what will be done"


_CHECKS = {
    Answer.IN_PLACE: _in_place,
    Answer.IN_PLACE_WITH_CCW: _with_worksheet,
    Answer.NOT_APPLICABLE: _reasoned,
    Answer.NOT_TESTED: _reasoned,
    Answer.NOT_IN_PLACE: _not_in_place,
}
