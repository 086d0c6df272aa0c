"""Decisions of reviewers about lines: keep, reduce, rotate, revoke; each line has its own.

Rules:
- Only the reviewer of a line decides about it, never the person whose access it is, and always
  with a reason. Several lines may be decided in one deed; each of them keeps its own decision.
- What no later list could prove is not decided: to reduce needs a column of rights, to rotate one
  that changes with the secret.
- While the campaign is open a decision may be taken anew, until its deed has been proved.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

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
_KNOWN = frozenset(CampaignLine.Decision.values)
_NEEDS = {"reduce": ("rights", "rights or scopes"), "rotate": ("secret", "its secret")}


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to decide about the line of a number."""

    number: int
    decision: str
    reason: str


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
    """Decide the same about lines, all of them or none; return how many.

    `shown` is the digest of the lines as the person saw them. Raises NotYourLineError,
    OwnAccessError, CampaignError, ChangedMeanwhileError.
    """
    wanted = [Wanted(line.number, decision, reason) for line in lines]
    return decide_each(campaign, wanted=wanted, by=by, shown=shown)


def decide_each(campaign: Campaign, *, wanted: Sequence[Wanted], by: User, shown: str = "") -> int:
    """Decide about each line what is wanted for it, all of them or none; raises as `decide`."""
    reasons = {reason: read_reason(reason) for reason in {each.reason for each in wanted}}
    by_number = {each.number: each for each in wanted}
    for each in wanted:
        _refuse_unknown(each.decision)
    with transaction.atomic():
        ledger.lock()
        campaign.refresh_from_db(fields=["state"])
        fresh = again(campaign, list(by_number))
        if not fresh:
            raise CampaignError("Choose the lines first.")
        if shown and shown != choosing.digest_of(fresh):
            raise ChangedMeanwhileError
        groups: dict[tuple[str, str], list[CampaignLine]] = defaultdict(list)
        for line in fresh:
            each = by_number[line.number]
            _check(line, campaign, by, each.decision)
            groups[each.decision, reasons[each.reason]].append(line)
        leaf = _leaf(campaign, fresh, groups, by)
        for (decision, reason), lines in groups.items():
            _write(lines, decision=decision, reason=reason, by=by, leaf=leaf)
    return len(fresh)


def digest_of(numbers: Mapping[tuple[str, str], Sequence[int]]) -> str:
    """Return the digest of lines by decision and reason, in the order of the deed."""
    said = sha256()
    for (decision, reason), lines in numbers.items():
        said.update(ledger.canonical([decision, reason, list(lines)]))
    return said.hexdigest()


def read_reason(text: str) -> str:
    """Return a reason as it is kept; CampaignError for none, a long one, or what is secret."""
    reason = " ".join(text.split())
    if not reason:
        raise CampaignError("Say why: a decision without a reason is only a signature.")
    if len(reason) > LONGEST_REASON:
        raise CampaignError(f"The reason is longer than {LONGEST_REASON} letters. Shorten it.")
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in reason):
        raise CampaignError("The reason holds control characters. Type it anew.")
    if not may_be_shown(reason):
        raise CampaignError(
            "The reason seems to hold a card number or a secret, which must not stand here."
        )
    return reason


def may_be_shown(reason: str) -> bool:
    """Say whether what was typed holds nothing secret, so that it may stand on a page again."""
    return not screening.speaks(reason)


def _write(
    lines: Sequence[CampaignLine], *, decision: str, reason: str, by: User, leaf: LedgerEntry
) -> None:
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
        state = campaign.get_state_display().lower()
        raise CampaignError(f"{campaign.ref} is {state}; its decisions stand.")
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
    if decision:
        _refuse_unknown(decision)
    if decision in _NEEDS:
        role, words = _NEEDS[decision]
        if not campaign.columns.get(role):
            raise CampaignError(
                f"No column of this campaign shows {words}, so no later list could prove that. "
                "Keep or revoke."
            )


def _refuse_unknown(decision: str) -> None:
    if decision not in _KNOWN:
        raise CampaignError(f"Choose one of {', '.join(CampaignLine.Decision.values)}.")


def _leaf(
    campaign: Campaign,
    fresh: Sequence[CampaignLine],
    groups: Mapping[tuple[str, str], Sequence[CampaignLine]],
    by: User,
) -> LedgerEntry:
    counts: Counter[str] = Counter()
    numbers: dict[tuple[str, str], list[int]] = {}
    for (decision, reason), lines in groups.items():
        counts[decision] += len(lines)
        numbers[decision, reason] = [line.number for line in lines]
    return ledger.append(
        "campaign.decided",
        subject=campaign.ref,
        body={
            "lines": len(fresh),
            "lines_sha256": choosing.digest_of(fresh),
            "decisions": dict(counts),
            "decisions_sha256": digest_of(numbers),
        },
        actor=actor(by),
    )
