"""Gives lines another reviewer, by hand and in bulk; never to whom they are about."""

from collections.abc import Sequence

from django.db import transaction

from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from evidence import ledger
from registers.campaigns import choosing
from registers.campaigns.opening import is_about, refuse_stranger
from registers.errors import CampaignError, ChangedMeanwhileError, OwnAccessError
from registers.models import Campaign, CampaignLine


def obstacle(line: CampaignLine, *, reviewer: User) -> str:
    """Say why a line cannot be given to a person; empty where nothing stands against it."""
    if line.state != CampaignLine.State.OPEN:
        return "It is decided already."
    if is_about(line, reviewer):
        return f"It is about {reviewer}'s own access."
    if line.reviewer_id == reviewer.pk:
        return f"{reviewer} reviews it already."
    return ""


def refuse_unfit(campaign: Campaign, *, reviewer: User, by: User) -> None:
    """Refuse who may not give lines, and to whom none may be given."""
    refuse_stranger(by)
    if campaign.state != Campaign.State.OPEN:
        raise CampaignError(f"{campaign.ref} is {campaign.get_state_display().lower()}.")
    if not (reviewer.is_staff and can(reviewer, Capability.VIEW)):
        raise CampaignError(f"{reviewer} is no active member of staff. Choose another reviewer.")


def assign(
    campaign: Campaign,
    *,
    lines: Sequence[CampaignLine],
    reviewer: User,
    by: User,
    shown: str = "",
) -> int:
    """Give lines to a reviewer, all of them or none; return how many.

    `shown` is the digest of the lines as the person saw them. Raises CampaignNotAllowedError,
    CampaignError, OwnAccessError, ChangedMeanwhileError.
    """
    refuse_unfit(campaign, reviewer=reviewer, by=by)
    with transaction.atomic():
        ledger.lock()
        campaign.refresh_from_db(fields=["state"])
        refuse_unfit(campaign, reviewer=reviewer, by=by)
        fresh = again(campaign, [line.number for line in lines])
        if not fresh:
            raise CampaignError("Choose the lines first.")
        if shown and shown != choosing.digest_of(fresh):
            raise ChangedMeanwhileError
        for line in fresh:
            if why := obstacle(line, reviewer=reviewer):
                refusal = OwnAccessError if is_about(line, reviewer) else CampaignError
                raise refusal(f"Line {line.number} cannot be given to {reviewer}: {why}")
        ledger.append(
            "campaign.assigned",
            subject=campaign.ref,
            body={
                "lines": len(fresh),
                "lines_sha256": choosing.digest_of(fresh),
                "reviewer": actor(reviewer),
            },
            actor=actor(by),
        )
        for batch in choosing.batches([line.pk for line in fresh]):
            CampaignLine.objects.filter(pk__in=batch).update(reviewer=reviewer)
    return len(fresh)


def again(campaign: Campaign, numbers: Sequence[int]) -> list[CampaignLine]:
    """Read lines of a campaign as they stand now, in the order of their numbers."""
    found: list[CampaignLine] = []
    for batch in choosing.batches(sorted(set(numbers))):
        found += CampaignLine.objects.filter(campaign=campaign, number__in=batch)
    return sorted(found, key=lambda line: line.number)
