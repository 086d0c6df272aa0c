"""The roll-forward of a month as a table: what its signature makes evidence.

Rules:
- A row for each part of each currency of each comparison; then one for each business day without a
  signature, with the reason that the signer gave.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from io import BytesIO

from django.utils import timezone

from accounts.access import actor
from accounts.models import User
from controls.models import Area, Expectation
from evidence import intake
from evidence.models import Evidence
from evidence.population import IPE, Cell, Column, PopulationFacts, TableFacts, write_csv
from registers.models import Reconciliation
from registers.reconciling import rolling
from registers.reconciling.rolling import Rolled
from registers.reconciling.running import code_digest

MONTHLY = "break-roll-forward"
VERSION = "2"
NO_SIGNATURE = "day without signature"
COLUMNS = (
    Column("month", "text"),
    Column("reconciliation", "text"),
    Column("currency", "text"),
    Column("part", "text"),
    Column("breaks", "integer"),
    Column("amount_minor", "integer"),
    Column("holds", "boolean"),
    Column("signed_by", "text"),
    Column("leg", "text"),
    Column("business_day", "date"),
    Column("reason", "text"),
)


def rows(
    reconciliation: Reconciliation,
    month: date,
    *,
    legs: Sequence[Rolled],
    reasons: Mapping[date, str],
    signed_by: str,
) -> list[Sequence[Cell]]:
    """Return the rows of the table."""
    found: list[Sequence[Cell]] = []
    head: list[Cell] = [f"{month:%Y-%m}", reconciliation.ref]
    for each in legs or [Rolled("")]:
        parts = [("opening", each.opening), ("new", each.new)]
        parts += [(f"cleared: {how}", one) for how, one in sorted(each.cleared.items())]
        parts.append(("closing", each.closing))
        for part, (count, amount) in parts:
            told: list[Cell] = [each.currency, part, count, amount, each.holds, signed_by]
            found.append([*head, *told, each.leg, None, ""])
    for day, reason in sorted(reasons.items()):
        found.append([*head, "", NO_SIGNATURE, 0, 0, True, signed_by, "", day, reason])
    return found


def submission(
    reconciliation: Reconciliation,
    month: date,
    *,
    legs: Sequence[Rolled],
    reasons: Mapping[date, str],
    by: User,
) -> intake.Submission:
    """Write the table of a month, and describe it."""
    first, last = rolling.month_of(month)
    now, file = timezone.now(), BytesIO()
    told = rows(reconciliation, month, legs=legs, reasons=reasons, signed_by=by.email)
    table = write_csv(told, COLUMNS, file)
    ipe = _ipe(reconciliation, month, table, sorted(reasons), now)
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
    missing: Sequence[date],
    now: datetime,
) -> IPE:
    return IPE(
        query=(
            "Every step that opened or closed a break up to the end of the month; every business "
            "day without a signature"
        ),
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
            f"{json.dumps([day.isoformat() for day in missing])}"
        ),
        parameters={"reconciliation": reconciliation.ref, "month": f"{month:%Y-%m}"},
        source_count=table.row_count,
    )
