"""Sampling in a pack: sealed populations, draws and work sheets as they were recorded.

Each is the very text whose digest its leaf binds, so that the verifier can draw again.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from audits.confidence import Frequency
from audits.models import (
    Draw,
    ReverseEntry,
    ReverseTest,
    SealedPopulation,
    Walkthrough,
    WorkSheetEntry,
)
from audits.sampling import Method
from audits.selection import Sample, SampleKind, Selection
from reports.errors import ContradictionError
from reports.pack.contents import Leaf, leaves_of
from reports.pack.workbook import Book, Cell, Column

FOLDERS = {
    SampleKind.POPULATION: "populations",
    SampleKind.DRAW: "draws",
    SampleKind.WORKSHEET: "worksheets",
    SampleKind.REVERSE_TEST: "reversetests",
    SampleKind.REVERSE_ENTRY: "reversetests",
    SampleKind.WALKTHROUGH: "walkthroughs",
}
_POPULATIONS = (
    Column("Population", 20),
    Column("Control", 10),
    Column("Item", 12),
    Column("Definition", 50, wraps=True),
    Column("From", 12),
    Column("To", 12),
    Column("The control is applied", 20),
    Column("Rows", 10),
    Column("Rows by month", 40, wraps=True),
    Column("Control totals", 30, wraps=True),
    Column("The source was asked (UTC)", 20),
    Column("Days to settle", 10),
    Column("Days without items", 10),
    Column("Ids", 26),
    Column("Ids missing", 10),
    Column("Ids repeated", 10),
    Column("Note on gaps", 30, wraps=True),
    Column("Second source", 26),
    Column("Its count", 10),
    Column("Difference", 10),
    Column("Explanation", 30, wraps=True),
    Column("Sealed by", 22),
    Column("Sealed (UTC)", 20),
    Column("Log entry", 10),
)
_DRAWS = (
    Column("Draw", 24),
    Column("Control", 10),
    Column("Method", 26),
    Column("Size", 8),
    Column("Of", 10),
    Column("Nonce", 26),
    Column("Seed", 66),
    Column("Rows", 50, wraps=True),
    Column("Reason for another draw", 40, wraps=True),
    Column("Drawn by", 22),
    Column("Drawn (UTC)", 20),
    Column("Log entry", 10),
)
_RESULTS = (
    Column("Draw", 24),
    Column("Row", 8),
    Column("Attribute", 40),
    Column("Result", 14),
    Column("Note", 60, wraps=True),
    Column("Evidence", 12),
    Column("Latest", 8),
    Column("Recorded by", 22),
    Column("Recorded (UTC)", 20),
    Column("Log entry", 10),
)


@dataclass(frozen=True)
class Recorded:
    """One record of sampling: its text, and the leaf that binds it."""

    sample: Sample
    text: str
    leaf: Leaf
    engagement: str

    @cached_property
    def said(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found

    @property
    def path(self) -> str:
        own = self.sample.ref.removeprefix(f"{self.engagement}/").replace("/", "-")
        return f"{FOLDERS[self.sample.kind]}/{own}.json"

    def listed(self) -> dict[str, Any]:
        """Return how the manifest names it."""
        leaf = self.leaf
        return {
            "kind": self.sample.kind.value,
            "ref": self.sample.ref,
            "path": self.path,
            "leaf": {"index": leaf.index, "path": leaf.path, "proof": leaf.proof_path},
        }


def recorded(selection: Selection) -> list[Recorded]:
    """Return the records of a selection in the order of the log; ContradictionError."""
    indexes = [one.leaf for one in selection.samples]
    texts: dict[int, str] = {}
    for model in (SealedPopulation, Draw, WorkSheetEntry, ReverseTest, ReverseEntry, Walkthrough):
        rows = model.objects.filter(ledger_entry__in=indexes)
        texts.update(rows.values_list("ledger_entry", "record"))
    leaves = leaves_of(indexes)
    found = []
    for one in selection.samples:
        if one.leaf not in texts or one.leaf not in leaves:
            raise ContradictionError(f"{one.ref} is in the frozen selection and has no row.")
        made = Recorded(one, texts[one.leaf], leaves[one.leaf], selection.about.ref)
        digest = sha256(made.text.encode()).hexdigest()
        if (made.leaf.said["subject"], made.leaf.body.get("record_sha256")) != (one.ref, digest):
            raise ContradictionError(
                f"What the database says of {one.ref} is not what its log entry binds."
            )
        found.append(made)
    return found


def write_sheets(book: Book, records: list[Recorded], people: dict[str, str]) -> None:
    """Add the lists of populations, draws and results to the index."""
    populations = book.table("Populations", _POPULATIONS)
    draws = book.table("Draws", _DRAWS)
    results = book.table("Results", _RESULTS)
    for one in records:
        if one.sample.kind is SampleKind.POPULATION:
            populations.row(_population(one, people))
        elif one.sample.kind is SampleKind.DRAW:
            draws.row(_draw(one, people))
    for row in _results(records, people):
        results.row(row)
    for sheet in (populations, draws, results):
        sheet.filtered()


def _population(one: Recorded, people: dict[str, str]) -> list[Cell]:
    said, profile = one.said, one.said["profile"]
    ids, tied = profile["ids"] or {}, said["tie_out"] or {}
    sequence = f"{ids['first']} to {ids['last']}" if ids.get("is_sequence") else "no sequence"
    return [
        one.sample.ref,
        said["control"],
        " ".join(part["evidence"] for part in said.get("parts", [said])),
        said["definition"],
        date.fromisoformat(said["period"]["from"]),
        date.fromisoformat(said["period"]["to"]),
        Frequency(said["frequency"]).words,
        profile["count"],
        ", ".join(f"{month or 'undated'}: {rows}" for month, rows in profile["months"].items()),
        ", ".join(f"{name}: {total}" for name, total in said["control_totals"].items()),
        datetime.fromisoformat(said["retrieved_at"]),
        said["lag_days"],
        profile["empty_days"] if said["date_column"] else None,
        sequence if ids else "no column of ids",
        ids.get("missing"),
        ids.get("duplicates"),
        said["gap_note"],
        tied.get("source"),
        tied.get("count"),
        tied.get("difference"),
        tied.get("explanation"),
        person(said["sealed_by"], people),
        one.leaf.recorded_at,
        one.leaf.index,
    ]


def _draw(one: Recorded, people: dict[str, str]) -> list[Cell]:
    said = one.said
    return [
        one.sample.ref,
        said["control"],
        Method(said["method"]).words,
        said["size"],
        said["rows_in_table"],
        said["nonce"],
        said["seed"],
        "all" if said["method"] == Method.ALL else ", ".join(map(str, said["rows"])),
        said["reason"],
        person(said["drawn_by"], people),
        one.leaf.recorded_at,
        one.leaf.index,
    ]


def _results(records: list[Recorded], people: dict[str, str]) -> Iterator[list[Cell]]:
    """Yield every result that was ever recorded, and say which of them counts."""
    titles: dict[tuple[str, str], str] = {}
    rows: list[tuple[tuple[str, int, str], Recorded, dict[str, Any]]] = []
    for one in records:
        if one.sample.kind is not SampleKind.WORKSHEET:
            continue
        draw = one.said["draw"]
        for chosen in one.said.get("attributes", ()):
            titles[draw, chosen["letter"]] = f"{chosen['letter']} {chosen['title']}"
        rows += [
            ((draw, result["row"], result["attribute"]), one, result)
            for result in one.said.get("results", ())
        ]
    latest = {key: place for place, (key, _, _) in enumerate(rows)}
    for place, (key, one, result) in enumerate(rows):
        draw, row, letter = key
        yield [
            draw,
            row,
            titles[draw, letter],
            result["result"],
            result["note"],
            result["evidence"],
            "yes" if latest[key] == place else "no",
            person(one.said["made_by"], people),
            one.leaf.recorded_at,
            one.leaf.index,
        ]


def person(actor: str, people: dict[str, str]) -> str:
    """Return a person of the log with the name that the pack knows."""
    name = people.get(actor)
    return f"{name} ({actor})" if name else actor
