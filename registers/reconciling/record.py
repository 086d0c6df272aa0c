"""The record of a signed day as evidence: a table of both sides, and all that proves it, in a ZIP.

Rules:
- A row for each comparison and currency: count and amount of both sides, and what explains their
  difference. In a complete run every identity holds, and a day is signed only where each open break
  has an owner; so the whole difference is explained, and the row says by what.
- The day counts for its expectation once all reconciliations that are due on it are signed: the
  record of the last one has the rows of all. The others lie beside it and count for the files.
- Rules and report lie in the ZIP as they are, so that whoever has the input files, which are
  evidence of their own, can run it again: README.txt has the command.
"""

import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from controls.models import Area, Expectation
from evidence import intake, store
from evidence.models import Evidence
from evidence.population import IPE, Cell, Column, PopulationFacts, TableFacts, write_csv
from registers.models import DaySignature, Reconciliation, ReconciliationRun
from registers.reconciling import definitions, files

DAILY = "daily-reconciliation"
VERSION = "1"
MEDIA_TYPE = "application/zip"
_MOMENT = (1980, 1, 1, 0, 0, 0)
COLUMNS = (
    Column("business_day", "date"),
    Column("leg", "text"),
    Column("currency", "text"),
    Column("count_left", "integer"),
    Column("count_right", "integer"),
    Column("amount_left_minor", "integer"),
    Column("amount_right_minor", "integer"),
    Column("explained_minor", "integer"),
    Column("prepared_by", "text"),
    Column("signed_by", "text"),
    Column("signed_at", "timestamp"),
    Column("reconciliation", "text"),
    Column("matched_left", "integer"),
    Column("matched_right", "integer"),
    Column("breaks_left", "integer"),
    Column("breaks_right", "integer"),
    Column("not_due_left", "integer"),
    Column("not_due_right", "integer"),
    Column("run", "integer"),
    Column("rules_sha256", "text"),
    Column("inputs_sha256", "text"),
    Column("output_sha256", "text"),
)


@dataclass(frozen=True)
class Signed:
    """One run of the day with who prepared and who signed it."""

    run: ReconciliationRun
    prepared_by: str
    signed_by: str
    signed_at: datetime


def waiting_for(reconciliation: Reconciliation, day: date) -> list[Reconciliation]:
    """Return the other reconciliations that are due on a day and have no signature yet."""
    others = Reconciliation.objects.exclude(pk=reconciliation.pk).order_by("number")
    signed = {*DaySignature.objects.filter(day=day).values_list("reconciliation", flat=True)}
    return [each for each in others if each.pk not in signed and definitions.is_due_on(each, day)]


def signed_before(reconciliation: Reconciliation, day: date) -> list[Signed]:
    """Return the last signed run of every other reconciliation of a day."""
    found = DaySignature.objects.filter(day=day).exclude(reconciliation=reconciliation)
    last: dict[int, Signed] = {}
    for each in found.order_by("id").select_related(
        "by", "run__by", "run__rules", "run__reconciliation__owner"
    ):
        last[each.reconciliation_id] = Signed(
            each.run, preparer_of(each.run), each.by.email, each.at
        )
    return [last[key] for key in sorted(last)]


def preparer_of(run: ReconciliationRun) -> str:
    """Return who prepared a run: who asked for it, else whoever owns the reconciliation."""
    return (run.by or run.reconciliation.owner).email


def rows(signed: Sequence[Signed]) -> Iterator[Sequence[Cell]]:
    """Yield the rows of the table."""
    for each in signed:
        run = each.run
        for (comparison, currency), sides in sorted(_sides(run.facts["totals"]).items()):
            left, right = sides["left"], sides["right"]
            yield [
                run.day,
                f"{run.reconciliation.account}: {comparison}",
                currency,
                _count(left),
                _count(right),
                _amount(left),
                _amount(right),
                _amount(left) - _amount(right),
                each.prepared_by,
                each.signed_by,
                each.signed_at,
                run.reconciliation.ref,
                *(_count(side, name) for name in _SHOWN for side in (left, right)),
                run.number,
                run.rules.digest,
                run.inputs_digest,
                run.output_digest,
            ]


_SHOWN = ("matched", "break", "not_due")
_Side = dict[str, tuple[int, int]]


def _sides(totals: Iterable[dict[str, Any]]) -> dict[tuple[str, str], dict[str, _Side]]:
    """Sort totals by comparison and currency; what is out of scope is on neither side."""
    found: dict[tuple[str, str], dict[str, _Side]] = defaultdict(lambda: {"left": {}, "right": {}})
    for each in totals:
        if each["item_class"] == "out_of_scope":
            continue
        side = found[each["comparison"], each["currency"]][each["side"]]
        side[each["item_class"]] = int(each["count"]), int(each["amount"])
    return found


def _count(side: _Side, name: str = "") -> int:
    return sum(count for each, (count, _) in side.items() if name in ("", each))


def _amount(side: _Side) -> int:
    return sum(amount for _, amount in side.values())


def submission(
    signed: Sequence[Signed], others: Sequence[Reconciliation], note: str, folder: Path
) -> intake.Submission:
    """Write the record of the run that is signed last, `signed[-1]`, and describe it."""
    mine = signed[-1]
    run, reconciliation = mine.run, mine.run.reconciliation
    whole, table = folder / "day.zip", folder / "table.csv"
    told = list(signed) if not others else [mine]
    with table.open("xb") as file:
        facts = write_csv(rows(told), COLUMNS, file)
    parts = {"README.txt": _readme(mine, others, note).encode(), "table.csv": table.read_bytes()}
    for each in told:
        parts |= _parts(each)
    _write_zip(whole, parts)
    day = run.day.isoformat()
    return intake.Submission(
        content=whole,
        filename=f"{reconciliation.ref.lower()}-{day}-run-{run.number}-signed.zip",
        title=f"{reconciliation.ref}, {day}, signed",
        evidence_type=Expectation.EvidenceType.REVIEW_RECORD,
        kind=Evidence.Kind.EVENT,
        area=Area.PROCESSING_INTEGRITY,
        source_system="Countersign",
        environment=reconciliation.environment,
        covers_from=run.day,
        covers_to=run.day,
        collected_at=mine.signed_at,
        owner=str(reconciliation.owner)[:120],
        media_type=MEDIA_TYPE,
        sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
        prepared_by=run.by or reconciliation.owner,
        claims=_claims(others),
        population=PopulationFacts(COLUMNS, _ipe(mine, told, facts), facts, table),
        is_made_here=True,
        # The files within were screened when they came; so was every text that people wrote.
        is_judged=True,
    )


def _claims(others: Sequence[Reconciliation]) -> tuple[Expectation, ...]:
    if others:
        return files.claims()
    return (*files.claims(), *Expectation.objects.filter(slug=DAILY))


def _ipe(mine: Signed, told: Sequence[Signed], facts: TableFacts) -> IPE:
    run = mine.run
    return IPE(
        query="Totals of every comparison and currency of the signed runs of the day",
        source_system=f"Reconciliations of this installation: {_listed(told)}",
        environment=run.reconciliation.environment,
        runner=preparer_of(run),
        collector="reconciliation",
        collector_version=VERSION,
        code_digest=run.code_digest,
        started_at=run.started_at,
        finished_at=run.finished_at,
        completeness=(
            "Every identity of every run holds: inputs are matched, breaks, not yet due, "
            "quarantined or out of scope, by count and amount. Each open break has an owner."
        ),
        parameters={
            "day": run.day.isoformat(),
            "runs": [
                {
                    "reconciliation": each.run.reconciliation.ref,
                    "run": each.run.number,
                    "rules_sha256": each.run.rules.digest,
                    "inputs_sha256": each.run.inputs_digest,
                    "output_sha256": each.run.output_digest,
                }
                for each in told
            ],
        },
        source_count=facts.row_count,
        raw_digests=tuple(file["sha256"] for each in told for file in each.run.facts["files"]),
    )


def _listed(told: Sequence[Signed]) -> str:
    return ", ".join(each.run.reconciliation.ref for each in told)[:150]


def _parts(signed: Signed) -> dict[str, bytes]:
    """Return what proves a run, by its name in the ZIP."""
    run = signed.run
    name = run.reconciliation.ref.lower()
    return {
        f"{name}/rules.yaml": run.rules.text.encode(),
        f"{name}/inputs.json": _json(run.facts["files"]),
        f"{name}/report.json": b"".join(store.stream(run.evidence.blob_id)),
    }


def _write_zip(whole: Path, parts: Mapping[str, bytes]) -> None:
    """Write the same bytes for the same record."""
    with zipfile.ZipFile(whole, "x", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, _MOMENT)
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, content)


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _readme(mine: Signed, others: Sequence[Reconciliation], note: str) -> str:
    run = mine.run
    name = run.reconciliation.ref.lower()
    legs = sorted({file["leg"] for file in run.facts["files"]})
    places = " ".join(f"--leg {leg}=files/{leg}" for leg in legs)
    missing = ", ".join(each.ref for each in others)
    return "\n".join(
        [
            f"{run.reconciliation.ref}, business day {run.day}, run {run.number}",
            f"prepared by {mine.prepared_by}",
            f"signed by   {mine.signed_by}, {mine.signed_at.isoformat()}",
            f"looked at   {note}",
            f"not signed yet on this day: {missing}" if missing else "all of the day is signed",
            "",
            "To run it again: put each file of inputs.json, which is found among the evidence by",
            "its sha256, into the folder of its leg, under its name; then",
            f"manage.py reconcile --rules {name}/rules.yaml {places}",
            f"  --inputs {name}/inputs.json --as-of {run.day}",
            f"digest {run.output_digest}",
            "",
        ]
    )
