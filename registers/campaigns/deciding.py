"""Decisions of reviewers about lines: keep, reduce, rotate, revoke; each line has its own.

Rules:
- Only the reviewer of a line decides about it, never the person whose access it is, and always
  with a reason. Several lines may be decided in one deed; each of them keeps its own decision.
- What no later list could prove is not decided: to reduce needs a column of rights, to rotate one
  that changes with the secret.
- While the campaign is open a decision may be taken anew, until its deed has been proved.
"""

from collections.abc import Sequence
from io import BytesIO

from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from evidence import ledger, screening
from evidence.models import LedgerEntry
from registers.campaigns import choosing
from registers.campaigns.assigning import again
from registers.campaigns.opening import is_about
from registers.errors import (
    CampaignError,
    ChangedMeanwhileError,
    NotYourLineError,
    OwnAccessError,
)
from registers.models import Campaign, CampaignDecision, CampaignLine

LONGEST_REASON = 1000
BATCH = 1000
_NEEDS = {"reduce": ("rights", "rights or scopes"), "rotate": ("secret", "its secret")}


def obstacle(line: CampaignLine, *, campaign: Campaign, by: User, decision: str = "") -> str:
    """Say why a person cannot decide so about a line; empty where nothing stands against it."""
    try:
        _check(line, campaign, by, decision)
    except CampaignError as error:
        return str(error)
    return ""


def decide(
    campaign: Campaign,
    *,
    lines: Sequence[CampaignLine],
    decision: str,
    reason: str,
    by: User,
    shown: str = "",
) -> int:
    """Decide about lines, all of them or none; return how many.

    `shown` is the digest of the lines as the person saw them. Raises NotYourLineError,
    OwnAccessError, CampaignError, ChangedMeanwhileError.
    """
    reason = read_reason(reason)
    if decision not in CampaignLine.Decision.values:
        raise CampaignError(f"Choose one of {', '.join(CampaignLine.Decision.values)}.")
    with transaction.atomic():
        ledger.lock()
        campaign.refresh_from_db(fields=["state"])
        fresh = again(campaign, lines)
        if not fresh:
            raise CampaignError("Choose the lines first.")
        if shown and shown != choosing.digest_of(fresh):
            raise ChangedMeanwhileError
        for line in fresh:
            _check(line, campaign, by, decision)
        leaf = _leaf(campaign, fresh, decision, reason, by)
        write(fresh, decision=decision, reason=reason, by=by, leaf=leaf)
    return len(fresh)


def read_reason(text: str) -> str:
    """Return a reason as it is kept; CampaignError for none, a long one, or what is secret."""
    reason = " ".join(text.split())
    if not reason:
        raise CampaignError("Say why: a decision without a reason is only a signature.")
    if len(reason) > LONGEST_REASON:
        raise CampaignError(f"The reason is longer than {LONGEST_REASON} letters. Shorten it.")
    if screening.scan(BytesIO(reason.encode())):
        raise CampaignError(
            "The reason seems to hold a card number or a secret, which must not stand here."
        )
    return reason


def write(
    lines: Sequence[CampaignLine], *, decision: str, reason: str, by: User, leaf: LedgerEntry
) -> None:
    """Write one decision for each line inside the transaction of a deed that checked them."""
    now = timezone.now()
    CampaignDecision.objects.bulk_create(
        (
            CampaignDecision(
                line=line, decision=decision, reason=reason, by=by, at=now, ledger_entry=leaf
            )
            for line in lines
        ),
        batch_size=BATCH,
    )
    for batch in choosing.batches([line.pk for line in lines]):
        CampaignLine.objects.filter(pk__in=batch).update(
            state=CampaignLine.State.DECIDED,
            decision=decision,
            reason=reason,
            decided_by=by,
            decided_at=now,
            followed_in=None,
            followed_words="",
        )


def _check(line: CampaignLine, campaign: Campaign, by: User, decision: str) -> None:
    if campaign.state != Campaign.State.OPEN:
        raise CampaignError(f"{campaign.ref} is closed; its decisions stand.")
    if is_about(line, by):
        raise OwnAccessError(
            f"Line {line.number} is about your own access. Another person must review it."
        )
    if line.reviewer_id != by.pk or not can(by, Capability.VIEW):
        whose = f"{line.reviewer} reviews it" if line.reviewer_id else "nobody reviews it yet"
        raise NotYourLineError(
            f"Line {line.number} is not yours: {whose}. Whoever runs the campaign can give it "
            "to you."
        )
    if line.state == CampaignLine.State.PROVED:
        raise CampaignError(f"Line {line.number} was decided, and a later list proves it done.")
    if decision in _NEEDS:
        role, words = _NEEDS[decision]
        if not campaign.columns.get(role):
            raise CampaignError(
                f"No column of this campaign shows {words}, so no later list could prove that. "
                "Keep or revoke."
            )


def _leaf(
    campaign: Campaign, lines: Sequence[CampaignLine], decision: str, reason: str, by: User
) -> LedgerEntry:
    return ledger.append(
        "campaign.decided",
        subject=campaign.ref,
        body={
            "lines": len(lines),
            "lines_sha256": choosing.digest_of(lines),
            "first": lines[0].number,
            "decision": decision,
            "reason_sha256": journal.digest(reason),
        },
        actor=actor(by),
    )
