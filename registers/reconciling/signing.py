"""Signs the run of a day: by another person, who says what they looked at.

Rules:
- Only the last run of a day is signed, only a complete one, and once.
- Who asked for the run or owns the reconciliation does not sign it.
- Every break that is open on the day has an owner before the day is signed.
"""

import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.access import actor
from accounts.capabilities import Capability
from accounts.models import User
from evidence import checks, intake, ledger, store
from evidence.models import Evidence
from registers.errors import (
    ChangedMeanwhileError,
    ReconcilingError,
    ReconcilingNotAllowedError,
    SamePersonError,
)
from registers.models import Break, DaySignature, Reconciliation, ReconciliationRun
from registers.reconciling import definitions, files, record, running
from registers.reconciling.record import Signed


def last_run(reconciliation: Reconciliation, day: date) -> ReconciliationRun | None:
    """Return the run of a day that counts: that of its files as they are now, else the last one."""
    found = ReconciliationRun.objects.filter(reconciliation=reconciliation, day=day)
    found = found.select_related(
        "by", "rules", "evidence", "reconciliation__owner", "signature__by"
    )
    rules = definitions.rules_in_force(reconciliation)
    digest = running.inputs_digest(files.read_by(reconciliation, day, rules=rules))
    return found.filter(inputs_digest=digest, rules=rules).first() or found.first()


def obstacle(run: ReconciliationRun, *, by: User) -> str:
    """Say why a person cannot sign a run; empty where nothing stands against it."""
    try:
        definitions.refuse_stranger(by, Capability.SIGN_RECONCILIATIONS)
        _check(run, by)
    except (ReconcilingError, ReconcilingNotAllowedError) as error:
        return str(error)
    return ""


def sign_day(run: ReconciliationRun, *, note: str, by: User) -> DaySignature:
    """Sign a run, and make the record of its day evidence that its checks have read.

    Raises ReconcilingNotAllowedError, SamePersonError, ReconcilingError, a subclass of
    EvidenceError.
    """
    definitions.refuse_stranger(by, Capability.SIGN_RECONCILIATIONS)
    said = definitions.read_text(note, what="What you looked at")
    _check(run, by)
    now = timezone.now()
    others = record.waiting_for(run.reconciliation, run.day)
    signed = record.signed_before(run.reconciliation, run.day)
    mine = Signed(run, record.preparer_of(run), by.email, now)
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        sent = record.submission([*signed, mine], others, said, Path(folder))
        ready = intake.prepare(sent)
    try:
        made = _record(run, ready, others, said, by=by)
    except Exception:
        store.discard_unnamed(ready.files)
        raise
    checks.run(made.evidence, actor=actor(by))
    return made


@transaction.atomic
def _record(
    run: ReconciliationRun,
    ready: intake.Prepared,
    others: Sequence[Reconciliation],
    note: str,
    *,
    by: User,
) -> DaySignature:
    """Name record and signature, if all still is as the record says it."""
    ledger.lock()
    _check(run, by)
    if record.waiting_for(run.reconciliation, run.day) != others:
        raise ChangedMeanwhileError
    (evidence,) = intake.record([ready], actor=actor(by))
    return _keep(run, evidence, note, by)


def day_body(made: DaySignature) -> dict[str, object]:
    """Return what the leaf says of a signature."""
    return {
        "day": made.day.isoformat(),
        "run": made.run.number,
        "output_sha256": made.run.output_digest,
        "note_sha256": journal.digest(made.note),
        "is_late": made.is_late,
        "evidence": made.evidence.ref,
    }


def unowned(reconciliation: Reconciliation, day: date) -> int:
    """Count the breaks of a day that are open and nobody's."""
    found = Break.objects.filter(reconciliation=reconciliation, is_open=True, owner=None)
    return found.filter(opened_on__lte=day).count()


def _check(run: ReconciliationRun, by: User) -> None:
    last = last_run(run.reconciliation, run.day)
    if last is None or last.pk != run.pk:
        raise ReconcilingError("A later run of this day is there. Look at that one.")
    if run.state != ReconciliationRun.State.COMPLETE:
        raise ReconcilingError("This run has failed. Correct its files and run the day again.")
    if DaySignature.objects.filter(run=run).exists():
        raise ReconcilingError("This run is signed already.")
    if run.by_id == by.pk:
        raise SamePersonError("You ran this yourself. Another person must sign it.")
    if run.reconciliation.owner_id == by.pk:
        raise SamePersonError("You own this reconciliation. Another person must sign it.")
    if count := unowned(run.reconciliation, run.day):
        words = "break has" if count == 1 else "breaks have"
        raise ReconcilingError(f"{count:,} open {words} no owner. Give them to somebody first.")


def _keep(run: ReconciliationRun, evidence: Evidence, note: str, by: User) -> DaySignature:
    today = definitions.today()
    made = DaySignature(
        run=run,
        reconciliation=run.reconciliation,
        day=run.day,
        note=note,
        is_late=today > definitions.due_day(run.reconciliation, run.day),
        by=by,
        at=timezone.now(),
        evidence=evidence,
    )
    made.ledger_entry = ledger.append(
        "reconciliation.signed",
        subject=run.reconciliation.ref,
        body=day_body(made),
        actor=actor(by),
    )
    made.save(force_insert=True)
    return made
