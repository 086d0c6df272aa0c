"""Runs a reconciliation for one business day: files in, a proved report out, the queue moved.

Rules:
- A run reads the files of its window, the day's own among them, and those before it in which the
  other half of a pair may stand; a day without its own files has no run.
- The same day, files and rules give the same run: a second call returns the first.
- A run whose identities do not hold, or of which a file was refused, has failed: nothing of it is
  counted and no break moves. Its report says why, and is kept like any other.
- A run of rules that show a comparison of the programme leaves the day's record of these, too.
- A run about a day before the last one that moved the queue proves that day and moves nothing.
"""

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.access import actor
from accounts.capabilities import Capability
from accounts.models import User
from controls.models import Area, Expectation
from evidence import intake, ledger, store
from evidence.models import Evidence
from evidence.reconcile import run as engine
from evidence.reconcile.errors import ReconcileError
from evidence.reconcile.outcome import Outcome, State
from registers.errors import ReconcilingError
from registers.models import InputFile, MatchingRules, Reconciliation, ReconciliationRun
from registers.reconciling import carrying, comparing, definitions, files
from registers.reconciling.carrying import Plan

MEMORY = "850MB"
"""What DuckDB may take: with it the process stays below 1.2 GB, at 20,000,000 rows a side too."""
SYSTEM = "system"
_PROBLEMS = 5
_MATCHING, _WRITING, _WHOLE = 10, 90, 100


Progress = Callable[[int, int, str], None]


def silent(_done: int, _total: int, _note: str) -> None:
    """Tell nobody how far a run is."""


@dataclass
class Judged:
    """What the engine said, and what that means for the run."""

    reconciliation: Reconciliation
    day: date
    rules: MatchingRules
    read: list[InputFile]
    started_at: datetime
    outcome: Outcome | None = None
    problem: str = ""
    by: User | None = None
    progress: Progress = field(default=silent)
    found: list[carrying.Found] = field(default_factory=list)

    def laid_out(self, done: int, total: int) -> None:
        """Hear how many bytes of the files lie ready."""
        self.progress(_MATCHING * done // max(total, 1), _WHOLE, "Unsealing the files")

    def matched(self, done: int, total: int, note: str) -> None:
        """Hear how far the engine is."""
        share = (_WRITING - _MATCHING) * done // max(total, 1)
        self.progress(_MATCHING + share, _WHOLE, note)

    @property
    def state(self) -> str:
        states = ReconciliationRun.State
        return states.FAILED if self.problem else states.COMPLETE


def perform(
    reconciliation: Reconciliation,
    *,
    day: date,
    by: User | None = None,
    progress: Progress = silent,
) -> ReconciliationRun:
    """Reconcile a day and return its run; the same files and rules give the first one again.

    `by` is None for the schedule; `progress` hears how far it is, in hundredths. Raises
    ReconcilingNotAllowedError, ReconcilingError.
    """
    if by:
        definitions.refuse_stranger(by, Capability.RUN_RECONCILIATIONS)
    made = _performed(reconciliation, day, by, progress)
    if made.state == ReconciliationRun.State.COMPLETE:
        comparing.keep(made, actor=actor(by) if by else SYSTEM)
    return made


def _performed(
    reconciliation: Reconciliation, day: date, by: User | None, progress: Progress
) -> ReconciliationRun:
    rules, read = ready(reconciliation, day)
    if before := _before(reconciliation, day, rules, read):
        return before
    judged = Judged(reconciliation, day, rules, read, timezone.now(), by=by, progress=progress)
    _judge(judged)
    progress(_WRITING, _WHOLE, "Writing the report")
    prepared = intake.prepare(_submission(judged))
    try:
        with transaction.atomic():
            ledger.lock()
            # Another worker may have done the same meanwhile.
            before = _before(reconciliation, day, rules, read)
            if before is None:
                return _record(judged, prepared)
    except Exception:
        store.discard_unnamed(prepared.files)
        raise
    prepared.discard()
    return before


def ready(reconciliation: Reconciliation, day: date) -> tuple[MatchingRules, list[InputFile]]:
    """Return rules and files of a day; ReconcilingError says what is missing before it can run."""
    rules = definitions.rules_in_force(reconciliation)
    if rules is None:
        raise ReconcilingError("Its rules wait for the approval of another person.")
    if not definitions.is_due_on(reconciliation, day):
        raise ReconcilingError(f"{day} is no business day of {reconciliation.ref}.")
    if not files.is_over(day, timezone.now()):
        raise ReconcilingError(f"{day} is not over yet. A run before that would miss its end.")
    read = files.read_by(reconciliation, day, rules=rules)
    if lacking := files.missing_legs(reconciliation, day, read):
        raise ReconcilingError(f"No file of {day} came for {', '.join(lacking)}. Hand it in first.")
    return rules, read


def inputs_digest(read: Sequence[InputFile]) -> str:
    """Return the digest over leg and bytes of every file, in an order of its own."""
    lines = sorted(f"{file.leg} {file.sha256}" for file in read)
    return sha256("\n".join(lines).encode()).hexdigest()


def run_body(made: ReconciliationRun) -> dict[str, object]:
    """Return what the leaf says of a run beside the queue."""
    return {
        "number": made.number,
        "day": made.day.isoformat(),
        "state": str(made.state),
        "problem_sha256": journal.digest(made.problem),
        "rules_sha256": made.rules.digest,
        "inputs_sha256": made.inputs_digest,
        "output_sha256": made.output_digest,
        "facts_sha256": sha256(_canonical(made.facts)).hexdigest(),
        "breaks": made.break_count,
        "new": made.new_count,
        "cleared": made.cleared_count,
        "moved_queue": made.moved_queue,
        "evidence": made.evidence.ref,
    }


@cache
def code_digest() -> str:
    """Return the digest of the code that reconciles, so that two runs can be told apart by it."""
    said = sha256()
    for path in sorted(Path(engine.__file__).parent.rglob("*.py")):
        said.update(path.read_bytes())
    return said.hexdigest()


def _before(
    reconciliation: Reconciliation, day: date, rules: MatchingRules, read: list[InputFile]
) -> ReconciliationRun | None:
    found = ReconciliationRun.objects.filter(reconciliation=reconciliation, day=day, rules=rules)
    return found.filter(inputs_digest=inputs_digest(read)).first()


def _judge(judged: Judged) -> None:
    rules = definitions.parsed(judged.rules.text)
    terms = engine.Terms(
        as_of=judged.day,
        leading_in=files.leading_in(judged.reconciliation, judged.day, judged.read),
        memory=MEMORY,
        tell=judged.matched,
    )
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        given = files.laid_out(judged.read, Path(folder), tell=judged.laid_out)
        try:
            judged.outcome = engine.reconcile(rules, given, scratch=Path(folder), terms=terms)
        except ReconcileError as error:
            judged.problem = str(error)
            return
    found = carrying.found_of(judged.outcome, judged.read, judged.day)
    judged.problem = _problem(judged.outcome)
    if any(abs(each.amount) > carrying.LARGEST for each in found):
        judged.problem += " An amount is larger than the queue of breaks can hold."
    # Of a run that failed nothing is counted.
    judged.found = [] if judged.problem else found


def _problem(outcome: Outcome) -> str:
    """Say why a run has failed; empty where it has not."""
    refused = [
        f"{each.name} was refused, {f'line {each.line}: ' if each.line else ''}{each.refused}"
        for each in outcome.files
        if each.refused
    ]
    failed = [
        f"the identity {each.name} of {each.subject} {each.currency} does not hold: "
        f"{each.left[0]} for {each.left[1]} against {each.right[0]} for {each.right[1]}"
        for each in outcome.failed_identities
    ]
    if not refused and not failed and outcome.state is State.FAILED:
        failed = ["the engine says that it failed"]
    if outcome.break_count > len(outcome.breaks):
        failed.append(f"{outcome.break_count:,} breaks are too many to be listed")
    told = [*refused, *failed]
    more = f"; and {len(told) - _PROBLEMS} more" if len(told) > _PROBLEMS else ""
    return f"{'; '.join(told[:_PROBLEMS])}{more}." if told else ""


def _record(judged: Judged, prepared: intake.Prepared) -> ReconciliationRun:
    """Write the run, its report and what it does to the queue, with one leaf."""
    reconciliation, name = judged.reconciliation, actor(judged.by) if judged.by else SYSTEM
    (evidence,) = intake.record([prepared], actor=name)
    moves = not judged.problem and not _is_overtaken(reconciliation, judged.day)
    made = _plan(judged) if moves else Plan(judged.day)
    last = reconciliation.runs.first()
    run = ReconciliationRun(
        reconciliation=reconciliation,
        number=last.number + 1 if last else 1,
        day=judged.day,
        state=judged.state,
        problem=judged.problem,
        rules=judged.rules,
        inputs_digest=inputs_digest(judged.read),
        output_digest=judged.outcome.digest if judged.outcome else "",
        facts=_facts(judged),
        break_count=len(judged.found),
        new_count=len(made.new) + len(made.reopened),
        cleared_count=len(made.cleared),
        moved_queue=moves,
        code_digest=code_digest(),
        by=judged.by,
        started_at=judged.started_at,
        finished_at=timezone.now(),
        evidence=evidence,
    )
    body = {**run_body(run), **carrying.told(made)}
    run.ledger_entry = ledger.append(
        "reconciliation.run", subject=reconciliation.ref, body=body, actor=name
    )
    run.save(force_insert=True)
    carrying.apply(made, run, run.ledger_entry)
    return run


def _plan(judged: Judged) -> Plan:
    start = files.window_start(judged.reconciliation, judged.day)
    return carrying.plan(judged.reconciliation, judged.found, day=judged.day, window_start=start)


def _is_overtaken(reconciliation: Reconciliation, day: date) -> bool:
    later = reconciliation.runs.filter(day__gt=day, moved_queue=True)
    return later.exists()


def _facts(judged: Judged) -> dict[str, Any]:
    """Return what pages and papers say of a run, out of its report."""
    by_name = {(file.leg, file.sha256): file for file in judged.read}
    outcome = judged.outcome
    if outcome is None:
        return {"files": [_file(file, {}) for file in judged.read]}
    told = outcome.to_json()
    control = {(each["leg"], each["sha256"]): each for each in told["files"]}
    return {
        "files": [_file(file, control.get(key, {})) for key, file in by_name.items()],
        "totals": told["totals"],
        "identities": [
            {**each, "holds": found.holds}
            for each, found in zip(told["identities"], outcome.identities, strict=True)
        ],
        "tolerated": len(outcome.tolerated),
        "candidates": len(outcome.candidates),
    }


def _file(file: InputFile, control: dict[str, Any]) -> dict[str, Any]:
    return {
        "leg": file.leg,
        "name": file.filename,
        "day": file.day.isoformat(),
        "sha256": file.sha256,
        "evidence": file.evidence.ref,
        "leads_in": control.get("leads_in", False),
        "refused": control.get("refused", ""),
        "line": control.get("line", 0),
        "format": control.get("format", ""),
        "totals": control.get("totals", {}),
        "first": control.get("first", ""),
        "last": control.get("last", ""),
    }


def _report(judged: Judged) -> bytes:
    told: dict[str, Any] = {
        "reconciliation": judged.reconciliation.ref,
        "day": judged.day.isoformat(),
        "state": str(judged.state),
        "problem": judged.problem,
        "rules_sha256": judged.rules.digest,
        "inputs_sha256": inputs_digest(judged.read),
        "code_sha256": code_digest(),
        "inputs": _facts(judged)["files"],
    }
    if judged.outcome:
        told |= judged.outcome.to_json()
        told["state"] = str(judged.state)
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _submission(judged: Judged) -> intake.Submission:
    reconciliation, day = judged.reconciliation, judged.day.isoformat()
    return intake.Submission(
        content=_report(judged),
        filename=f"{reconciliation.ref.lower()}-{day}-run.json",
        title=f"{reconciliation.ref}, run of {day}: {judged.state}",
        evidence_type=Expectation.EvidenceType.TEST_RESULT,
        kind=Evidence.Kind.EVENT,
        area=Area.PROCESSING_INTEGRITY,
        source_system="Countersign",
        environment=reconciliation.environment,
        covers_from=judged.day,
        covers_to=judged.day,
        collected_at=judged.started_at,
        owner=str(reconciliation.owner)[:120],
        media_type="application/json",
        sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
        prepared_by=judged.by,
        claims=files.claims(),
        is_made_here=True,
        # The files within were screened when they came.
        is_judged=True,
    )
