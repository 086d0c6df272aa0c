"""What is shown of one item beyond its row: table, making, exceptions and proof."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from evidence import description, ledger, merkle, store
from evidence.errors import LedgerError, SealError, StoreError
from evidence.methods import method_of
from evidence.models import Checkpoint, CheckResult, Evidence, LedgerEntry, Population

SHOWN_ROWS = 50
SHOWN_EXCEPTIONS = 25
_LONGEST_CELL = 200
_LONGEST_LINE = 100_000
_MOST_LINES = 5_000
_UNSHOWN = "The rest of this table is too wide to be shown here. Download the file to read it."

Kind = Literal["text", "code", "digests", "moment", "number"]

_IPE_PARTS: tuple[tuple[str, str, Kind], ...] = (
    ("query", "Query", "code"),
    ("parameters", "Parameters", "code"),
    ("source_system", "Source system", "text"),
    ("environment", "Environment", "text"),
    ("runner", "Run by", "text"),
    ("collector", "Collector", "text"),
    ("collector_version", "Collector version", "text"),
    ("code_digest", "Digest of the collector's code", "digests"),
    ("pages", "Answers read", "number"),
    ("source_count", "Count by the source itself", "number"),
    ("source_clock", "Clock of the source", "moment"),
    ("started_at", "Started", "moment"),
    ("finished_at", "Finished", "moment"),
    ("raw_digests", "Digests of the raw answers", "digests"),
    ("raw_digest", "Digest of the list of all these digests", "digests"),
    ("completeness", "Why it is complete", "text"),
    ("partial_reason", "Why it is not whole", "text"),
)

_BOUND_BY_LEAF = (
    "uid",
    "version",
    "sha256",
    "metadata_sha256",
    "covers_from",
    "covers_to",
    "collected_at",
    "received_at",
)


@dataclass(frozen=True)
class Proof:
    """That a leaf lies in the log, as of the latest signed checkpoint that includes it."""

    entry: LedgerEntry
    leaf: str
    checkpoint: Checkpoint | None
    path: tuple[str, ...] = ()
    holds: bool = False

    @property
    def leaf_hash(self) -> str:
        return bytes(self.entry.leaf_hash).hex()

    @property
    def root(self) -> str:
        return bytes(self.checkpoint.root).hex() if self.checkpoint else ""


@dataclass(frozen=True)
class Preview:
    """The first rows of a table as text, and why there are no more where they cannot be read."""

    columns: Sequence[Mapping[str, str]]
    rows: Sequence[Sequence[str]] = ()
    problem: str = ""


@dataclass(frozen=True)
class Exceptions:
    """The first exceptions of a check with their columns, and how many are not shown."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    more: int


@dataclass(frozen=True)
class Fact:
    """One part of an IPE record: its label, its value, and how it reads."""

    label: str
    value: Any
    kind: Kind


def results(
    evidence: Evidence, most: int = SHOWN_EXCEPTIONS
) -> list[tuple[CheckResult, Exceptions]]:
    """Return the check results of an item, the worst first, each with its first exceptions."""
    order = (CheckResult.State.ERROR, CheckResult.State.FAILED, CheckResult.State.PASSED)
    found = sorted(
        evidence.check_results.select_related("check_ref"),
        key=lambda result: (order.index(CheckResult.State(result.state)), result.pk),
    )
    return [(result, exceptions(result, most)) for result in found]


def exceptions(result: CheckResult, most: int = SHOWN_EXCEPTIONS) -> Exceptions:
    """Return the first exceptions of a check result as text."""
    found = result.exceptions if isinstance(result.exceptions, dict) else {}
    rows = found.get("rows", [])[:most]
    return Exceptions(
        columns=found.get("columns", []),
        rows=[[_short(_as_in_table(cell)) for cell in row] for row in rows],
        more=max(0, (result.exception_count or 0) - len(rows)),
    )


def preview(population: Population, most: int = SHOWN_ROWS) -> Preview:
    """Read the first rows of the canonical table; what cannot be read is said, not raised."""
    rows: list[list[str]] = []
    problem = ""
    try:
        with store.open_blob(population.table_id) as source:
            # What was read before a row that cannot be shown stays.
            rows.extend(
                [_short(cell) for cell in row[: len(population.columns)]]
                for row in islice(_table(source), 1, most + 1)
            )
    except (StoreError, SealError) as error:
        problem = str(error)
    except csv.Error:
        problem = _UNSHOWN
    return Preview(population.columns, rows, problem)


def described(ipe: Mapping[str, Any]) -> list[Fact]:
    """Return the parts of an IPE record that say something, in the order of its story.

    A moment comes as an aware datetime; digests come as a list.
    """
    return [
        _fact(label, ipe[name], kind)
        for name, label, kind in _IPE_PARTS
        if ipe.get(name) not in (None, "", [], {})
    ]


def method(evidence: Evidence) -> str:
    """Return how an item was collected."""
    population = getattr(evidence, "population", None)
    return method_of(
        actor=evidence.ledger_entry.actor,
        run=evidence.run_ref,
        collector=population.ipe.get("collector", "") if population else "",
        was_observed=bool(evidence.handling and evidence.handling["observation"]),
    )


def proof(entry: LedgerEntry) -> Proof:
    """Prove that a leaf lies in the log, against the latest checkpoint that reaches it."""
    leaf = _indented(entry.leaf)
    checkpoint = Checkpoint.objects.filter(size__gt=entry.index).first()
    if checkpoint is None:
        return Proof(entry, leaf, None)
    try:
        path = ledger.inclusion_proof(entry.index, checkpoint.size)
    except LedgerError:
        # Leaves or nodes were taken out of the log: there is no proof, and that is said.
        return Proof(entry, leaf, checkpoint)
    held = _holds(entry, checkpoint, path)
    return Proof(entry, leaf, checkpoint, tuple(each.hex() for each in path), held)


def agrees_with_leaf(evidence: Evidence) -> bool:
    """Say whether the row that is shown still says what the leaf said when it came in."""
    try:
        recorded = json.loads(evidence.ledger_entry.leaf)
    except ValueError:
        return False
    body = recorded.get("body", {})
    described_now = description.metadata_digest(description.metadata(evidence))
    return (recorded.get("subject"), *(body.get(name) for name in _BOUND_BY_LEAF)) == (
        evidence.ref,
        str(evidence.uid),
        evidence.version,
        evidence.blob_id,
        described_now,
        evidence.covers_from.isoformat(),
        evidence.covers_to.isoformat(),
        ledger.stamp(evidence.collected_at),
        ledger.stamp(evidence.received_at),
    )


def _holds(entry: LedgerEntry, checkpoint: Checkpoint, path: Sequence[bytes]) -> bool:
    """Say whether the leaf as it is stored now leads to the signed root."""
    try:
        merkle.verify_inclusion(
            merkle.leaf_hash(entry.leaf.encode()),
            entry.index,
            checkpoint.size,
            path,
            bytes(checkpoint.root),
        )
    except merkle.ProofError:
        return False
    return True


def _indented(leaf: str) -> str:
    try:
        return json.dumps(json.loads(leaf), indent=2, ensure_ascii=False)
    except ValueError:
        return leaf


def _fact(label: str, value: Any, kind: Kind) -> Fact:
    match kind:
        case "code" if not isinstance(value, str):
            return Fact(label, json.dumps(value, indent=2, default=str, ensure_ascii=False), kind)
        case "digests":
            return Fact(label, [value] if isinstance(value, str) else value, kind)
        case "moment":
            moment = _parsed(value)
            return Fact(label, moment or value, "moment" if moment else "text")
    return Fact(label, value, kind)


def _parsed(value: object) -> datetime | None:
    """Read a moment back from a record, which keeps it as ISO 8601 text."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _table(source: io.BufferedReader) -> Iterator[list[str]]:
    text = io.TextIOWrapper(source, encoding="utf-8", errors="replace", newline="")
    return csv.reader(_lines(text))


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """Yield so many lines of a bounded length: a preview must not load a row of a gigabyte."""
    for _ in range(_MOST_LINES):
        line = text.readline(_LONGEST_LINE)
        if not line:
            return
        if len(line) == _LONGEST_LINE and not line.endswith("\n"):
            raise csv.Error
        yield line
    raise csv.Error


def _as_in_table(cell: object) -> str:
    """Write a value of an exception as the table itself would."""
    if cell is None:
        return ""
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def _short(cell: str) -> str:
    return cell if len(cell) <= _LONGEST_CELL else f"{cell[:_LONGEST_CELL]}…"
