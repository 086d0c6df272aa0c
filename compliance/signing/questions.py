"""What stands in the fields of a page, and what the fields of an answered page say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from compliance.signing.steps import Step, Way
from merchants import answering, answers, official_texts, supporting
from merchants.answering import Said
from merchants.answers import WORKSHEET, Answer, Given
from merchants.questionnaire import Line, Part, Statement

WORDS = {
    Answer.IN_PLACE: gettext_lazy("In place"),
    Answer.IN_PLACE_WITH_CCW: gettext_lazy("In place, by another control"),
    Answer.NOT_APPLICABLE: gettext_lazy("Does not apply to us"),
    Answer.NOT_TESTED: gettext_lazy("Was not tested"),
    Answer.NOT_IN_PLACE: gettext_lazy("Not in place yet"),
}
_MOST = 20_000


@dataclass(frozen=True)
class LineShown:
    """One line with its fields."""

    line: Line
    choices: Sequence[tuple[str, str, bool]]
    given: Given
    due: str
    worksheet: Sequence[tuple[str, str, str]]
    error: str
    last_year: str
    """The words of the answer on the form before, where it waits for its confirmation."""
    offered: str
    """What the operator does about it, where that waits for its confirmation."""
    source: str
    official: str = ""
    """The official wording, where a licence holder loaded it."""


@dataclass(frozen=True)
class StatementShown:
    statement: Statement
    official: str
    chosen: str
    error: str


@dataclass(frozen=True)
class PartShown:
    part: Part
    text: str
    error: str
    is_of_last_year: bool


@dataclass(frozen=True)
class Shown:
    """Everything on one page."""

    lines: Sequence[LineShown]
    statements: Sequence[StatementShown]
    parts: Sequence[PartShown]


def typed(sent: QueryDict) -> dict[str, str]:
    """Return the fields as they were typed; no database keeps the character that ends strings."""
    return {name: str(sent[name]).replace("\0", "")[:_MOST] for name in sent}


def read(way: Way, step: Step, fields: Mapping[str, str]) -> Said:
    """Return what the fields of a page say; a line without a chosen answer says nothing."""
    proposed = _proposed(way) if any(name.startswith("c-") for name in fields) else {}
    lines = {}
    for line in step.lines:
        if fields.get(f"a-{line.id}"):
            lines[line.id] = _given(line.id, fields)
        elif fields.get(f"c-{line.id}") and line.id in proposed:
            lines[line.id] = proposed[line.id]
    said = {one.id: fields.get(f"s-{one.id}", "") for one in step.statements}
    statements = {name: word == "yes" for name, word in said.items() if word in {"yes", "no"}}
    parts = {
        one.id: fields[f"p-{one.id}"] for one in step.parts if fields.get(f"p-{one.id}") is not None
    }
    return Said(lines, statements, parts)


def neat(said: Said) -> Said:
    """Return what was said without what belongs to answers that were not chosen."""
    return Said(
        {line: answers.only_what_counts(given) for line, given in said.lines.items()},
        said.statements,
        {name: text.replace("\r\n", "\n").strip() for name, text in said.parts.items()},
    )


def shown(way: Way, step: Step, fields: Mapping[str, str], problems: Mapping[str, str]) -> Shown:
    """Return a page with what was typed, or else with what is kept."""
    proposed = _proposed(way) if step.lines else {}
    said = way.known.said
    asked = [line.id for line in step.lines] + [one.id for one in step.statements]
    official = official_texts.beside(way.known.questionnaire, asked)
    return Shown(
        [
            replace(
                _line(way, line, fields, problems.get(line.id, ""), proposed.get(line.id)),
                official=official.get(line.id, ""),
            )
            for line in step.lines
        ],
        [
            StatementShown(
                one,
                official.get(one.id, ""),
                fields.get(f"s-{one.id}") or _yes_no(said.statements.get(one.id)),
                problems.get(one.id, ""),
            )
            for one in step.statements
        ],
        list(_parts(way, step, fields, problems)),
    )


def words_of(given: Given) -> str:
    """Return an answer in a few words, as the merchant reads it again."""
    said = str(WORDS[Answer(given.answer)])
    beside = given.note or given.actions
    return f"{said}: {beside}" if beside else said


def _parts(
    way: Way, step: Step, fields: Mapping[str, str], problems: Mapping[str, str]
) -> Sequence[PartShown]:
    before = answering.proposed_parts(way.known) if step.parts else {}
    kept = {**before, **way.known.said.parts}
    return [
        PartShown(
            one,
            fields.get(f"p-{one.id}", kept.get(one.id, "")),
            problems.get(one.id, ""),
            one.id in before,
        )
        for one in step.parts
    ]


def _line(
    way: Way,
    line: Line,
    fields: Mapping[str, str],
    error: str,
    before: Given | None,
) -> LineShown:
    is_typed = f"a-{line.id}" in fields
    kept = way.known.said.lines.get(line.id, Given(""))
    given = _given(line.id, fields) if is_typed else kept
    due = fields.get(f"d-{line.id}", "") if is_typed else ""
    return LineShown(
        line=line,
        choices=[
            (word, str(WORDS[Answer(word)]), word == given.answer)
            for word in way.known.questionnaire.answers
        ],
        given=given,
        due=due or (given.due_on.isoformat() if given.due_on else ""),
        worksheet=[
            (name, _(words), given.worksheet.get(name, "")) for name, words in WORKSHEET.items()
        ],
        error=error,
        last_year=words_of(before) if before and before.is_carried else "",
        offered=words_of(before) if before and before.source and not before.is_carried else "",
        source=before.source if before else "",
    )


def _given(line: str, fields: Mapping[str, str]) -> Given:
    return Given(
        answer=fields.get(f"a-{line}", ""),
        note=fields.get(f"n-{line}", ""),
        worksheet={name: fields.get(f"w-{line}-{name}", "") for name in WORKSHEET},
        due_on=_day(fields.get(f"d-{line}", "")),
        actions=fields.get(f"x-{line}", ""),
        is_legal=bool(fields.get(f"l-{line}")),
    )


def _yes_no(is_true: bool | None) -> str:
    if is_true is None:
        return ""
    return "yes" if is_true else "no"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _proposed(way: Way) -> dict[str, Given]:
    today = timezone.now().date()
    return {
        **supporting.proposed(way.known, today=today),
        **answering.proposed(way.known, today=today),
    }
