"""Signs the roll-forward of a month, and makes it evidence.

Rules:
- A month is signed after its end, once, by a person who did not prepare it: who neither owns the
  reconciliation nor ran one of its days.
- Its roll-forward holds in every currency of every comparison.
- Each business day without a signature is named by the signer with a reason: it stands in the
  signature and in the evidence.
"""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.access import actor
from accounts.capabilities import Capability
from accounts.models import User
from evidence import checks, intake, ledger, store
from registers.errors import ReconcilingError, ReconcilingNotAllowedError, SamePersonError
from registers.models import MonthSignature, Reconciliation, ReconciliationRun
from registers.reconciling import definitions, month_facts, month_table, rolling
from registers.reconciling.month_facts import MonthDay
from registers.reconciling.rolling import Rolled


def unsigned_days(reconciliation: Reconciliation, month: date) -> list[MonthDay]:
    """Return the business days of a month that nobody signed."""
    days = month_facts.days_of_month(reconciliation, month)
    return [each for each in days if not each.signature]


def obstacle(reconciliation: Reconciliation, month: date, *, by: User) -> str:
    """Say why a person cannot sign a month; empty where nothing stands against it."""
    try:
        definitions.refuse_stranger(by, Capability.SIGN_RECONCILIATIONS)
        _check(reconciliation, month, by)
    except (ReconcilingError, ReconcilingNotAllowedError) as error:
        return str(error)
    return ""


def sign(
    reconciliation: Reconciliation,
    month: date,
    *,
    note: str,
    by: User,
    reasons: Mapping[date, str] | None = None,
) -> MonthSignature:
    """Sign the roll-forward of a month, and make it evidence that its checks have read.

    `reasons` says of each business day without a signature why it has none. Raises
    ReconcilingNotAllowedError, SamePersonError, ReconcilingError.
    """
    definitions.refuse_stranger(by, Capability.SIGN_RECONCILIATIONS)
    said = definitions.read_text(note, what="What you looked at")
    legs = _check(reconciliation, month, by)
    why = _named(reconciliation, month, reasons or {})
    facts = month_facts.facts(reconciliation, month, legs=legs, reasons=why)
    sent = month_table.submission(reconciliation, month, legs=legs, reasons=why, by=by)
    ready = intake.prepare(sent)
    try:
        made = _record(reconciliation, month, ready, facts, why, note=said, by=by)
    except Exception:
        store.discard_unnamed(ready.files)
        raise
    checks.run(made.evidence, actor=actor(by))
    return made


def body(made: MonthSignature) -> dict[str, object]:
    """Return what the leaf says of a signed month."""
    return {
        "month": f"{made.month:%Y-%m}",
        "facts_sha256": sha256(ledger.canonical(made.facts)).hexdigest(),
        "note_sha256": journal.digest(made.note),
        "evidence": made.evidence.ref,
    }


def _check(reconciliation: Reconciliation, month: date, by: User) -> list[Rolled]:
    """Return the roll-forward that may be signed, leg by leg."""
    first, last = rolling.month_of(month)
    if last >= definitions.today():
        raise ReconcilingError("The month is not over yet. It is signed after its end.")
    if last < reconciliation.starts_on:
        raise ReconcilingError(f"{reconciliation.ref} began after this month.")
    _refuse_preparer(reconciliation, first, last, by)
    if MonthSignature.objects.filter(reconciliation=reconciliation, month=first).exists():
        raise ReconcilingError("This month is signed already.")
    legs = rolling.forward_by_leg(reconciliation, first, last)
    for each in legs:
        if not each.holds:
            raise ReconcilingError(
                f"The roll-forward of {each.leg}, {each.currency or 'breaks without an amount'}, "
                "does not hold."
            )
    return legs


def _refuse_preparer(reconciliation: Reconciliation, first: date, last: date, by: User) -> None:
    if reconciliation.owner_id == by.pk:
        raise SamePersonError("You own this reconciliation. Another person must sign it.")
    own = ReconciliationRun.objects.filter(
        reconciliation=reconciliation, day__gte=first, day__lte=last, by=by
    )
    if run := own.order_by("day").first():
        raise SamePersonError(
            f"You ran {run.day} of this month yourself. Another person must sign it."
        )


def _named(
    reconciliation: Reconciliation, month: date, reasons: Mapping[date, str]
) -> dict[date, str]:
    """Return the reason of every day without a signature, and of no other day."""
    missing = [each.day for each in unsigned_days(reconciliation, month)]
    if strangers := sorted({*reasons} - {*missing}):
        raise ReconcilingError(f"{strangers[0]} is no day without a signature. Look again.")
    return {
        day: definitions.read_text(reasons.get(day, ""), what=f"Why {day} has no signature")
        for day in missing
    }


@transaction.atomic
def _record(
    reconciliation: Reconciliation,
    month: date,
    ready: intake.Prepared,
    facts: dict[str, object],
    reasons: Mapping[date, str],
    *,
    note: str,
    by: User,
) -> MonthSignature:
    """Name evidence and signature, if nothing moved since the evidence was written."""
    ledger.lock()
    legs = _check(reconciliation, month, by)
    if month_facts.facts(reconciliation, month, legs=legs, reasons=reasons) != facts:
        raise ReconcilingError("The breaks have moved meanwhile. Look again.")
    (evidence,) = intake.record([ready], actor=actor(by))
    made = MonthSignature(
        reconciliation=reconciliation,
        month=month.replace(day=1),
        facts=facts,
        note=note,
        by=by,
        at=timezone.now(),
        evidence=evidence,
    )
    made.ledger_entry = ledger.append(
        "reconciliation.month_signed",
        subject=reconciliation.ref,
        body=body(made),
        actor=actor(by),
    )
    made.save(force_insert=True)
    return made
