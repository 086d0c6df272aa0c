"""Signs the roll-forward of a month, and makes it evidence.

Rules:
- A month is signed after its end, by a person who does not own the reconciliation, once.
- Its roll-forward holds in every currency; days without a signed run are named in it, not hidden.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from io import BytesIO

from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.access import actor
from accounts.capabilities import Capability
from accounts.models import User
from controls.models import Area, Expectation
from evidence import checks, intake, ledger, store
from evidence.models import Evidence
from evidence.population import IPE, Cell, Column, PopulationFacts, TableFacts, write_csv
from registers.errors import ReconcilingError, ReconcilingNotAllowedError, SamePersonError
from registers.models import DaySignature, MonthSignature, Reconciliation
from registers.reconciling import definitions, rolling
from registers.reconciling.rolling import Rolled
from registers.reconciling.running import code_digest

MONTHLY = "break-roll-forward"
VERSION = "1"
COLUMNS = (
    Column("month", "text"),
    Column("reconciliation", "text"),
    Column("currency", "text"),
    Column("part", "text"),
    Column("breaks", "integer"),
    Column("amount_minor", "integer"),
    Column("holds", "boolean"),
    Column("signed_by", "text"),
)


def unsigned_days(reconciliation: Reconciliation, month: date) -> list[date]:
    """Return the business days of a month that nobody signed."""
    first, last = rolling.month_of(month)
    signed = DaySignature.objects.filter(
        reconciliation=reconciliation, day__gte=first, day__lte=last
    )
    known = {*signed.values_list("day", flat=True)}
    due = definitions.business_days(reconciliation, first, min(last, definitions.today()))
    return [day for day in due if day not in known]


def obstacle(reconciliation: Reconciliation, month: date, *, by: User) -> str:
    """Say why a person cannot sign a month; empty where nothing stands against it."""
    try:
        definitions.refuse_stranger(by, Capability.SIGN_RECONCILIATIONS)
        _check(reconciliation, month, by)
    except (ReconcilingError, ReconcilingNotAllowedError) as error:
        return str(error)
    return ""


def sign(reconciliation: Reconciliation, month: date, *, note: str, by: User) -> MonthSignature:
    """Sign the roll-forward of a month, and make it evidence that its checks have read.

    Raises ReconcilingNotAllowedError, SamePersonError, ReconcilingError.
    """
    definitions.refuse_stranger(by, Capability.SIGN_RECONCILIATIONS)
    said = definitions.read_text(note, what="What you looked at")
    rolled = _check(reconciliation, month, by)
    facts = _facts(reconciliation, month, rolled)
    ready = intake.prepare(_submission(reconciliation, month, rolled, facts, by))
    try:
        made = _record(reconciliation, month, ready, facts, note=said, by=by)
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
    first, last = rolling.month_of(month)
    if last >= definitions.today():
        raise ReconcilingError("The month is not over yet. It is signed after its end.")
    if last < reconciliation.starts_on:
        raise ReconcilingError(f"{reconciliation.ref} began after this month.")
    if reconciliation.owner_id == by.pk:
        raise SamePersonError("You own this reconciliation. Another person must sign it.")
    if MonthSignature.objects.filter(reconciliation=reconciliation, month=first).exists():
        raise ReconcilingError("This month is signed already.")
    rolled = rolling.forward(reconciliation, first, last)
    for each in rolled:
        if not each.holds:
            raise ReconcilingError(
                f"The roll-forward of {each.currency or 'breaks without an amount'} does not hold."
            )
    return rolled


def _facts(
    reconciliation: Reconciliation, month: date, rolled: Sequence[Rolled]
) -> dict[str, object]:
    missing = unsigned_days(reconciliation, month)
    return {
        "currencies": [each.said() for each in rolled],
        "unsigned_days": [day.isoformat() for day in missing],
    }


@transaction.atomic
def _record(
    reconciliation: Reconciliation,
    month: date,
    ready: intake.Prepared,
    facts: dict[str, object],
    *,
    note: str,
    by: User,
) -> MonthSignature:
    """Name evidence and signature, if nothing moved since the evidence was written."""
    ledger.lock()
    if _facts(reconciliation, month, _check(reconciliation, month, by)) != facts:
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


def rows(
    reconciliation: Reconciliation, month: date, rolled: Sequence[Rolled], signed_by: str
) -> list[Sequence[Cell]]:
    """Return the rows of the table: one for each part of each currency."""
    found: list[Sequence[Cell]] = []
    for each in rolled or [Rolled("")]:
        parts = [("opening", each.opening), ("new", each.new)]
        parts += [(f"cleared: {how}", one) for how, one in sorted(each.cleared.items())]
        parts.append(("closing", each.closing))
        for part, (count, amount) in parts:
            head: list[Cell] = [f"{month:%Y-%m}", reconciliation.ref, each.currency, part]
            found.append([*head, count, amount, each.holds, signed_by])
    return found


def _submission(
    reconciliation: Reconciliation,
    month: date,
    rolled: Sequence[Rolled],
    facts: dict[str, object],
    by: User,
) -> intake.Submission:
    first, last = rolling.month_of(month)
    now, file = timezone.now(), BytesIO()
    table = write_csv(rows(reconciliation, month, rolled, by.email), COLUMNS, file)
    ipe = _ipe(reconciliation, month, table, facts, now)
    return intake.Submission(
        content=file.getvalue(),
        filename=f"{reconciliation.ref.lower()}-{month:%Y-%m}-roll-forward.csv",
        title=f"{reconciliation.ref}, roll-forward of breaks {month:%Y-%m}",
        evidence_type=Expectation.EvidenceType.REVIEW_RECORD,
        kind=Evidence.Kind.EVENT,
        area=Area.PROCESSING_INTEGRITY,
        source_system="Countersign",
        environment=reconciliation.environment,
        covers_from=first,
        covers_to=last,
        collected_at=now,
        owner=str(reconciliation.owner)[:120],
        media_type="text/csv",
        sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
        prepared_by=reconciliation.owner,
        claims=tuple(Expectation.objects.filter(slug=MONTHLY)),
        population=PopulationFacts(COLUMNS, ipe, table),
    )


def _ipe(
    reconciliation: Reconciliation,
    month: date,
    table: TableFacts,
    facts: Mapping[str, object],
    now: datetime,
) -> IPE:
    return IPE(
        query="Every step that opened or closed a break up to the end of the month",
        source_system=f"Breaks of {reconciliation.ref} of this installation",
        environment=reconciliation.environment,
        runner=actor(reconciliation.owner),
        collector="break_roll_forward",
        collector_version=VERSION,
        code_digest=code_digest(),
        started_at=now,
        finished_at=timezone.now(),
        completeness=(
            "Opening, new and cleared are summed from the history; closing is counted break by "
            "break, and agrees. Unsigned days: "
            f"{json.dumps(facts['unsigned_days'])}"
        ),
        parameters={"reconciliation": reconciliation.ref, "month": f"{month:%Y-%m}"},
        source_count=table.row_count,
    )
