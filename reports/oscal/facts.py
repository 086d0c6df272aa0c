"""What the OSCAL files say, as plain data: of the engagement as it was frozen, and of nothing else.

Days and moments are ISO 8601 text, digests SHA-256 in hex; refs are those of the pack.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Criterion:
    """A criterion in scope, by its id and a title in our own words."""

    ref: str
    title: str
    category: str


@dataclass(frozen=True)
class Category:
    """A category that was chosen, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Wording:
    """A wording of a control that was in force in the window."""

    number: int
    text: str
    effective_from: str


@dataclass(frozen=True)
class Control:
    """A control in scope, and how many occurrences of its evidence stood in each state."""

    ref: str
    title: str
    criteria: tuple[str, ...]
    wordings: tuple[Wording, ...]
    states: Mapping[str, int]
    accepted: int
    """Items of its evidence that a reviewer accepted and nothing replaced."""


@dataclass(frozen=True)
class Procedure:
    """What evidence a control must leave, and how often: what there is to examine."""

    slug: str
    title: str
    control: str
    kind: str
    cadence: str


@dataclass(frozen=True)
class File:
    """A file by its digest, and where it lies."""

    href: str
    sha256: str
    media_type: str


@dataclass(frozen=True)
class CheckRun:
    """One run of a check; `state` is passed, failed or error."""

    check: str
    state: str
    population: int | None
    exceptions: int | None


@dataclass(frozen=True)
class Item:
    """One version of an item of evidence."""

    ref: str
    title: str
    status: str
    file: File
    collected_at: str
    covers_from: str
    covers_to: str
    source_system: str
    controls: tuple[str, ...]
    procedures: tuple[str, ...]
    checks: tuple[CheckRun, ...]
    leaf: int


@dataclass(frozen=True)
class Population:
    """A sealed population, and the record that says how it was made."""

    ref: str
    control: str
    definition: str
    count: int
    items: tuple[str, ...]
    record: File
    at: str


@dataclass(frozen=True)
class Draw:
    """A draw from a population, with the latest results of its work sheet, counted."""

    ref: str
    population: str
    control: str
    method: str
    size: int
    of: int
    attributes: Mapping[str, str]
    """Titles by letter."""
    results: Mapping[str, Mapping[str, int]]
    """How many rows had each result, by letter; the latest result of a row counts."""
    records: tuple[File, ...]
    """The record of the draw, then those of its work sheet."""
    at: str
    latest_at: str

    def count(self, result: str) -> int:
        """Return how many results of all attributes together read so."""
        return sum(counts.get(result, 0) for counts in self.results.values())


@dataclass(frozen=True)
class Request:
    """What an auditor asked for, when it was answered, and with which items."""

    ref: str
    title: str
    text: str
    state: str
    refs: tuple[str, ...]
    items: tuple[str, ...]
    is_in_words: bool
    answered_at: str


@dataclass(frozen=True)
class Sighting:
    """One time that a deviation was seen."""

    step: int
    at: str
    is_by_check: bool
    exceptions: int | None
    population: int | None
    item: str


@dataclass(frozen=True)
class Action:
    """A corrective action; `outcome` is empty while it is open, else done or withdrawn."""

    number: int
    text: str
    owner: str
    planned_at: str
    due: str
    outcome: str
    ended_at: str
    words: str
    """What was said when it ended."""


@dataclass(frozen=True)
class Deviation:
    """A finding of the engagement: what was said last in each part, and all that was seen."""

    ref: str
    title: str
    state: str
    kind: str
    control: str
    procedure: str
    start: str
    end: str
    parts: Mapping[str, str]
    opened_at: str
    latest_at: str
    sightings: tuple[Sighting, ...]
    actions: tuple[Action, ...]


@dataclass(frozen=True)
class Supplier:
    """A subservice organisation; `method` is carve_out or inclusive."""

    name: str
    services: str
    method: str
    complementary_controls: tuple[str, ...]


@dataclass(frozen=True)
class CustomerControl:
    """A control that customers must operate."""

    ref: str
    criterion: str
    text: str


@dataclass(frozen=True)
class Facts:
    """Everything but the items, which may be many and pass by one at a time."""

    oscal_version: str
    origin: str
    """The name of the log, by which refs of two installations are told apart."""
    organisation: str
    firm: str
    engagement: str
    title: str
    type: str
    framework: str
    window_from: str
    window_to: str
    as_of: str
    issued_at: str
    version: str
    """Of the documents: the pack's reference, or the moment where there is no pack."""
    selection_sha256: str
    is_pack: bool
    categories: tuple[Category, ...]
    criteria: tuple[Criterion, ...]
    controls: tuple[Control, ...]
    procedures: tuple[Procedure, ...]
    populations: tuple[Population, ...] = ()
    draws: tuple[Draw, ...] = ()
    requests: tuple[Request, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    suppliers: tuple[Supplier, ...] = ()
    customer_controls: tuple[CustomerControl, ...] = ()
    items: frozenset[str] = frozenset()
    """Refs of all items."""
    items_by_control: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Refs of the items that claim something of a control."""

    def pairs(self) -> "Iterator[tuple[Control, str]]":
        """Yield every control with each criterion in scope that it serves."""
        known = {one.ref for one in self.criteria}
        for control in self.controls:
            for criterion in control.criteria:
                if criterion in known:
                    yield control, criterion
