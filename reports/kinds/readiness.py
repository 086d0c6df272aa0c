"""Readiness: the score, what stands behind each answer, every gap with its next deed, the plan."""

from collections.abc import Iterator

from readiness.gaps import Deed
from readiness.score import Verdict
from readiness.standing import Backing
from readiness.survey import Question, Survey
from reports.written.document import (
    Column,
    Document,
    Figure,
    Figures,
    Mark,
    Points,
    Row,
    Section,
    Table,
    Tone,
    Words,
)
from reports.written.registry import Asked, Kind

BACKINGS = {
    Backing.PROVEN: Tone.GOOD,
    Backing.UNREVIEWED: Tone.WARN,
    Backing.PARTLY: Tone.WARN,
    Backing.CLAIM: Tone.BAD,
    Backing.CONTRADICTED: Tone.BAD,
}
_VERDICTS = {
    Verdict.FOUND: Mark("found", Tone.BAD),
    Verdict.CLEAR: Mark("not found", Tone.GOOD),
    Verdict.NOT_JUDGED: Mark("not judged", Tone.WARN),
}
_DEEDS = {
    Deed.ANSWER: "Answer the question",
    Deed.LOOK: "Look at what was found",
    Deed.HAND_IN: "Hand in evidence",
    Deed.CONNECT: "Connect a source",
    Deed.REVIEW: "Review the evidence",
    Deed.READ: "Read what was found",
}
_GAPS = (
    Column("Weight", 7, is_number=True),
    Column("Kind", 16, wraps=True),
    Column("What is missing", 42, wraps=True),
    Column("Why", 40, wraps=True),
    Column("Next", 20, wraps=True),
)
_QUESTIONS = (
    Column("Group", 13, wraps=True),
    Column("Question", 40, wraps=True),
    Column("Answer", 12),
    Column("What stands behind it", 16),
    Column("What is lacking", 44, wraps=True),
)
_MISTAKES = (
    Column("Mistake", 56, wraps=True),
    Column("Verdict", 12),
    Column("Why", 52, wraps=True),
)
_PLAN = (
    Column("Phase", 20, wraps=True),
    Column("Step", 40, wraps=True),
    Column("Owner", 18, wraps=True),
    Column("Due", 11),
    Column("State", 11),
    Column("What shows it", 44, wraps=True),
)
_NOTES = (
    (
        "A question counts with its weight, and earns it only where the answer is yes and accepted "
        "evidence that is still in force shows all of it. A claim earns nothing."
    ),
    (
        "The score is a whole percentage, rounded down. It judges the programme of today, not "
        "a past window: for that see the coverage report."
    ),
)


def build(asked: Asked) -> Document:
    survey = Survey()
    return Document(
        title="Readiness report",
        subtitle="The programme as it stands, with gaps and plan",
        sections=[
            Section("Where we stand", [Words(sentence(survey)), Figures(_figures(survey))]),
            Section("What keeps us from being ready", [_hindrances(survey)]),
            Section("Gaps", [_gaps(survey)], begins_page=True),
            Section("Questions", [_questions(survey)]),
            Section("Common mistakes", [_mistakes(survey)]),
            Section("Plan", [_plan(survey)]),
        ],
        as_of=asked.at,
        notes=_NOTES,
    )


def sentence(survey: Survey) -> str:
    """Say in a sentence whether the programme is ready."""
    score = survey.score
    if not any(question.answer for question in survey.questions):
        return "No question of the programme is answered yet, so nothing can be called ready."
    said = "is ready" if score.is_ready else "is not ready"
    return (
        f"The programme {said}: {score.shown:,} of {score.applying:,} questions that apply are "
        f"answered yes and shown by accepted evidence, which earns {score.points} percent."
    )


def _figures(survey: Survey) -> list[Figure]:
    score, gaps = survey.score, survey.gaps
    found = sum(one.judgement.verdict is Verdict.FOUND for one in survey.mistakes)
    groups = [
        Figure(_titled(name), part.points, f"percent; {part.shown} of {part.applying} shown")
        for name, part in survey.groups.items()
    ]
    return [
        Figure("Score in percent", score.points, "of the weight that applies"),
        Figure("Ready", score.is_ready, "only when nothing stands on words alone"),
        Figure("Gaps", len(gaps), "in the queue below"),
        Figure("Common mistakes found", found, f"of {len(survey.mistakes)} that are looked for"),
        *groups,
    ]


def _hindrances(survey: Survey) -> Points | Words:
    lines = [one.words for one in survey.score.hindrances]
    return Points(lines) if lines else Words("Nothing: every question that applies is shown.")


def _gaps(survey: Survey) -> Table:
    rows: list[Row] = [
        [gap.weight, gap.kind.words, gap.title, gap.why, _DEEDS[gap.deed]] for gap in survey.gaps
    ]
    return Table("Gaps", _GAPS, rows, empty="No gap is known.")


def _questions(survey: Survey) -> Table:
    today = survey.facts.today

    def rows() -> Iterator[Row]:
        for one in survey.questions:
            lacks = [
                f"{each.title}: {lack}." for each in one.standings if (lack := each.lack(today))
            ]
            shown = Mark(one.backing.words, BACKINGS[one.backing])
            if one.answer is None and one.backing is Backing.CLAIM:
                shown = Mark("Nothing shown", Tone.QUIET)
            group = _titled(one.entry.group or "")
            yield [group, one.entry.text, answer(one), shown, "\n".join(lacks)]

    return Table("Questions", _QUESTIONS, rows, empty="The programme asks no question.")


def answer(question: Question) -> str:
    """Return the answer in force as a word."""
    return question.answer.get_value_display() if question.answer else "not answered"


def _mistakes(survey: Survey) -> Table:
    rows: list[Row] = [
        [one.entry.text, _VERDICTS[one.judgement.verdict], one.judgement.reason]
        for one in survey.mistakes
    ]
    return Table("Common mistakes", _MISTAKES, rows, empty="No mistake is looked for.")


def _plan(survey: Survey) -> Table:
    today = survey.facts.today

    def rows() -> Iterator[Row]:
        for phase in survey.phases:
            for step in phase.steps:
                version = step.version
                owner = str(version.owner) if version and version.owner else None
                state = Mark("open", Tone.QUIET)
                if step.is_done:
                    state = Mark("shown" if step.is_shown else "ticked", Tone.GOOD)
                elif step.is_overdue(today):
                    state = Mark("overdue", Tone.BAD)
                due = version.due_on if version else None
                yield [phase.entry.text, step.entry.text, owner, due, state, step.fact]

    return Table("Plan", _PLAN, rows, empty="The plan has no step.")


def _titled(name: str) -> str:
    return name.replace("_", " ").capitalize() or "Other"


KIND = Kind(
    title="Readiness report",
    sentence="The score, what stands behind each answer, every gap with its next deed, the plan.",
    build=build,
)
