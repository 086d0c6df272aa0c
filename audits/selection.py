"""What a pack froze: everything that it says beyond the immutable rows which it names.

Titles, mappings, names of people and settings may change after a pack was frozen, so they are
written down here, once. The text is RFC 8785 canonical JSON; its SHA-256 stands in the pack's leaf.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from audits.engagement_facts import EngagementFacts
from evidence import ledger

FORMAT = "countersign-selection/v1"
DISPOSED = "disposed of"
"""The state of a lack whose evidence was there, until its content was disposed of."""
NO_EXPECTATION = -1
"""The place of no expectation: such an item answered a request only."""


class Status(StrEnum):
    """What an item was when the pack was frozen."""

    CURRENT = "current"
    AWAITING_REVIEW = "awaiting review"
    RETURNED = "returned"
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Category:
    name: str
    reason: str
    ground: str = ""


@dataclass(frozen=True)
class About:
    """The engagement as it was."""

    ref: str
    title: str
    type: str
    framework: str
    firm: str
    categories: tuple[Category, ...]
    window_from: str
    window_to: str


@dataclass(frozen=True)
class Criterion:
    """A criterion in scope and the controls that served it."""

    ref: str
    title: str
    category: str
    controls: tuple[str, ...]


@dataclass(frozen=True)
class Control:
    """A control in scope: its title, the versions of its wording that were in force in the window,
    and for each month the number of occurrences in each state (in the order of `State`)."""

    ref: str
    title: str
    criteria: tuple[str, ...]
    versions: tuple[int, ...]
    months: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Expected:
    """An expectation in scope, and the control that asks for it."""

    slug: str
    title: str
    control: str
    kind: str
    cadence: str


@dataclass(frozen=True, slots=True)
class Item:
    """An evidence version: its leaves in the log, the evidence leaf first, and its claims in scope
    (places in the list of expectations)."""

    ref: str
    status: Status
    leaves: tuple[int, ...]
    expectations: tuple[int, ...]


@dataclass(frozen=True)
class Lack:
    """An occurrence that was not met in time, by the place of its expectation; or an item whose
    content was disposed of."""

    expectation: int
    start: str
    end: str
    due: str
    state: str
    reason: str
    evidence: tuple[str, ...]


class SampleKind(StrEnum):
    """What a record of the auditor's testing is; the value is the kind of its leaf."""

    POPULATION = "population"
    DRAW = "draw"
    WORKSHEET = "worksheet"
    REVERSE_TEST = "reversetest"
    REVERSE_ENTRY = "reverseentry"
    WALKTHROUGH = "walkthrough"


@dataclass(frozen=True)
class Sample:
    """A record of sampling, and the leaf that binds it."""

    kind: SampleKind
    ref: str
    leaf: int


@dataclass(frozen=True)
class Finding:
    """A finding as it stood: its state and the leaves of its history, in the order of its steps."""

    ref: str
    state: str
    leaves: tuple[int, ...]


@dataclass(frozen=True)
class Request:
    """A request and the leaves of its thread; the last one that asked or changed it binds its
    words. `owner` is a person as the log knows them, or a role."""

    ref: str
    number: int
    state: str
    title: str
    text: str
    refs: tuple[str, ...]
    due: str
    owner: str
    leaves: tuple[int, ...]


@dataclass(frozen=True)
class BoundTo:
    """For whom a pack is sealed: the auditor's nonce, and the request that asks for it."""

    nonce: str = ""
    request: str = ""


@dataclass(frozen=True)
class Continued:
    """The last pack that this auditor received, and the size of the log at its checkpoint; where
    the log does not continue one, the reason."""

    pack: str = ""
    size: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Selection:
    """A frozen selection; days and moments are ISO 8601 text."""

    organisation: str
    time_zone: str
    as_of: str
    about: About
    criteria: tuple[Criterion, ...]
    controls: tuple[Control, ...]
    expectations: tuple[Expected, ...]
    months: tuple[str, ...]
    totals: dict[str, int]
    items: tuple[Item, ...]
    shortfall: tuple[Lack, ...]
    people: dict[str, str]
    findings: tuple[Finding, ...] = ()
    samples: tuple[Sample, ...] = ()
    requests: tuple[Request, ...] = ()
    facts: EngagementFacts | None = None
    bound_to: BoundTo = BoundTo()
    continued: Continued = Continued()

    def expected(self, lack: Lack) -> Expected:
        """Return the expectation that something lacks for; an empty one where there is none."""
        if lack.expectation == NO_EXPECTATION:
            return Expected("", "An answer to a request", "", "", "")
        return self.expectations[lack.expectation]

    def counts(self) -> dict[str, Any]:
        """Return how long each list is, and which entries of the log stand behind all of them.

        This stands in the leaf of the pack: nobody can leave out the last draw, finding, review or
        step later, although no other entry points to it.
        """
        lists = (self.items, self.findings, self.requests)
        places = {leaf for listed in lists for one in listed for leaf in one.leaves}
        places |= {one.leaf for one in self.samples}
        places |= self.facts.leaves() if self.facts else frozenset()
        return {
            "items": len(self.items),
            "shortfall": len(self.shortfall),
            "findings": len(self.findings),
            "requests": len(self.requests),
            "samples": dict(Counter(one.kind.value for one in self.samples)),
            "entries": len(places),
            "entries_sha256": digest("".join(f"{place}\n" for place in sorted(places))),
        }

    def to_text(self) -> str:
        """Return the canonical JSON, with the long lists as rows."""
        described: dict[str, Any] = {
            "format": FORMAT,
            "organisation": self.organisation,
            "time_zone": self.time_zone,
            "as_of": self.as_of,
            "about": asdict(self.about),
            "criteria": [_row(one) for one in self.criteria],
            "controls": [_row(one) for one in self.controls],
            "expectations": [_row(one) for one in self.expectations],
            "months": list(self.months),
            "totals": self.totals,
            "items": [_row(one) for one in self.items],
            "shortfall": [_row(one) for one in self.shortfall],
            "people": self.people,
            "findings": [_row(one) for one in self.findings],
            "samples": [_row(one) for one in self.samples],
            "requests": [_row(one) for one in self.requests],
            "facts": self.facts.said() if self.facts else None,
            "bound_to": asdict(self.bound_to),
            "continued": asdict(self.continued),
        }
        return ledger.canonical(described).decode()

    @classmethod
    def from_text(cls, text: str) -> "Selection":
        """Read what `to_text` wrote."""
        said = json.loads(text)
        about = said["about"]
        categories = tuple(Category(**one) for one in about.pop("categories"))
        return cls(
            organisation=said["organisation"],
            time_zone=said["time_zone"],
            as_of=said["as_of"],
            about=About(**about, categories=categories),
            criteria=tuple(Criterion(*_tuples(row)) for row in said["criteria"]),
            controls=tuple(Control(*_tuples(row)) for row in said["controls"]),
            expectations=tuple(Expected(*row) for row in said["expectations"]),
            months=tuple(said["months"]),
            totals=said["totals"],
            items=tuple(_item(*_tuples(row)) for row in _drained(said.pop("items"))),
            shortfall=tuple(Lack(*_tuples(row)) for row in said["shortfall"]),
            people=said["people"],
            # What was frozen before findings existed has none.
            findings=tuple(Finding(*_tuples(row)) for row in said.get("findings", ())),
            # Packs that were frozen before there were samples say nothing of them.
            samples=tuple(
                Sample(SampleKind(kind), ref, leaf) for kind, ref, leaf in said.get("samples", ())
            ),
            requests=tuple(Request(*_tuples(row)) for row in said.get("requests", ())),
            facts=EngagementFacts.read(said["facts"]) if said.get("facts") else None,
            bound_to=BoundTo(**said["bound_to"]),
            continued=Continued(**said["continued"]),
        )


def digest(text: str) -> str:
    """Return the SHA-256 (hex) by which the leaf of a pack knows its selection."""
    return sha256(text.encode()).hexdigest()


def _item(ref: str, status: str, leaves: tuple[int, ...], expectations: tuple[int, ...]) -> Item:
    return Item(ref, Status(status), leaves, expectations)


def _drained(rows: list[Any]) -> Iterator[Any]:
    """Yield the rows and let go of each: a long list shall not lie in memory in two forms."""
    rows.reverse()
    while rows:
        yield rows.pop()


def _row(record: Any) -> list[Any]:
    return [getattr(record, name) for name in record.__dataclass_fields__]


def _tuples(row: list[Any]) -> list[Any]:
    return [
        tuple(tuple(part) if isinstance(part, list) else part for part in cell)
        if isinstance(cell, list)
        else cell
        for cell in row
    ]
