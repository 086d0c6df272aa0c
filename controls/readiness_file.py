"""Reads what a programme asks of itself: questions, mistakes, rules, phases, signals and the rest.

Each file of `readiness/` holds the entries of one kind. An entry says something in our words and
points to what shows it: controls, expectations, checks, a library (area), a field of a record, or
the detector that finds it in the data. Detectors are named here and built where the data is; an
entry without one is answered by a person. Pure: what is known of the catalogue is handed in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field

from controls.errors import CatalogueError, Problem
from controls.file_shape import Line, Name, Ref, Shape, Slug, Whole, load, looks_like
from controls.yaml_source import Place, Source


class Kind(StrEnum):
    QUESTION = "question"
    MISTAKE = "mistake"
    RULE = "rule"
    BUYER_QUESTION = "buyer_question"
    CLOSING_QUESTION = "closing_question"
    GOOD_SIGN = "good_sign"
    ACTION = "action"
    PHASE = "phase"
    STEP = "step"
    SIGNAL = "signal"
    TRACE_FIELD = "trace_field"
    SECRET_KIND = "secret_kind"  # noqa: S105 - the name of a kind, no password
    COMPARISON = "comparison"
    WEBHOOK_CONTROL = "webhook_control"
    LIBRARY = "library"
    METADATA_FIELD = "metadata_field"


BY_HAND = "by_hand"
"""In the place of a detector: a person answers."""


Field_ = Annotated[
    str, looks_like(r"[a-z_]+\.[A-Z][A-Za-z]+\.[a-z_]+", "evidence.Evidence.sensitivity")
]


class Entry(Shape):
    """One thing that a programme asks of itself; `weight` ranks gaps, 5 is the gravest."""

    id: Slug
    text: Line
    group: Slug | Name | None = None
    controls: tuple[Ref, ...] = ()
    expectations: tuple[Slug, ...] = ()
    checks: tuple[Slug, ...] = ()
    area: Name | None = None
    field: Field_ | None = None
    column: Name | None = None
    detector: Name = BY_HAND
    weight: Annotated[Whole, Field(ge=1, le=5)] = 1
    weeks: Annotated[Whole, Field(ge=1, le=52)] | None = None


class ReadinessFile(Shape):
    kind: Kind
    title: Line
    entries: tuple[Entry, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Known:
    """What entries may point to; `columns` are those of each expectation by its slug."""

    controls: frozenset[str]
    columns: Mapping[str, frozenset[str]]
    checks: frozenset[str]
    areas: frozenset[str]


@dataclass(frozen=True)
class Programme:
    """All entries, each kind in the order of its file."""

    files: Mapping[Kind, ReadinessFile]

    def entries(self, kind: Kind) -> tuple[Entry, ...]:
        return self.files[kind].entries if kind in self.files else ()

    def steps_of(self, phase: str) -> tuple[Entry, ...]:
        """Return the steps of a phase, in their order."""
        return tuple(step for step in self.entries(Kind.STEP) if step.group == phase)

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(entry.id for file in self.files.values() for entry in file.entries)


def read_programme(folder: Path, *, known: Known | None) -> Programme:
    """Return the entries of a folder; raises CatalogueError with file, line and reason of faults.

    A folder that is not there holds no entries: a catalogue of one's own need not have any.
    Without `known` nobody looks whether what the entries point to is there: who works with a
    loaded catalogue sees it in the database.
    """
    problems: list[Problem] = []
    read: list[tuple[ReadinessFile, Source]] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            read.append(load(path, ReadinessFile, name=f"{folder.name}/{path.name}"))
        except CatalogueError as error:
            problems.extend(error.problems)
    if not problems and known is not None:
        problems = _Examination(known, read).run()
    if problems:
        raise CatalogueError(*sorted(problems))
    return Programme({file.kind: file for file, _ in read})


class _Examination:
    def __init__(self, known: Known, read: list[tuple[ReadinessFile, Source]]) -> None:
        self._known = known
        self._read = read
        self._problems: list[Problem] = []
        self._seen: dict[str, str] = {}
        self._phases = {
            entry.id for file, _ in read if file.kind is Kind.PHASE for entry in file.entries
        }

    def run(self) -> list[Problem]:
        for file, source in self._read:
            self._once(f"the kind {file.kind}", source, ("kind",))
            for position, entry in enumerate(file.entries):
                place: Place = ("entries", position)
                self._once(f"the entry {entry.id}", source, (*place, "id"))
                self._pointers(entry, source, place)
                if file.kind is Kind.STEP and entry.group not in self._phases:
                    self._note(source, (*place, "group"), f"there is no phase {entry.group}")
        return self._problems

    def _note(self, source: Source, place: Place, reason: str) -> None:
        self._problems.append(Problem(source.name, source.line(place), reason))

    def _once(self, what: str, source: Source, place: Place) -> None:
        here = f"{source.name}, line {source.line(place)}"
        first = self._seen.setdefault(what, here)
        if first != here:
            self._note(source, place, f"{what} stands a second time; first in {first}")

    def _pointers(self, entry: Entry, source: Source, place: Place) -> None:
        known = self._known
        for key, what, names, there in (
            ("controls", "control", entry.controls, known.controls),
            ("expectations", "expectation", entry.expectations, known.columns.keys()),
            ("checks", "check", entry.checks, known.checks),
        ):
            for position, name in enumerate(names):
                if name not in there:
                    self._note(source, (*place, key, position), f"there is no {what} {name}")
        if entry.area is not None and entry.area not in known.areas:
            self._note(source, (*place, "area"), f"there is no area {entry.area}")
        columns = {
            name for slug in entry.expectations for name in known.columns.get(slug, frozenset())
        }
        if entry.column is not None and entry.column not in columns:
            reason = f"the expectations of {entry.id} have no column {entry.column}"
            self._note(source, (*place, "column"), reason)
        if not (entry.controls or entry.expectations or entry.area or entry.field):
            self._note(source, place, f"{entry.id} points to nothing that shows it")
