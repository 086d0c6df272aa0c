"""The record of a business day's comparisons: what the runs of rules that check leave together.

Rules:
- Rules say of a comparison which one of the programme it shows. Once each reconciliation that shows
  one and is due on a day has a complete run of it, the day has its record.
- It has a row for each comparison of the programme. What no reconciliation shows has a row without
  numbers, which the check of the catalogue tells as an exception: nothing is left out in silence.
- What differs are the breaks of the runs. Each is an open item of the queue, or a person closed it,
  and then it is explained.
- Other runs of the day, or other breaks by the time of such a run, give a newer version.
"""

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, get_args

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from controls.models import Area, Expectation
from evidence import checks, intake, ledger, store
from evidence.models import Evidence
from evidence.population import IPE, Cell, Column, PopulationFacts, TableFacts, write_csv
from evidence.reconcile.rules import Shown
from registers.models import Break, Reconciliation, ReconciliationRun
from registers.reconciling import definitions

CHECKS = "reconciliation-checks"
"""The expectation that the record is evidence for."""
SHOWN: tuple[str, ...] = get_args(Shown)
VERSION = "1"
COLUMNS = (
    Column("business_day", "date"),
    Column("comparison", "text"),
    Column("compared", "integer"),
    Column("differing", "integer"),
    Column("explained", "integer"),
    Column("open_items", "integer"),
    Column("runs", "text"),
)
_BATCH = 500


@dataclass
class Counted:
    """What the runs of a day say about one comparison of the programme."""

    runs: list[str] = field(default_factory=list)
    compared: int = 0
    differing: int = 0
    explained: int = 0
    open_items: int = 0


def keep(run: ReconciliationRun, *, actor: str) -> Evidence | None:
    """Keep the record of a run's day, if all its comparisons are there; else return None.

    The record that says the same already is returned as it is. Raises a subclass of EvidenceError.
    """
    day, environment = run.day, run.reconciliation.environment
    expected = Expectation.objects.filter(slug=CHECKS).first()
    if expected is None or not _shown_by(run):
        return None
    runs = _runs(run)
    if not runs:
        return None
    counted = _counted(runs)
    told = _parameters(day, runs, counted)
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        path = Path(folder) / "table.csv"
        while True:
            before = _newest(expected, day, environment)
            if before and before.population.ipe["parameters"] == told:
                return before
            path.unlink(missing_ok=True)
            sent = _submission(path, runs, counted, told, expected=expected, before=before)
            if made := _recorded(sent, actor=actor):
                checks.run(made, actor=actor)
                return made


def _recorded(sent: intake.Submission, *, actor: str) -> Evidence | None:
    """Record a version, unless another worker has recorded one meanwhile."""
    prepared = intake.prepare(sent)
    with store.undone_on_failure(prepared.files), transaction.atomic():
        ledger.lock()
        expected, before = sent.claims[0], sent.supersedes
        if _newest(expected, sent.covers_from, sent.environment) != before:
            prepared.discard()
            return None
        return intake.record([prepared], actor=actor)[0]


def rows(day: date, counted: dict[str, Counted]) -> Iterator[Sequence[Cell]]:
    """Yield a row for each comparison of the programme; empty where nothing shows it."""
    for name in SHOWN:
        each = counted.get(name)
        if each is None:
            yield [day, name, None, None, None, None, ""]
            continue
        numbers = (each.compared, each.differing, each.explained, each.open_items)
        yield [day, name, *numbers, ", ".join(each.runs)]


def _shown_by(run: ReconciliationRun) -> dict[str, str]:
    """Return what the comparisons of a run's rules show, by their names."""
    rules = definitions.parsed(run.rules.text)
    return {each.name: each.shows for each in rules.comparisons if each.shows}


def _runs(made: ReconciliationRun) -> list[ReconciliationRun]:
    """Return this run and the last complete ones of all others that show something, or none."""
    day = made.day
    found: list[ReconciliationRun] = []
    standing = Reconciliation.objects.filter(
        environment=made.reconciliation.environment, starts_on__lte=day
    )
    for each in standing.order_by("number"):
        if each.pk == made.reconciliation_id:
            found.append(made)
            continue
        rules = definitions.rules_in_force(each)
        if rules is None or not definitions.is_due_on(each, day):
            continue
        if not any(one.shows for one in definitions.parsed(rules.text).comparisons):
            continue
        complete = each.runs.filter(day=day, state=ReconciliationRun.State.COMPLETE)
        last = complete.select_related("rules", "evidence", "reconciliation__owner").first()
        if last is None:
            return []
        found.append(last)
    return found


def _counted(runs: Iterable[ReconciliationRun]) -> dict[str, Counted]:
    counted: dict[str, Counted] = defaultdict(Counted)
    for run in runs:
        shown = _shown_by(run)
        for name, word in shown.items():
            counted[word].runs.append(f"{run.reconciliation.ref} run {run.number}: {name}")
        for total in run.facts["totals"]:
            if total["comparison"] in shown and total["item_class"] != "out_of_scope":
                counted[shown[total["comparison"]]].compared += int(total["count"])
        for name, is_open in _breaks(run, shown):
            each = counted[shown[name]]
            each.differing += 1
            each.open_items += is_open is True
            each.explained += is_open is False
    return dict(counted)


def _breaks(run: ReconciliationRun, shown: dict[str, str]) -> list[tuple[str, bool | None]]:
    """Return the comparison of each break in a run's report, and whether it is open.

    None is one that is not in the queue, because the run did not move it: nothing explains it.
    """
    report = json.loads(b"".join(store.stream(run.evidence.blob_id)))
    keys = {each["id"]: each["comparison"] for each in report["breaks"]}
    wanted = [key for key, name in keys.items() if name in shown]
    mine = Break.objects.filter(reconciliation=run.reconciliation_id)
    states: dict[str, bool] = {}
    for start in range(0, len(wanted), _BATCH):
        some = mine.filter(key__in=wanted[start : start + _BATCH])
        states |= dict(some.values_list("key", "is_open"))
    return [(keys[key], states.get(key)) for key in wanted]


def _newest(expected: Expectation, day: date, environment: str) -> Evidence | None:
    found = Evidence.objects.filter(
        claims__expectation=expected,
        covers_from=day,
        covers_to=day,
        environment=environment,
        population__ipe__collector="comparisons",
        superseded_by__isnull=True,
    )
    return found.select_related("population").order_by("id").last()


def _parameters(
    day: date, runs: Sequence[ReconciliationRun], counted: dict[str, Counted]
) -> dict[str, Any]:
    return {
        "day": day.isoformat(),
        "nothing_shows": [name for name in SHOWN if name not in counted],
        "open_items": {name: each.open_items for name, each in sorted(counted.items())},
        "runs": [
            {
                "reconciliation": run.reconciliation.ref,
                "run": run.number,
                "rules_sha256": run.rules.digest,
                "inputs_sha256": run.inputs_digest,
                "output_sha256": run.output_digest,
            }
            for run in runs
        ],
    }


def _submission(
    path: Path,
    runs: Sequence[ReconciliationRun],
    counted: dict[str, Counted],
    told: dict[str, Any],
    *,
    expected: Expectation,
    before: Evidence | None,
) -> intake.Submission:
    last = runs[-1]
    with path.open("xb") as file:
        facts = write_csv(rows(last.day, counted), COLUMNS, file)
    return intake.Submission(
        content=path,
        filename=f"comparisons-{last.day.isoformat()}.csv",
        title=f"Comparisons of {last.day.isoformat()}",
        evidence_type=Expectation.EvidenceType.TEST_RESULT,
        kind=Evidence.Kind.EVENT,
        area=Area.PROCESSING_INTEGRITY,
        source_system="Countersign",
        environment=last.reconciliation.environment,
        covers_from=last.day,
        covers_to=last.day,
        collected_at=timezone.now(),
        owner=str(last.reconciliation.owner)[:120],
        media_type="text/csv",
        claims=(expected,),
        population=PopulationFacts(COLUMNS, _ipe(runs, told, facts), facts),
        supersedes=before,
        is_made_here=True,
    )


def _ipe(runs: Sequence[ReconciliationRun], told: dict[str, Any], facts: TableFacts) -> IPE:
    last = runs[-1]
    return IPE(
        query="Totals and breaks of the last complete run of each reconciliation that shows a "
        "comparison; compared are the items of both sides",
        source_system="Reconciliations of this installation",
        environment=last.reconciliation.environment,
        runner="system",
        collector="comparisons",
        collector_version=VERSION,
        code_digest=last.code_digest,
        started_at=min(run.started_at for run in runs),
        finished_at=timezone.now(),
        completeness="A row for each comparison of the programme. Every reconciliation that shows "
        "one and is due on the day has a complete run, whose identities hold.",
        parameters=told,
        source_count=facts.row_count,
        raw_digests=tuple(run.evidence.blob_id for run in runs),
    )
