"""Scores a programme, and refuses to call it ready as long as anything stands on words alone.

Rules:
- A question counts with its weight. It earns that only where the answer is yes and evidence that
  somebody accepted shows all of it; a claim, however often it is made, earns nothing.
- What does not apply, with a reason, is left out; a programme to which nothing applies is not
  ready, since nothing about it was shown.
- Ready is only who has every question that applies answered yes and proven, and no common mistake
  found or left unjudged. Whatever keeps it from being ready is said in words, the gravest first.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from readiness.standing import Backing


class Value(StrEnum):
    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"


class Verdict(StrEnum):
    """What a detector says of a mistake: it is there, it is not, or there is no data to judge."""

    FOUND = "found"
    CLEAR = "clear"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True)
class Asked:
    """One question with its answer, if any, and what stands behind that."""

    id: str
    group: str
    weight: int
    value: Value | None = None
    reason: str = ""
    backing: Backing = Backing.CLAIM

    @property
    def applies(self) -> bool:
        """A question falls away only for a reason."""
        return self.value is not Value.NOT_APPLICABLE or not self.reason.strip()

    @property
    def is_shown(self) -> bool:
        return self.value is Value.YES and self.backing is Backing.PROVEN


@dataclass(frozen=True)
class Judged:
    """One common mistake and what its detector says."""

    id: str
    weight: int
    verdict: Verdict


@dataclass(frozen=True)
class Hindrance:
    """What keeps a programme from being ready, in words, and how grave it is."""

    weight: int
    words: str


@dataclass(frozen=True)
class Score:
    """`points` is a whole percentage of the weight that applies, rounded down."""

    points: int
    is_ready: bool
    hindrances: tuple[Hindrance, ...]
    shown: int
    applying: int


def score(asked: Sequence[Asked], judged: Sequence[Judged]) -> Score:
    """Return how far a programme is, and what keeps it from being ready."""
    applying = [one for one in asked if one.applies]
    whole = sum(one.weight for one in applying)
    earned = sum(one.weight for one in applying if one.is_shown)
    hindrances = [*_of_answers(applying), *_of_mistakes(judged)]
    if not whole:
        hindrances.append(Hindrance(5, "Nothing applies, so nothing was shown."))
    return Score(
        points=100 * earned // whole if whole else 0,
        is_ready=not hindrances,
        hindrances=tuple(sorted(hindrances, key=lambda one: (-one.weight, one.words))),
        shown=sum(one.is_shown for one in applying),
        applying=len(applying),
    )


def by_group(asked: Iterable[Asked]) -> dict[str, Score]:
    """Return the score of each group of questions alone, in the order in which they come."""
    groups: dict[str, list[Asked]] = {}
    for one in asked:
        groups.setdefault(one.group, []).append(one)
    return {group: score(found, ()) for group, found in groups.items()}


_SHORT = {
    "unanswered": "not answered yet",
    "no": "answered no",
    "unreasoned": "said not to apply without a reason",
    Backing.CLAIM: "answered yes with nothing to show for it: a mere claim",
    Backing.PARTLY: "answered yes and shown in part only",
    Backing.UNREVIEWED: "answered yes by evidence that nobody has reviewed",
    Backing.CONTRADICTED: "answered yes although a check of the evidence found otherwise",
}


def _of_answers(applying: Sequence[Asked]) -> Iterable[Hindrance]:
    counted: Counter[str] = Counter()
    gravest: dict[str, int] = {}
    for one in applying:
        if one.is_shown:
            continue
        kind = _kind(one)
        counted[kind] += 1
        gravest[kind] = max(gravest.get(kind, 0), one.weight)
    for kind, count in counted.items():
        yield Hindrance(gravest[kind], f"{_counted(count, 'question')} {_SHORT[kind]}.")


def _kind(one: Asked) -> str:
    if one.value is None:
        return "unanswered"
    if one.value is Value.NO:
        return "no"
    return "unreasoned" if one.value is Value.NOT_APPLICABLE else one.backing


def _of_mistakes(judged: Sequence[Judged]) -> Iterable[Hindrance]:
    for verdict, words in (
        (Verdict.FOUND, "found in the data"),
        (Verdict.NOT_JUDGED, "not judged, because there is no data"),
    ):
        found = [one for one in judged if one.verdict is verdict]
        if found:
            weight = max(one.weight for one in found)
            yield Hindrance(weight, f"{_counted(len(found), 'common mistake')} {words}.")


def _counted(count: int, noun: str) -> str:
    return f"1 {noun} is" if count == 1 else f"{count} {noun}s are"
