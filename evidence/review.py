"""Decisions of people about evidence: accept, or return with a reason; never by the preparer."""

from django.db import transaction
from django.utils import timezone

from accounts.access import actor as actor_of
from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from evidence import ledger
from evidence.errors import ReviewError
from evidence.models import Evidence, Review


def accept(evidence: Evidence, *, reviewer: User, note: str = "") -> Review:
    """Accept a version; ReviewError for its preparer, and when it is superseded or accepted."""
    return _decide(evidence, Review.Decision.ACCEPTED, reviewer=reviewer, reason=note)


def return_with_reason(evidence: Evidence, *, reviewer: User, reason: str) -> Review:
    """Return a version to its owner; the reason says what a new version must do better."""
    if not reason.strip():
        message = "Say why you return it, so that the owner knows what to send instead."
        raise ReviewError(message)
    return _decide(evidence, Review.Decision.RETURNED, reviewer=reviewer, reason=reason)


def obstacle(evidence: Evidence, *, reviewer: User) -> str:
    """Say why the person cannot accept a version; empty where nothing stands against it."""
    try:
        _check(evidence, Review.Decision.ACCEPTED, reviewer)
    except ReviewError as error:
        return str(error)
    return ""


@transaction.atomic
def _decide(
    evidence: Evidence, decision: Review.Decision, *, reviewer: User, reason: str
) -> Review:
    ledger.lock()
    _check(evidence, decision, reviewer)
    entry = ledger.append(
        "review",
        subject=evidence.ref,
        body={
            "evidence": evidence.ref,
            "sha256": evidence.blob_id,
            "decision": decision.value,
            "reviewer": actor_of(reviewer),
            "prepared_by": f"user:{evidence.prepared_by_id}" if evidence.prepared_by_id else "",
        },
        actor=actor_of(reviewer),
    )
    return Review.objects.create(
        evidence=evidence,
        decision=decision,
        reason=reason.strip(),
        reviewer=reviewer,
        digest=evidence.blob_id,
        decided_at=timezone.now(),
        ledger_entry=entry,
    )


def _check(evidence: Evidence, decision: Review.Decision, reviewer: User) -> None:
    if not can(reviewer, Capability.REVIEW_EVIDENCE):
        message = "Your roles do not include the review of evidence. Ask an administrator."
        raise ReviewError(message)
    if evidence.prepared_by_id == reviewer.pk:
        message = "You prepared this item yourself. Another person must review it."
        raise ReviewError(message)
    if Evidence.objects.filter(supersedes=evidence).exists():
        message = "A newer version of this item exists. Review that one."
        raise ReviewError(message)
    latest = evidence.reviews.order_by("-id").first()
    if latest and latest.decision == decision:
        message = f"This version is {decision.label.lower()} already."
        raise ReviewError(message)
