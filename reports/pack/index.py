"""index.xlsx: every item of the pack with what auditors ask of it, and the lists around it."""

import pickle
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from django.conf import settings

from audits.coverage import State, worst
from audits.models import Pack
from audits.selection import Control, Selection
from controls.models import ControlVersion
from evidence import keys
from reports.pack import (
    engagement,
    findings,
    making,
    requests,
    reverse_tests,
    shortfall,
    walkthroughs,
)
from reports.pack.contents import Leaf, Packed
from reports.pack.samples import Recorded, write_sheets
from reports.pack.workbook import Book, Cell, Column, Sheet

NAME = "index.xlsx"

_STATUS = (
    "current: accepted and not replaced. awaiting review: nobody decided yet. returned: a "
    "reviewer refused it. superseded: a newer version replaced it; it is kept because it is a fact "
    "of the period. Only current items and those awaiting review count as coverage."
)
ITEMS = (
    Column("Item", 11),
    Column("Title", 40),
    Column("Status", 15),
    Column("Controls", 14),
    Column("Criteria", 14),
    Column("Expectations", 26),
    Column("Evidence type", 18),
    Column("Kind", 10),
    Column("Library", 18),
    Column("Source system", 24),
    Column("Environment", 12),
    Column("Covers from", 12),
    Column("Covers to", 12),
    Column("Collected (UTC)", 19),
    Column("Received (UTC)", 19),
    Column("Prepared by", 20),
    Column("Collector run", 20),
    Column("Query or request", 40),
    Column("How completeness is shown", 40),
    Column("Incomplete because", 30),
    *making.COLUMNS,
    Column("Rows", 10),
    Column("Rows by the source's own count", 18),
    Column("Checks passed", 9),
    Column("Checks not passed", 12),
    Column("Exceptions", 11),
    Column("Review", 11),
    Column("Reviewed by", 20),
    Column("Reviewed (UTC)", 19),
    Column("Owner", 18),
    Column("Sensitivity", 12),
    Column("Related risk", 12),
    Column("Version", 8),
    Column("Supersedes", 11),
    Column("File in this pack", 44),
    Column("Table in this pack", 24),
    Column("Media type", 20),
    Column("Bytes", 13),
    Column("SHA-256", 66),
    Column("Log entry", 10),
    Column("Answers requests", 14),
)
_CHECKS = (
    Column("Item", 11),
    Column("Check", 34),
    Column("Result", 10),
    Column("Population", 12),
    Column("Exceptions", 12),
    Column("Ran (UTC)", 20),
    Column("Log entry", 10),
    Column("SHA-256 of the check", 66),
)
_REVIEWS = (
    Column("Item", 11),
    Column("Decision", 12),
    Column("Reviewer", 26),
    Column("Decided (UTC)", 20),
    Column("Reason or note", 70, wraps=True),
    Column("Log entry", 10),
)
_SHORTFALL = (
    Column("Control", 10),
    Column("Expectation", 30),
    Column("Title", 36),
    Column("From", 12),
    Column("To", 12),
    Column("Due", 12),
    Column("State", 10),
    Column("Reason", 70, wraps=True),
    Column("Items", 24),
)
_CONTROLS = (
    Column("Control", 10),
    Column("Title", 40),
    Column("Criteria", 20),
    Column("Wording version", 10),
    Column("In force from", 13),
    Column("Wording", 90, wraps=True),
)
_CRITERIA = (
    Column("Criterion", 10),
    Column("Title", 60, wraps=True),
    Column("Category", 30),
    Column("Controls", 40, wraps=True),
    Column("Served", 10),
)


class Index:
    """The workbook of one pack; items are added as they are read, and written on leaving it.

    Then the PDF engine works on the cover in a process of its own: what comes this late costs
    nobody any time. Until then the rows wait in a scratch file.
    """

    def __init__(
        self, path: Path, pack: Pack, selection: Selection, samples: Sequence[Recorded] = ()
    ) -> None:
        self._pack, self._selection, self._samples = pack, selection, list(samples)
        self._book = Book(
            path,
            title=f"Index of evidence pack {pack.ref}",
            author=selection.organisation,
            created=pack.sealed_at,
        )
        self._book.facts("About", f"Evidence pack {pack.ref}", _about(pack, selection))
        self._answers = requests.answered_by(selection)
        self._items = self._book.table("Items", ITEMS)
        self._checks = self._book.table("Checks", _CHECKS)
        self._reviews = self._book.table("Reviews", _REVIEWS)
        self._waiting = tempfile.TemporaryFile(dir=settings.SCRATCH_DIR)  # noqa: SIM115  # closed by __exit__
        self._count = 0

    def add(self, packed: Packed) -> list[Cell]:
        """Keep the rows of one item, and return that of the list of items."""
        people = self._selection.people
        row = [*_item_row(packed, people), self._answers.get(packed.item.ref)]
        checks = [_check_row(packed, leaf) for leaf in _of_kind(packed, "check")]
        reviews = [_review_row(packed, leaf, people) for leaf in _of_kind(packed, "review")]
        pickle.dump((row, checks, reviews), self._waiting, pickle.HIGHEST_PROTOCOL)
        self._count += 1
        return row

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._write_items()
                self._write_rest()
        finally:
            self._waiting.close()
            # After an error too: each sheet holds a scratch file open.
            self._book.close()

    def _write_items(self) -> None:
        self._waiting.seek(0)
        for _ in range(self._count):
            # Nobody but this object has ever seen the file.
            row, checks, reviews = pickle.load(self._waiting)  # noqa: S301
            self._items.row(row)
            for sheet, rows in ((self._checks, checks), (self._reviews, reviews)):
                for one in rows:
                    sheet.row(one)

    def _write_rest(self) -> None:
        """Write what the selection says besides the items."""
        if self._samples:
            people = self._selection.people
            write_sheets(self._book, self._samples, people)
            reverse_tests.write_sheet(self._book, self._samples, people)
            walkthroughs.write_sheet(self._book, self._samples, people)
        requests.write_sheets(self._book, self._selection)
        findings.write_sheets(self._book, self._selection)
        _write_shortfall(self._book.table("Shortfall", _SHORTFALL), self._selection)
        _write_coverage(self._book, self._selection)
        _write_controls(self._book.table("Controls", _CONTROLS), self._selection)
        criteria = self._book.table("Criteria", _CRITERIA)
        for one in self._selection.criteria:
            served = "yes" if one.controls else "no control"
            criteria.row([one.ref, one.title, one.category, ", ".join(one.controls), served])
        for sheet in (self._items, self._checks, self._reviews, criteria):
            sheet.filtered()


def _about(pack: Pack, selection: Selection) -> Iterator[tuple[str, Cell]]:
    about = selection.about
    yield "Organisation", selection.organisation
    yield "Engagement", f"{about.ref} {about.title}"
    yield "Type", about.type
    yield "Framework", about.framework
    yield "Audit firm", about.firm
    yield "Observed from", date.fromisoformat(about.window_from)
    yield "Observed to", date.fromisoformat(about.window_to)
    for category in about.categories:
        yield f"Category: {category.name}", category.reason
    yield from engagement.about_rows(selection)
    yield "What was known at (UTC)", pack.as_of
    yield "Sealed at (UTC)", pack.sealed_at
    yield "Items", len(selection.items)
    yield "Requests", len(selection.requests)
    yield "Findings", len(selection.findings)
    for state in State:
        yield f"Occurrences {state.value}", selection.totals.get(state.value, 0)
    yield "Time zone of the organisation", selection.time_zone
    yield "Log", keys.log_origin()
    yield "Log entries at sealing", pack.checkpoint.size
    yield "Log root (SHA-256)", bytes(pack.checkpoint.root).hex()
    yield (
        "Status of an item",
        _STATUS,
    )
    yield (
        "How to verify",
        "README.txt in this pack says how to verify every file and every log entry offline.",
    )


def _item_row(packed: Packed, people: dict[str, str]) -> list[Cell]:
    """Return the cells of an item in the order of its columns."""
    bound = packed.leaves[0].body
    return [
        packed.item.ref,
        packed.metadata["title"],
        packed.item.status.value,
        ", ".join(packed.controls),
        ", ".join(packed.criteria),
        ", ".join(packed.slugs),
        *_origin(packed, people),
        *_results(packed, people),
        *(packed.metadata[name] for name in ("owner", "sensitivity", "related_risk")),
        bound["version"],
        bound["supersedes"],
        packed.path,
        packed.table_path,
        packed.metadata["media_type"],
        bound["size"],
        bound["sha256"],
        packed.leaves[0].index,
    ]


def _origin(packed: Packed, people: dict[str, str]) -> list[Cell]:
    """Return where an item comes from, from "Evidence type" to "Rows by the source's own count"."""
    said, bound = packed.metadata, packed.leaves[0].body
    population: dict[str, Any] = said.get("population", {})
    ipe: dict[str, Any] = population.get("ipe", {})
    return [
        *(said[name] for name in ("evidence_type", "kind", "area")),
        *(said[name] for name in ("source_system", "environment")),
        date.fromisoformat(bound["covers_from"]),
        date.fromisoformat(bound["covers_to"]),
        datetime.fromisoformat(bound["collected_at"]),
        datetime.fromisoformat(bound["received_at"]),
        _person(said["prepared_by"], people),
        bound["run"],
        *(ipe.get(name) for name in ("query", "completeness", "partial_reason")),
        *making.cells(packed),
        population.get("row_count"),
        ipe.get("source_count"),
    ]


def _results(packed: Packed, people: dict[str, str]) -> list[Cell]:
    """Return what became of an item, from "Checks passed" to "Reviewed (UTC)"."""
    checks = [leaf.body for leaf in _of_kind(packed, "check")]
    passed = sum(body["state"] == "passed" for body in checks)
    exceptions = sum(body["exception_count"] or 0 for body in checks)
    found: list[Cell] = [passed, len(checks) - passed, exceptions] if checks else [None] * 3
    reviews = _of_kind(packed, "review")
    if not reviews:
        return [*found, None, None, None]
    latest = reviews[-1]
    reviewer = _person(latest.body["reviewer"], people)
    return [*found, latest.body["decision"], reviewer, latest.recorded_at]


def _check_row(packed: Packed, leaf: Leaf) -> list[Cell]:
    body = leaf.body
    return [
        packed.item.ref,
        body["check"],
        body["state"],
        body["population_count"],
        body["exception_count"],
        leaf.recorded_at,
        leaf.index,
        body["check_sha256"],
    ]


def _review_row(packed: Packed, leaf: Leaf, people: dict[str, str]) -> list[Cell]:
    return [
        packed.item.ref,
        leaf.body["decision"],
        _person(leaf.body["reviewer"], people),
        leaf.recorded_at,
        leaf.reason,
        leaf.index,
    ]


def _of_kind(packed: Packed, kind: str) -> list[Leaf]:
    return [leaf for leaf in packed.leaves if leaf.kind == kind]


def _person(actor: str | None, people: dict[str, str]) -> str | None:
    """Name a person with the number by which the log knows them."""
    return f"{people[actor]} ({actor})" if actor in people else actor


def _write_shortfall(sheet: Sheet, selection: Selection) -> None:
    for row in shortfall.rows(selection):
        days = [date.fromisoformat(day) for day in row[3:6]]
        sheet.row([*row[:3], *days, *row[6:]])
    sheet.filtered()


def _write_coverage(book: Book, selection: Selection) -> None:
    columns = [Column("Control", 10), Column("Title", 40)]
    columns += [Column(month[:7], 12) for month in selection.months]
    columns += [Column(state.value.capitalize(), 10) for state in State]
    sheet = book.table("Coverage", columns)
    for control in selection.controls:
        months = [_month_words(counts) for counts in control.months]
        sheet.row([control.ref, control.title, *months, *_totals(control)])
    sheet.filtered()


def _month_words(counts: tuple[int, ...]) -> str:
    present = [state for state, count in zip(State, counts, strict=True) if count]
    return worst(present).value if present else ""


def _totals(control: Control) -> list[int]:
    return [sum(month[place] for month in control.months) for place in range(len(State))]


def _write_controls(sheet: Sheet, selection: Selection) -> None:
    versions = {
        (version.control.ref, version.number): version
        for version in ControlVersion.objects.filter(
            control__ref__in=[control.ref for control in selection.controls]
        ).select_related("control")
    }
    for control in selection.controls:
        known = [control.ref, control.title, ", ".join(control.criteria)]
        if not control.versions:
            sheet.row([*known, None, None, "No wording was in force in the window."])
        for number in control.versions:
            version = versions[control.ref, number]
            sheet.row([*known, number, version.effective_from, version.statement])
    sheet.filtered()
