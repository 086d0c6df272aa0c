"""Reads the frozen items of a pack from their immutable rows, in batches, and holds them to their
leaves: a row that no longer says what its leaf bound is refused, not packed."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from audits.selection import Item, Selection
from evidence import description, ledger, merkle
from evidence.models import Evidence, LedgerEntry, Review
from reports.errors import ContradictionError

_BATCH = 50
# Names that file systems or shells of some readers take for something else.
_UNFIT = re.compile(r'[<>:"/\\|?*]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


@dataclass(frozen=True)
class Leaf:
    """One log entry about an item."""

    index: int
    kind: str
    text: str
    reason: str = ""

    @cached_property
    def said(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = self.said["body"]
        return body

    @property
    def recorded_at(self) -> datetime:
        return datetime.fromisoformat(self.said["recorded_at"])

    @property
    def path(self) -> str:
        return leaf_path(self.index)

    @property
    def proof_path(self) -> str:
        return proof_path(self.index)


@dataclass(frozen=True)
class Packed:
    """One item with everything that the papers say of it."""

    item: Item
    evidence: Evidence
    metadata: dict[str, Any]
    canonical_metadata: bytes
    """The very bytes whose digest the evidence leaf binds."""
    leaves: tuple[Leaf, ...]
    slugs: tuple[str, ...]
    controls: tuple[str, ...]
    criteria: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"evidence/{self.item.ref}/{member_name(self.evidence.filename)}"

    @property
    def table_path(self) -> str | None:
        """Where the canonical table lies, when it is not the original file itself."""
        table = self.metadata.get("population", {}).get("table_sha256")
        return None if table in {None, self.evidence.blob_id} else f"tables/{self.item.ref}.csv"


def packed(selection: Selection) -> Iterator[Packed]:
    """Yield every frozen item in the order of the selection; ContradictionError."""
    criteria = {control.ref: control.criteria for control in selection.controls}
    for start in range(0, len(selection.items), _BATCH):
        batch = selection.items[start : start + _BATCH]
        rows = _rows(batch)
        leaves = leaves_of([index for item in batch for index in item.leaves])
        for item in batch:
            if item.ref not in rows:
                raise ContradictionError(f"{item.ref} is in the frozen selection and has no row.")
            expectations = [selection.expectations[place] for place in item.expectations]
            controls = tuple(dict.fromkeys(one.control for one in expectations))
            served = {ref for control in controls for ref in criteria[control]}
            evidence = rows[item.ref]
            metadata = description.metadata(evidence)
            canonical = ledger.canonical(metadata)
            _hold(evidence, canonical, leaves[item.leaves[0]])
            yield Packed(
                item=item,
                evidence=evidence,
                metadata=metadata,
                canonical_metadata=canonical,
                leaves=tuple(leaves[index] for index in item.leaves),
                slugs=tuple(one.slug for one in expectations),
                controls=controls,
                criteria=tuple(one.ref for one in selection.criteria if one.ref in served),
            )


def leaf_path(index: int) -> str:
    """Return where a log entry lies in a pack."""
    return f"leaves/{index}.json"


def proof_path(index: int) -> str:
    """Return where the proof of a log entry lies in a pack."""
    return f"proofs/{index}.tlog-proof"


def member_name(filename: str) -> str:
    """Return a file name that every file system takes; the metadata keep the name as it was."""
    visible = "".join(letter if letter.isprintable() else "_" for letter in filename)
    name = _UNFIT.sub("_", visible).rstrip(". ")
    return f"_{name}" if not name or _RESERVED.fullmatch(name) else name


def _rows(batch: Sequence[Item]) -> dict[str, Evidence]:
    found = (
        Evidence.objects.filter(ref__in=[item.ref for item in batch])
        .select_related("blob", "population__table", "related_risk", "prepared_by")
        .prefetch_related("tags")
    )
    return {evidence.ref: evidence for evidence in found}


def _hold(evidence: Evidence, metadata: bytes, leaf: Leaf) -> None:
    """Refuse a row whose content, period or description is not the one that its leaf bound."""
    said = {
        "sha256": evidence.blob_id,
        "size": evidence.blob.size,
        "metadata_sha256": sha256(metadata).hexdigest(),
        "covers_from": evidence.covers_from.isoformat(),
        "covers_to": evidence.covers_to.isoformat(),
    }
    bound = {name: leaf.body.get(name) for name in said}
    if leaf.said["subject"] != evidence.ref or bound != said:
        raise ContradictionError(
            f"What the database says of {evidence.ref} is not what its log entry binds."
        )


def leaves_of(indexes: Sequence[int]) -> dict[int, Leaf]:
    """Return log entries by their index, each held to its hash; ContradictionError."""
    reasons = dict(
        Review.objects.filter(ledger_entry__in=indexes).values_list("ledger_entry_id", "reason")
    )
    found = {}
    rows = LedgerEntry.objects.filter(index__in=indexes).order_by()
    for index, kind, text, leaf_hash in rows.values_list("index", "kind", "leaf", "leaf_hash"):
        if merkle.leaf_hash(text.encode()) != bytes(leaf_hash):
            raise ContradictionError(f"Entry {index} of the log was changed.")
        found[index] = Leaf(index, kind, text, reasons.get(index, ""))
    missing = set(indexes) - found.keys()
    if missing:
        raise ContradictionError(f"The log has no entry {min(missing)}.")
    return found
