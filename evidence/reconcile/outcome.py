"""What a run says: its state, totals, identities, breaks, candidates, and one digest of it all."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from evidence.reconcile.acceptance import FileBreak, FileFacts


class State(StrEnum):
    """How a run ended; one whose identities do not hold has failed, whatever it found."""

    CLEAN = "clean"
    BREAKS = "breaks"
    FAILED = "failed"


@dataclass(frozen=True, order=True)
class Total:
    """Items of one class on one side of a comparison; the amount is signed, in minor units."""

    comparison: str
    side: str
    leg: str
    currency: str
    item_class: str
    count: int
    amount: int


@dataclass(frozen=True, order=True)
class Identity:
    """One equation that must hold: what it is about, and its two sides by count and amount."""

    name: str
    subject: str
    currency: str
    left: tuple[int, int]
    right: tuple[int, int]

    @property
    def holds(self) -> bool:
        """Say whether both sides agree."""
        return self.left == self.right


@dataclass(frozen=True)
class Part:
    """One side of a break: how many items, their ids, their sum, and where the first stands."""

    count: int
    ids: str
    amount: int
    currency: str
    at: str


@dataclass(frozen=True)
class Break:
    """One finding with its reason; `id` stays the same from run to run."""

    id: str
    comparison: str
    reason: str
    pass_name: str
    key: str
    left: Part
    right: Part
    due_on: date | None
    age: str


@dataclass(frozen=True, order=True)
class Tolerated:
    """Items that were matched although they differ, within a tolerance of the rules."""

    comparison: str
    pass_name: str
    key: str
    difference: int


@dataclass(frozen=True, order=True)
class Candidate:
    """Two items that may belong together; a person decides, and nothing was closed."""

    comparison: str
    left: str
    right: str
    amount: int
    currency: str


@dataclass(frozen=True)
class Outcome:
    """All of a run."""

    state: State
    digest: str
    rules: str
    rules_version: int
    rules_digest: str
    as_of: date
    files: Sequence[FileFacts]
    file_breaks: Sequence[FileBreak]
    totals: Sequence[Total]
    identities: Sequence[Identity]
    breaks: Sequence[Break]
    tolerated: Sequence[Tolerated]
    candidates: Sequence[Candidate]
    break_count: int

    @property
    def failed_identities(self) -> list[Identity]:
        """The equations that do not hold."""
        return [identity for identity in self.identities if not identity.holds]

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as JSON values: days as text, amounts as text beyond 2^53."""
        return _plain(asdict(self))  # type: ignore[no-any-return]


_SAFE = 2**53


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int) and abs(value) >= _SAFE:
        return str(value)
    return value
