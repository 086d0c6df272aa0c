"""Looks at the whole programme at once: questions, mistakes, score, gaps, and the plan.

Everything is computed from what is known at this moment; nothing of it is stored.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from audits.coverage import State
from controls.readiness_file import BY_HAND, Entry, Kind
from readiness import registry, steps
from readiness.detection import Judgement
from readiness.facts import Facts, Missed
from readiness.gaps import Deed, Gap, GapKind, queued
from readiness.models import Answer, StepVersion
from readiness.programme import programme
from readiness.programme import weights as programme_weights
from readiness.score import Asked, Judged, Score, Value, Verdict, by_group, score
from readiness.standing import Backing, Standing

_USUAL = 2


@dataclass(frozen=True)
class Question:
    """One question with the answer that stands, and what stands behind that today."""

    entry: Entry
    answer: Answer | None
    backing: Backing
    standings: Sequence[Standing]

    @property
    def asked(self) -> Asked:
        value = Value(self.answer.value) if self.answer else None
        reason = self.answer.reason if self.answer else ""
        group = self.entry.group or ""
        return Asked(self.entry.id, group, self.entry.weight, value, reason, self.backing)


@dataclass(frozen=True)
class Mistake:
    entry: Entry
    judgement: Judgement


@dataclass(frozen=True)
class Step:
    """One step of the plan: what people said of it, and whether the data shows that it is done."""

    entry: Entry
    version: StepVersion | None
    is_shown: bool
    fact: str

    @property
    def is_ticked(self) -> bool:
        return self.version is not None and self.version.is_ticked

    @property
    def is_done(self) -> bool:
        return self.is_shown or self.is_ticked

    def is_overdue(self, today: date) -> bool:
        due = self.version.due_on if self.version else None
        return due is not None and due < today and not self.is_done


@dataclass(frozen=True)
class Phase:
    entry: Entry
    steps: Sequence[Step]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)


class Survey:
    """The programme as it stands now; each part is computed once, when somebody asks for it."""

    def __init__(self) -> None:
        self._programme = programme()
        questions = self._programme.entries(Kind.QUESTION)
        self.facts = Facts(questions={entry.id: entry.expectations for entry in questions})

    @cached_property
    def questions(self) -> Sequence[Question]:
        return [
            Question(
                entry,
                self.facts.answers.get(entry.id),
                self.facts.backing_of(entry.expectations),
                self.facts.standings_of(entry.expectations),
            )
            for entry in self._programme.entries(Kind.QUESTION)
        ]

    @cached_property
    def mistakes(self) -> Sequence[Mistake]:
        entries = self._programme.entries(Kind.MISTAKE)
        return [Mistake(entry, registry.judged(entry, self.facts)) for entry in entries]

    @cached_property
    def score(self) -> Score:
        judged = [
            Judged(one.entry.id, one.entry.weight, one.judgement.verdict) for one in self.mistakes
        ]
        return score([one.asked for one in self.questions], judged)

    @cached_property
    def groups(self) -> Mapping[str, Score]:
        return by_group(one.asked for one in self.questions)

    @cached_property
    def phases(self) -> Sequence[Phase]:
        versions = steps.standing()
        return [
            Phase(
                phase, [self._step(step, versions) for step in self._programme.steps_of(phase.id)]
            )
            for phase in self._programme.entries(Kind.PHASE)
        ]

    @cached_property
    def gaps(self) -> Sequence[Gap]:
        weights = programme_weights()
        return queued(
            [
                *self._mistakes(),
                *self._questions(),
                *self._controls(weights),
                *self._missed(weights),
            ]
        )

    def shown(self, entry: Entry) -> Judgement | None:
        """Return what the data says of an entry, which stands for what should be; None: nothing."""
        if entry.detector != BY_HAND:
            return registry.judged(entry, self.facts)
        if entry.expectations:
            return registry.detectors()["evidence_in_force"](entry, self.facts)
        return None

    def _step(self, entry: Entry, versions: Mapping[str, StepVersion]) -> Step:
        judgement = self.shown(entry)
        if judgement is None:
            return Step(entry, versions.get(entry.id), is_shown=False, fact="")
        is_shown = judgement.verdict is Verdict.CLEAR
        return Step(entry, versions.get(entry.id), is_shown, judgement.reason)

    def _mistakes(self) -> Iterator[Gap]:
        for one in self.mistakes:
            if one.judgement.verdict is Verdict.FOUND:
                entry, rows = one.entry, one.judgement.count
                why = f"{one.judgement.reason} Rows: {rows:,}."
                yield Gap(
                    GapKind.MISTAKE, entry.weight, entry.id, entry.text, why, Deed.LOOK, entry.id
                )

    def _questions(self) -> Iterator[Gap]:
        for one in self.questions:
            if one.asked.is_shown or not one.asked.applies:
                continue
            deed, key, why = self._next(one)
            entry = one.entry
            yield Gap(GapKind.QUESTION, entry.weight, entry.id, entry.text, why, deed, key)

    def _next(self, one: Question) -> tuple[Deed, str, str]:
        """Say what to do about a question that is not shown, and why."""
        if one.answer is None:
            return Deed.ANSWER, one.entry.id, "Not answered yet."
        said = f"Answered {one.answer.get_value_display().lower()}."
        for standing in one.standings:
            lack = standing.lack(self.facts.today)
            if lack:
                deed, key = _deed(standing, self.facts.today)
                return deed, key, f"{said} {standing.title}: {lack}."
        return Deed.ANSWER, one.entry.id, f"{said} Answer it anew once this has changed."

    def _controls(self, weights: Mapping[str, int]) -> Iterator[Gap]:
        for ref, standings in self._by_control().items():
            if any(standing.item for standing in standings):
                continue
            first = standings[0]
            count = len(standings)
            why = f"Nothing has come of what it must leave: {first.title}"
            why += f", and {count - 1} more." if count > 1 else "."
            deed, key = _deed(first, self.facts.today)
            title = f"{ref} {first.control_title}"
            yield Gap(GapKind.CONTROL, weights.get(ref, _USUAL), ref, title, why, deed, key)

    def _missed(self, weights: Mapping[str, int]) -> Iterator[Gap]:
        spoken = {
            one.slug
            for found in self._by_control().values()
            for one in found
            if any(each.item for each in found)
        }
        for slug, missed in self.facts.missed(spoken).items():
            standing = self.facts.standings[slug]
            weight = weights.get(standing.control, _USUAL)
            weight = weight if missed.counts.keys() & {State.MISSED, State.FAILING} else 1
            deed, key = _deed(standing, self.facts.today)
            title = f"{standing.control} {standing.title}"
            why = _counted(missed)
            yield Gap(GapKind.OCCURRENCE, weight, slug, title, why, deed, key)

    def _by_control(self) -> Mapping[str, Sequence[Standing]]:
        controls: dict[str, list[Standing]] = {}
        for standing in self.facts.standings.values():
            controls.setdefault(standing.control, []).append(standing)
        return controls


def _deed(standing: Standing, today: date) -> tuple[Deed, str]:
    """Return what brings an expectation forward: a review, a look, a source, or a hand-in."""
    backing = standing.backing(today)
    if standing.item and backing is Backing.UNREVIEWED:
        return Deed.REVIEW, str(standing.item.key)
    if standing.item and backing is Backing.CONTRADICTED:
        return Deed.READ, str(standing.item.key)
    if standing.collector:
        return Deed.CONNECT, standing.collector
    return Deed.HAND_IN, str(standing.key)


def _counted(missed: Missed) -> str:
    told = ", ".join(f"{count} {state}" for state, count in sorted(missed.counts.items()))
    return f"Since the last quarter began: {told}. The last one ended on {missed.last.end}."
