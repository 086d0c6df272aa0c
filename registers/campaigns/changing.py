"""Moves the due day of a campaign, and withdraws one that should not have been opened.

A withdrawn campaign counts for nothing and asks nobody any more. What was decided in it stays on
record, and what was decided to be reduced, rotated or revoked can still be followed up.
"""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.access import actor
from accounts.journal import digest
from accounts.models import User
from evidence import ledger
from registers.campaigns import lists
from registers.campaigns.opening import refuse_stranger
from registers.errors import CampaignError
from registers.models import Campaign, CampaignChange


def move(campaign: Campaign, *, due_on: date, reason: str, by: User) -> CampaignChange:
    """Give an open campaign another due day; CampaignNotAllowedError, CampaignError."""
    refuse_stranger(by)
    if due_on < lists.local_day(timezone.now()):
        raise CampaignError("The new due day lies in the past. Choose today or a later day.")
    return _changed(campaign, due_on, reason, by)


def withdraw(campaign: Campaign, *, reason: str, by: User) -> CampaignChange:
    """End an open campaign without evidence; CampaignNotAllowedError, CampaignError."""
    refuse_stranger(by)
    return _changed(campaign, None, reason, by)


def leaf_body(change: CampaignChange) -> dict[str, Any]:
    """Return what the leaf says of a change: days and a digest, no words of a person."""
    return {
        "due_before": change.due_before.isoformat() if change.due_before else None,
        "due_after": change.due_after.isoformat() if change.due_after else None,
        "reason_sha256": digest(change.reason),
    }


@transaction.atomic
def _changed(campaign: Campaign, due_on: date | None, reason: str, by: User) -> CampaignChange:
    ledger.lock()
    campaign.refresh_from_db(fields=["state", "due_on"])
    if campaign.state != Campaign.State.OPEN:
        raise CampaignError(f"{campaign.ref} is {campaign.get_state_display().lower()} already.")
    if due_on == campaign.due_on:
        raise CampaignError(f"{campaign.ref} is due on that day already.")
    if not reason.strip():
        raise CampaignError("Say why; whoever looks at the review later reads it.")
    change = CampaignChange(
        campaign=campaign,
        due_before=campaign.due_on if due_on else None,
        due_after=due_on,
        reason=reason.strip(),
        by=by,
        at=timezone.now(),
    )
    change.ledger_entry = ledger.append(
        "campaign.moved" if due_on else "campaign.withdrawn",
        subject=campaign.ref,
        body=leaf_body(change),
        actor=actor(by),
    )
    change.save(force_insert=True)
    if due_on:
        campaign.due_on = due_on
    else:
        campaign.state, campaign.closed_by = Campaign.State.WITHDRAWN, by
        campaign.closed_at = change.at
    campaign.save(update_fields=["due_on", "state", "closed_by", "closed_at"])
    return change
