"""What the leaves of registers, campaigns and forms tell about their rows."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from typing import Any

from accounts.journal import digest
from evidence import ledger
from evidence.told import Rows, Told, tell
from registers.campaigns import changing, deciding
from registers.models import (
    Campaign,
    CampaignChange,
    CampaignDecision,
    CampaignProof,
    EntryVersion,
    HandedForm,
)
from registers.reconciling import told

__all__ = ["told"]


def _values(rows: Rows) -> str:
    """Return the digest of what one deed wrote, as the deed itself made it."""
    said = b",".join(ledger.canonical(row.values) for row in rows)
    return sha256(b"[" + said + b"]").hexdigest()


def _decisions(rows: Rows, _body: Mapping[str, Any]) -> Mapping[str, object]:
    numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in rows:
        numbers[row.decision, row.reason].append(row.line.number)
    return {
        "lines": len(rows),
        "decisions": dict(Counter(row.decision for row in rows)),
        "decisions_sha256": deciding.digest_of(numbers),
    }


def _proofs(rows: Rows, body: Mapping[str, Any]) -> Mapping[str, object]:
    shown = {"population": rows[0].evidence.ref}
    if "line" in body:
        return {**shown, "line": rows[0].line.number, "reason_sha256": digest(rows[0].reason)}
    return {
        **shown,
        "sha256": rows[0].evidence.blob_id,
        "proved": [row.line.number for row in rows],
    }


def _first_due(campaign: Campaign) -> str:
    """Return the due day with which a campaign was opened."""
    moved = [each.due_before for each in campaign.changes.all() if each.due_before]
    day: date = next(iter(moved), campaign.due_on)
    return day.isoformat()


tell(
    Told(
        EntryVersion,
        ("register.entry", "register.import", "policy."),
        lambda rows, _: {"values_sha256": _values(rows)},
    )
)
tell(
    Told(
        Campaign,
        ("campaign.opened",),
        lambda rows, _: {
            "kind": rows[0].kind,
            "population": rows[0].population.ref,
            "sha256": rows[0].population.blob_id,
            "rows": rows[0].row_count,
            "lines": rows[0].line_count,
            "columns": rows[0].columns,
            "title_sha256": digest(rows[0].title),
            "due_on": _first_due(rows[0]),
        },
        subject=lambda rows: str(rows[0].ref),
        along=("population",),
        fetch=("changes",),
        moves_on=True,
    )
)
tell(
    Told(
        CampaignChange,
        ("campaign.moved", "campaign.withdrawn"),
        lambda rows, _: changing.leaf_body(rows[0]),
        subject=lambda rows: str(rows[0].campaign.ref),
        along=("campaign",),
    )
)
tell(
    Told(
        CampaignDecision,
        ("campaign.decided",),
        _decisions,
        subject=lambda rows: str(rows[0].line.campaign.ref),
        along=("line__campaign",),
        # A line carries a whole row of its list, and a sheet decides thousands of lines at once.
        only=("decision", "reason", "line__number", "line__campaign__ref"),
    )
)
tell(
    Told(
        CampaignProof,
        ("campaign.followed", "campaign.confirmed"),
        _proofs,
        subject=lambda rows: str(rows[0].line.campaign.ref),
        # A list that was looked at may prove nothing yet.
        has_row=lambda body: "line" in body or bool(body["proved"]),
        along=("line__campaign", "evidence"),
    )
)
tell(
    Told(
        HandedForm,
        ("form.handed_in",),
        lambda rows, _: {
            "evidence": rows[0].evidence.ref,
            "form_sha256": rows[0].code_digest,
            "given_sha256": sha256(ledger.canonical(rows[0].given)).hexdigest(),
            "files": len(rows[0].files),
        },
        subject=lambda rows: f"form:{rows[0].kind}/{rows[0].evidence.ref}",
        along=("evidence",),
    )
)
