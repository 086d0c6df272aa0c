"""The library of answers: the entries of the register "Answers to buyers", and their wordings.

The register keeps every version of an answer, its owner, its reader and the day to read it again.
A wording that a person confirmed for an answer is kept beside it, and found again word by word.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from django.db.models import Max
from pydantic import BaseModel, ConfigDict, TypeAdapter

from accounts.models import User
from audits import days
from audits.models import Engagement
from controls.models import Control, Expectation
from readiness.buyer_models import LearntWording
from readiness.buyers.backing import Backed, Ground, backed
from readiness.buyers.matching import Matcher, Wording, same
from readiness.errors import LibraryError
from readiness.facts import Facts
from registers import registry, sheets
from registers.models import Entry

REGISTER = "buyer_answers"
STARTER = Path(__file__).parent / "starter.yaml"
_READ_AGAIN = timedelta(days=365)
_ORIGIN = "Starter answers of Countersign, read and taken over"


@dataclass(frozen=True)
class LibraryAnswer:
    """One answer as it stands now."""

    key: int
    ref: str
    version: int
    question: str
    text: str
    short: str
    controls: tuple[str, ...]
    kinds: tuple[str, ...]
    owner: str
    read_again: date | None

    def is_overdue(self, today: date) -> bool:
        """Whether the day to read it again is over."""
        return self.read_again is not None and self.read_again < today


class Starter(BaseModel):
    """One answer to begin with, as the file ships it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    short: str
    topic: str
    answer: str
    controls: list[str]
    kinds: list[str]
    asked: list[str]


@dataclass(frozen=True)
class Library:
    """All that the library knows, read once."""

    engagement: Engagement | None = None

    @cached_property
    def answers(self) -> Mapping[int, LibraryAnswer]:
        """Every answer that stands, by the key of its entry."""
        found = Entry.objects.filter(register=REGISTER, is_active=True).order_by("number")
        return {entry.pk: _answer(entry) for entry in found}

    @cached_property
    def matcher(self) -> Matcher:
        """What finds the answer of a question; the wordings learnt last stand."""
        learnt = LearntWording.objects.filter(entry__in=self.answers).order_by("pk")
        own = [Wording(one.key, one.question) for one in self.answers.values()]
        taught = [Wording(*row) for row in learnt.values_list("entry", "text")]
        return Matcher([*own, *taught])

    @cached_property
    def ground(self) -> Ground:
        """How evidence stands today, or on the last day of a window that is over."""
        audit = self.engagement
        window = (audit.window_from, audit.window_to) if audit else None
        day = min(days.today(), window[1]) if window else days.today()
        return Ground(Facts(today=day).standings, day, window)

    def backed(self, answer: LibraryAnswer) -> Backed:
        """Return what stands behind an answer today, in the window of the engagement."""
        return backed(answer.controls, answer.kinds, self.ground)


def starters() -> Sequence[Starter]:
    """Return the answers to begin with, out of their file."""
    return TypeAdapter(list[Starter]).validate_python(yaml.safe_load(STARTER.read_text("utf-8")))


def fitting() -> list[Starter]:
    """Return the answers to begin with that speak of controls of this programme, and of no other.

    What is not in the programme is left out of an answer, and an answer of nothing else as a whole.
    """
    shipped = starters()
    refs = {ref for one in shipped for ref in one.controls}
    slugs = {slug for one in shipped for slug in one.kinds}
    known = set(Control.objects.filter(ref__in=refs).values_list("ref", flat=True))
    kinds = set(Expectation.objects.filter(slug__in=slugs).values_list("slug", flat=True))
    fitted = (
        one.model_copy(
            update={
                "controls": [ref for ref in one.controls if ref in known],
                "kinds": [slug for slug in one.kinds if slug in kinds],
            }
        )
        for one in shipped
    )
    return [one for one in fitted if one.controls]


def is_empty() -> bool:
    return not Entry.objects.filter(register=REGISTER).exists()


def begin(*, by: User, read_by: str) -> Iterator[tuple[Entry, Starter]]:
    """Take the starter answers into an empty register, in one deed; yield each with its source.

    `by` stands for their wording from now on, and `read_by` is the address of who has read them
    too. Raises NotAllowedError, LibraryError where there are answers, SheetError.
    """
    if not is_empty():
        raise LibraryError("The library has answers already; change those in the register.")
    register, shipped, today = registry.get(REGISTER), fitting(), days.today()
    if not shipped:
        raise LibraryError("The programme has none of their controls. Load the catalogue first.")
    head = [register.fields[name].label for name in _STARTED]
    lines = [
        (number, _line(one, by=by, read_by=read_by, today=today))
        for number, one in enumerate(shipped, 2)
    ]
    plan = sheets.plan(register, head=head, lines=lines)
    if refused := [line for line in plan.lines if line.problem]:
        raise LibraryError(f"{refused[0].said}: {refused[0].problem}")
    sheets.carry_out(plan, by=by, reason=_ORIGIN)
    made = {entry.values["question"]: entry for entry in Entry.objects.filter(register=REGISTER)}
    return ((made[one.question], one) for one in shipped)


def unknown(wordings: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return those of some wordings that the library does not know for their answer, each once."""
    keys = {key for key, _ in wordings}
    known = {
        (key, same(text))
        for key, text in LearntWording.objects.filter(entry__in=keys).values_list("entry", "text")
    }
    for key, values in Entry.objects.filter(pk__in=keys).values_list("pk", "values"):
        known.add((key, same(str(values.get("question", "")))))
    fresh = []
    for key, text in wordings:
        if (key, same(text)) not in known:
            known.add((key, same(text)))
            fresh.append((key, text))
    return fresh


def numbers(keys: set[int]) -> dict[int, int]:
    """Return the number of the last wording that each answer learnt."""
    rows = LearntWording.objects.filter(entry__in=keys).values_list("entry")
    return dict(rows.annotate(last=Max("number")).order_by())


_STARTED = (
    "question",
    "answer",
    "short",
    "topic",
    "controls",
    "kinds",
    "written_by",
    "read_by",
    "read_on",
    "read_again",
    "public",
)


def _line(one: Starter, *, by: User, read_by: str, today: date) -> list[object]:
    said: dict[str, object] = {
        **one.model_dump(exclude={"asked"}),
        "controls": " ".join(one.controls),
        "kinds": " ".join(one.kinds),
        "written_by": by.email,
        "read_by": read_by,
        "read_on": today.isoformat(),
        "read_again": (today + _READ_AGAIN).isoformat(),
        "public": "no",
    }
    return [said[name] for name in _STARTED]


def _answer(entry: Entry) -> LibraryAnswer:
    said: Mapping[str, Any] = entry.values

    def text(name: str) -> str:
        return str(said.get(name) or "")

    again = text("read_again")
    return LibraryAnswer(
        key=entry.pk,
        ref=entry.ref,
        version=entry.version,
        question=text("question"),
        text=text("answer"),
        short=text("short"),
        controls=tuple(text("controls").split()),
        kinds=tuple(text("kinds").split()),
        owner=text("written_by"),
        read_again=date.fromisoformat(again) if again else None,
    )
