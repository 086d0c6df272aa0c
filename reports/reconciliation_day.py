"""The paper of a signed business day: a PDF to be read and an Excel file to be worked with.

Both say the same out of the run's own report: inputs with their digests and control totals, totals
by class, identities, breaks, the roll-forward of the day, and who prepared and signed. Where the
libraries of the PDF engine are missing, the paper is HTML.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from controls.models import Area, Expectation
from evidence import intake, store
from evidence.models import Evidence
from registers.models import DaySignature
from registers.reconciling import files, record, rolling
from reports import papers
from reports import reconciliation_paper as paper
from reports.pack.workbook import Book, Cell, Column
from reports.register_sheet import MEDIA_TYPE as XLSX

SENDER = "reports.reconciliation_day"
_SHOWN_BREAKS = 300
_SIDES = ("left", "right")


@dataclass(frozen=True)
class Day:
    """All that a paper says."""

    signature: DaySignature
    report: Mapping[str, Any]
    rolled: list[rolling.Rolled]

    @property
    def name(self) -> str:
        run = self.signature.run
        return f"{run.reconciliation.ref.lower()}-{run.day.isoformat()}-run-{run.number}"

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Names and values of the head."""
        made, run = self.signature, self.signature.run
        return [
            ("Organisation", settings.ORGANISATION),
            ("Reconciliation", f"{run.reconciliation.ref} {run.reconciliation.title}"),
            ("Account", run.reconciliation.account),
            ("Business day", run.day.isoformat()),
            (
                "Run",
                f"{run.number}, {paper.moment(run.started_at)} to {paper.moment(run.finished_at)}",
            ),
            ("Result", f"{run.state}, breaks: {run.break_count:,}, of them new: {run.new_count:,}"),
            ("Rules", f"{run.rules.name} version {run.rules.stated_version}, {run.rules.digest}"),
            ("Inputs SHA-256", run.inputs_digest),
            ("Output SHA-256", run.output_digest),
            ("Prepared by", record.preparer_of(run)),
            (
                "Signed by",
                f"{made.by.email}, {paper.moment(made.at)}{', late' if made.is_late else ''}",
            ),
            ("Looked at", made.note),
            ("Record of the day", made.evidence.ref),
        ]


def issue(signature: DaySignature) -> list[Evidence]:
    """Write both papers of a signed day and store them as evidence; a second call finds them."""
    day = read(signature)
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        return [
            _kept(day, "xlsx") or _stored(day, "xlsx", XLSX, sheet(day, Path(folder))),
            _kept(day, "pdf") or _printed(day, Path(folder)),
        ]


def waiting() -> Iterator[DaySignature]:
    """Yield the last signatures whose papers are not written yet."""
    found = {each.pk: each for each in DaySignature.objects.order_by("-id")[:200]}
    yield from (found[key] for key in paper.unwritten(SENDER, found))


def read(signature: DaySignature) -> Day:
    """Gather what the papers say."""
    run = signature.run
    report = json.loads(b"".join(store.stream(run.evidence.blob_id)))
    rolled = rolling.forward(run.reconciliation, run.day, run.day) if run.moved_queue else []
    return Day(signature, report, rolled)


def page(day: Day) -> str:
    """Return the paper as HTML; its words do not depend on who asks."""
    with translation.override("en-gb"), timezone.override(UTC):
        context = {
            "day": day,
            "organisation": settings.ORGANISATION,
            "inputs": day.report["inputs"],
            "totals": [(each, _money(each)) for each in day.report["totals"]],
            "identities": day.report["identities"],
            "breaks": [_told(each) for each in day.report["breaks"][:_SHOWN_BREAKS]],
            "more": max(len(day.report["breaks"]) - _SHOWN_BREAKS, 0),
            "file_breaks": day.report["file_breaks"],
            "at": day.signature.at,
        }
        return papers.rendered("reconciliation_day.html", context)


def sheet(day: Day, folder: Path) -> Path:
    """Write the Excel file; amounts stand in minor units beside their currency."""
    path = folder / f"{day.name}.xlsx"
    book = Book(path, title=day.name, author=settings.ORGANISATION, created=day.signature.at)
    book.facts("Day", f"Reconciliation of {day.signature.day.isoformat()}", day.facts)
    for title, (columns, rows) in tables(day).items():
        made = book.table(title, [Column(name, width) for name, width in columns])
        for row in rows:
            made.row(row)
        made.filtered()
    book.close()
    return path


def tables(day: Day) -> dict[str, tuple[list[tuple[str, int]], Iterator[list[Cell]]]]:
    """Return the tables of the paper by name: columns with their widths, and rows to read once."""
    said = day.report
    files_of = [("Leg", 14), ("File", 34), ("Day", 12), ("Evidence", 14), ("SHA-256", 68)]
    totals = [("Comparison", 26), ("Side", 8), ("Leg", 14), ("Class", 14), ("Currency", 10)]
    proofs = [("Identity", 16), ("About", 34), ("Currency", 10), ("Count", 12), ("Amount", 20)]
    found = [("Break", 24), ("Comparison", 26), ("Reason", 22), ("Due", 12), ("Age", 10)]
    sides = [("Left items", 10), ("Left ids", 36), ("Left amount", 16), ("Left currency", 10)]
    sides += [("Right items", 10), ("Right ids", 36), ("Right amount", 16), ("Right currency", 10)]
    names = ("leg", "name", "day", "evidence", "sha256")
    classed = ("comparison", "side", "leg", "item_class", "currency", "count", "amount")
    return {
        "Files": (files_of, ([each[name] for name in names] for each in said["inputs"])),
        "Totals": (
            [*totals, ("Items", 10), ("Amount (minor units)", 20)],
            ([each[name] for name in classed] for each in said["totals"]),
        ),
        "Identities": (
            [*proofs, ("Other count", 12), ("Other amount", 20)],
            (
                [each["name"], each["subject"], each["currency"], *each["left"], *each["right"]]
                for each in said["identities"]
            ),
        ),
        "Breaks": ([*found, *sides], (_row(each) for each in said["breaks"])),
    }


def _row(each: Mapping[str, Any]) -> list[Cell]:
    row: list[Cell] = [each["id"], each["comparison"], each["reason"], each["due_on"], each["age"]]
    for side in _SIDES:
        part = each[side]
        row += [part["count"], part["ids"], part["amount"], part["currency"]]
    return row


def _told(each: Mapping[str, Any]) -> dict[str, Any]:
    sides = [_part(each[side]) for side in _SIDES if each[side]["count"]]
    return {"reason": each["reason"], "comparison": each["comparison"], "sides": sides}


def _part(part: Mapping[str, Any]) -> str:
    return f"{part['ids']}: {_money(part)}"


def _money(each: Mapping[str, Any]) -> str:
    return paper.money(each["amount"], str(each["currency"]))


def _kept(day: Day, kind: str) -> Evidence | None:
    return paper.kept(SENDER, paper.key_of(SENDER, day.signature.pk, kind))


def _printed(day: Day, folder: Path) -> Evidence:
    path, media_type = paper.printed(page(day), day.name, folder)
    return _stored(day, "pdf", media_type, path)


def _stored(day: Day, kind: str, media_type: str, path: Path) -> Evidence:
    made, run = day.signature, day.signature.run
    sent = intake.Submission(
        content=path,
        filename=path.name,
        title=f"{run.reconciliation.ref}, report of {run.day.isoformat()} ({path.suffix[1:]})",
        evidence_type=Expectation.EvidenceType.REPORT,
        kind=Evidence.Kind.EVENT,
        area=Area.PROCESSING_INTEGRITY,
        source_system="Countersign",
        environment=run.reconciliation.environment,
        covers_from=run.day,
        covers_to=run.day,
        collected_at=timezone.now(),
        owner=str(run.reconciliation.owner)[:120],
        media_type=media_type,
        sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
        prepared_by=made.run.by,
        claims=files.claims(),
        idempotency_key=paper.key_of(SENDER, made.pk, kind),
        is_made_here=True,
        # What it repeats was screened when it came in.
        is_judged=True,
    )
    return paper.stored(sent, sender=SENDER)
