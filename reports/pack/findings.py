"""findings.csv and findings.json: every deviation with its whole history, word for word.

The words of an entry are bound by its leaf: `words_sha256` is the SHA-256 of the canonical JSON of
`owner`, `text` and `value`. A row that no longer says what its leaf bound is refused, not packed.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from audits.finding_entries import records_of, words_digest
from audits.finding_record import Entry
from audits.findings import identity
from audits.models import Finding
from audits.selection import Finding as Frozen
from audits.selection import Selection
from evidence import ledger
from reports.errors import ContradictionError
from reports.pack.contents import Leaf, leaves_of
from reports.pack.spool import Spool
from reports.pack.tables import csv_bytes

CSV, JSON = "findings.csv", "findings.json"
FORMAT = "countersign-findings/v1"
HEADER = (
    "finding",
    "title",
    "state",
    "kind",
    "control",
    "expectation",
    "subject",
    "from",
    "to",
    "found by",
    "step",
    "at",
    "deed",
    "side",
    "by",
    "part",
    "value",
    "k",
    "n",
    "text",
    "action",
    "owner",
    "due",
    "evidence",
    "log entry",
)
_BATCH = 200


def lay(spool: Spool, selection: Selection) -> None:
    """Lay down both papers and the leaves of all entries; ContradictionError."""
    described: list[dict[str, Any]] = []
    rows: list[tuple[str, ...]] = []
    for start in range(0, len(selection.findings), _BATCH):
        for frozen, finding, entries in _read(spool, selection.findings[start : start + _BATCH]):
            described.append(_described(frozen, finding, entries, selection.people))
            rows += _rows(described[-1])
    spool.add(JSON, ledger.canonical({"findings": described, "format": FORMAT}))
    spool.add(CSV, csv_bytes(HEADER, rows))


def _read(
    spool: Spool, batch: Sequence[Frozen]
) -> Iterator[tuple[Frozen, Finding, Sequence[Entry]]]:
    found = {one.ref: one for one in Finding.objects.filter(ref__in=[one.ref for one in batch])}
    records = records_of(one.pk for one in found.values())
    leaves = leaves_of([index for one in batch for index in one.leaves])
    for frozen in batch:
        finding = found.get(frozen.ref)
        if finding is None:
            raise ContradictionError(f"{frozen.ref} is in the frozen selection and has no row.")
        entries = records[finding.pk].entries[: len(frozen.leaves)]
        if tuple(one.leaf for one in entries) != frozen.leaves:
            raise ContradictionError(f"The history of {frozen.ref} is not the frozen one.")
        for entry in entries:
            leaf = leaves[entry.leaf]
            _hold(finding, entry, leaf)
            spool.add(leaf.path, leaf.text.encode())
        yield frozen, finding, entries


def _hold(finding: Finding, entry: Entry, leaf: Leaf) -> None:
    """Refuse a row whose words, place or subject are not those that its leaf bound."""
    said: dict[str, object] = {
        "step": entry.step,
        "state": entry.state.value,
        "side": entry.side.value,
        "part": entry.part.value if entry.part else "",
        "exceptions": entry.exceptions,
        "population": entry.population,
        "action": entry.action,
        "due": entry.due.isoformat() if entry.due else None,
        "evidence": entry.evidence or None,
        "words_sha256": words_digest(entry),
    }
    if entry.step == 1:
        said |= identity(finding)
    bound = {name: leaf.body.get(name) for name in said}
    about = leaf.said["subject"], leaf.kind, leaf.said["actor"]
    if about != (finding.ref, f"finding.{entry.kind}", entry.actor) or bound != said:
        raise ContradictionError(
            f"What the database says of {finding.ref} is not what its log entry binds."
        )


def _described(
    frozen: Frozen, finding: Finding, entries: Sequence[Entry], people: dict[str, str]
) -> dict[str, Any]:
    could_not = [one.value for one in entries if one.kind == "observed"]
    return {
        "ref": finding.ref,
        "title": finding.title,
        "state": frozen.state,
        "kind": "could_not_run" if set(could_not) == {"could_not_run"} else "deviation",
        "control": finding.control_ref,
        "expectation": finding.expectation_slug,
        "subject": {"kind": finding.subject_kind, "ref": finding.subject_ref},
        "from": finding.start.isoformat(),
        "to": finding.end.isoformat(),
        "source": finding.source,
        "history": [_entry(one, people) for one in entries],
    }


def _entry(entry: Entry, people: dict[str, str]) -> dict[str, Any]:
    return {
        "step": entry.step,
        "at": ledger.stamp(entry.at),
        "kind": entry.kind.value,
        "state": entry.state.value,
        "side": entry.side.value,
        "actor": entry.actor,
        "by": people.get(entry.actor, ""),
        "part": entry.part.value if entry.part else "",
        "text": entry.text,
        "value": entry.value,
        "exceptions": entry.exceptions,
        "population": entry.population,
        "action": entry.action,
        "owner": entry.owner,
        "due": entry.due.isoformat() if entry.due else None,
        "evidence": entry.evidence,
        "leaf": entry.leaf,
    }


def _rows(finding: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    known = [finding[name] for name in ("ref", "title", "state", "kind", "control", "expectation")]
    known += [finding["subject"]["ref"], *(finding[name] for name in ("from", "to", "source"))]
    names = [
        *("step", "at", "kind", "side", "by", "part", "value", "exceptions", "population"),
        *("text", "action", "owner", "due", "evidence", "leaf"),
    ]
    for entry in finding["history"]:
        cells = [entry[name] for name in names]
        yield tuple("" if cell is None else str(cell) for cell in (*known, *cells))
