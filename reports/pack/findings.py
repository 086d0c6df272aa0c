"""findings.csv and findings.json: every deviation with its whole history, word for word.

The words of an entry are bound by its leaf: `words_sha256` is the SHA-256 of the canonical JSON of
`owner`, `text` and `value`. A row that no longer says what its leaf bound is refused, not packed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from audits.finding_entries import records_of, words_digest
from audits.finding_record import Entry, Part
from audits.findings import identity
from audits.models import Finding
from audits.selection import Finding as Frozen
from audits.selection import Selection
from evidence import ledger
from reports.errors import ContradictionError
from reports.pack.contents import Leaf, leaves_of
from reports.pack.spool import Spool
from reports.pack.tables import BYTE_ORDER_MARK, csv_lines
from reports.pack.workbook import Book, Cell, Column

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
_LIST = (
    Column("Finding", 18),
    Column("Title", 40, wraps=True),
    Column("State", 14),
    Column("Kind", 14),
    Column("Control", 10),
    Column("Expectation", 26),
    Column("About", 24),
    Column("From", 12),
    Column("To", 12),
    Column("Exceptions", 11),
    Column("Population", 11),
    *(Column(part.label, 40, wraps=True) for part in Part),
    Column("Opened (UTC)", 20),
    Column("Latest step (UTC)", 20),
)
_STEPS = (
    Column("Finding", 18),
    Column("Step", 7),
    Column("At (UTC)", 20),
    Column("What", 18),
    Column("State", 14),
    Column("Side", 9),
    Column("By", 26),
    Column("Part", 18),
    Column("Value", 16),
    Column("Exceptions", 11),
    Column("Population", 11),
    Column("Text", 70, wraps=True),
    Column("Action", 8),
    Column("Owner", 24),
    Column("Due", 12),
    Column("Evidence", 12),
    Column("Log entry", 10),
)


@dataclass(frozen=True)
class Told:
    """A finding with its history as the papers say it, and the leaves that bind it."""

    described: dict[str, Any]
    leaves: tuple[Leaf, ...]


def told(selection: Selection) -> Iterator[Told]:
    """Yield every frozen finding in the order of the selection; ContradictionError."""
    for start in range(0, len(selection.findings), _BATCH):
        yield from _read(selection.findings[start : start + _BATCH], selection.people)


def lay(spool: Spool, selection: Selection) -> None:
    """Lay down both papers and the leaves of all entries; ContradictionError."""
    with spool.adding(JSON) as paper, spool.adding(CSV) as rows:
        paper.write(b'{"findings":[')
        rows.write(BYTE_ORDER_MARK + csv_lines([HEADER]))
        for place, one in enumerate(told(selection)):
            paper.write(b"," * bool(place) + ledger.canonical(one.described))
            rows.write(csv_lines(_rows(one.described)))
            for leaf in one.leaves:
                spool.add(leaf.path, leaf.text.encode())
        paper.write(b'],"format":' + ledger.canonical(FORMAT) + b"}")


def write_sheets(book: Book, selection: Selection) -> None:
    """Add the list of findings to the index: as it stands, then step by step."""
    if not selection.findings:
        return
    listed, steps = book.table("Findings", _LIST), book.table("Finding steps", _STEPS)
    for one in told(selection):
        finding = one.described
        listed.row(_standing(finding))
        for entry in finding["history"]:
            steps.row(_step(finding["ref"], entry))
    for sheet in (listed, steps):
        sheet.filtered()


def _standing(finding: dict[str, Any]) -> list[Cell]:
    """Return what holds of a finding: the latest of what was said of each part."""
    history = finding["history"]
    parts = {one["part"]: one["text"] or one["value"] for one in history if one["part"]}
    counted = [one for one in history if one["exceptions"] is not None][-1:]
    return [
        *(finding[name] for name in ("ref", "title", "state", "kind", "control", "expectation")),
        finding["subject"]["ref"],
        *(date.fromisoformat(finding[name]) for name in ("from", "to")),
        *(counted[0][name] if counted else None for name in ("exceptions", "population")),
        *(parts.get(part.value) for part in Part),
        datetime.fromisoformat(history[0]["at"]),
        datetime.fromisoformat(history[-1]["at"]),
    ]


def _step(ref: str, entry: dict[str, Any]) -> list[Cell]:
    return [
        ref,
        entry["step"],
        datetime.fromisoformat(entry["at"]),
        *(entry[name] for name in ("kind", "state", "side")),
        entry["by"] or entry["actor"],
        *(entry[name] for name in ("part", "value", "exceptions", "population", "text")),
        *(entry[name] for name in ("action", "owner")),
        date.fromisoformat(entry["due"]) if entry["due"] else None,
        entry["evidence"],
        entry["leaf"],
    ]


def _read(batch: Sequence[Frozen], people: dict[str, str]) -> Iterator[Told]:
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
            _hold(finding, entry, leaves[entry.leaf])
        described = _described(frozen, finding, entries, people)
        yield Told(described, tuple(leaves[index] for index in frozen.leaves))


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
