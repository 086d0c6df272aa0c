"""What the leaves of reconciliations tell about their rows."""

from collections.abc import Mapping
from typing import Any

from accounts.journal import digest
from evidence.told import Rows, Told, tell
from registers.models import (
    BreakEvent,
    DaySignature,
    InputFile,
    InputWithdrawal,
    MatchingRules,
    MonthSignature,
    Reconciliation,
    ReconciliationChange,
    ReconciliationRun,
    RulesApproval,
    WriteOffLimit,
)
from registers.reconciling import (
    carrying,
    definitions,
    files,
    limits,
    months,
    running,
    signing,
    working,
)


def _of_reconciliation(rows: Rows) -> str:
    return str(rows[0].reconciliation.ref)


def _events(rows: Rows, body: Mapping[str, Any]) -> Mapping[str, object]:
    """A run tells of all its steps by a digest, a person's deed of each."""
    return carrying.told_again(rows) if "events" in body else working.event_body(rows)


tell(
    Told(
        Reconciliation,
        ("reconciliation.defined",),
        lambda rows, _: definitions.defined_body(rows[0]),
        subject=lambda rows: str(rows[0].ref),
        moves_on=True,
    )
)
tell(
    Told(
        ReconciliationChange,
        ("reconciliation.changed",),
        lambda rows, _: definitions.change_body(rows[0]),
        subject=_of_reconciliation,
        along=("reconciliation",),
    )
)
tell(
    Told(
        MatchingRules,
        ("reconciliation.rules",),
        lambda rows, _: definitions.rules_body(rows[0]),
        subject=_of_reconciliation,
        along=("reconciliation",),
    )
)
tell(
    Told(
        RulesApproval,
        ("reconciliation.rules_approved",),
        lambda rows, _: {
            "rules_sha256": rows[0].rules.digest,
            "note_sha256": digest(rows[0].note),
        },
        subject=lambda rows: str(rows[0].rules.reconciliation.ref),
        along=("rules__reconciliation",),
    )
)
tell(
    Told(
        InputFile,
        ("reconciliation.file",),
        lambda rows, _: files.file_body(rows[0]),
        subject=_of_reconciliation,
        along=("reconciliation", "evidence"),
    )
)
tell(
    Told(
        InputWithdrawal,
        ("reconciliation.file_withdrawn",),
        lambda rows, _: {
            "evidence": rows[0].file.evidence.ref,
            "sha256": rows[0].file.sha256,
            "reason_sha256": digest(rows[0].reason),
        },
        subject=lambda rows: str(rows[0].file.reconciliation.ref),
        along=("file__reconciliation", "file__evidence"),
    )
)
tell(
    Told(
        ReconciliationRun,
        ("reconciliation.run",),
        lambda rows, _: running.run_body(rows[0]),
        subject=_of_reconciliation,
        along=("reconciliation", "rules", "evidence"),
    )
)
tell(
    Told(
        BreakEvent,
        ("reconciliation.run", "break."),
        _events,
        has_row=lambda body: "events" not in body or bool(body["events"]),
        along=("broken", "owner"),
    )
)
tell(
    Told(
        WriteOffLimit,
        ("reconciliation.limit",),
        lambda rows, _: limits.body(rows[0]),
        subject=lambda rows: f"role:{rows[0].role}",
    )
)
tell(
    Told(
        DaySignature,
        ("reconciliation.signed",),
        lambda rows, _: signing.day_body(rows[0]),
        subject=_of_reconciliation,
        along=("reconciliation", "run", "evidence"),
    )
)
tell(
    Told(
        MonthSignature,
        ("reconciliation.month_signed",),
        lambda rows, _: months.body(rows[0]),
        subject=_of_reconciliation,
        along=("reconciliation", "evidence"),
    )
)
