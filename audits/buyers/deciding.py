"""Staff decides about a request: which documents, until when, how often; or declines; or revokes.

An approval mails its link in a job, which makes the secret and sends it in one go: it is kept
nowhere, and a second run of the job ends the first link.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Case, CharField, Q, QuerySet, Value, When
from django.utils import timezone

from accounts import journal
from accounts.access import actor
from accounts.models import User
from audits.buyers import documents
from audits.errors import BuyerDecisionError
from audits.models import (
    BuyerDecision,
    BuyerGrant,
    BuyerLink,
    BuyerRequest,
    BuyerRevocation,
)
from evidence import ledger
from jobs import queue

MAIL = "trust.mail"
USUAL_DAYS, MOST_DAYS = 14, 90
USUAL_DOWNLOADS, MOST_DOWNLOADS = 3, 20
State = BuyerRequest.State


def with_state(rows: QuerySet[BuyerRequest]) -> QuerySet[BuyerRequest]:
    """Annotate requests with `state`, as of now."""
    return rows.annotate(
        state=Case(
            When(decision__isnull=True, then=Value(State.WAITING)),
            When(decision__is_approved=False, then=Value(State.DECLINED)),
            When(decision__revocation__isnull=False, then=Value(State.REVOKED)),
            When(decision__ends_at__lte=timezone.now(), then=Value(State.ENDED)),
            default=Value(State.APPROVED),
            output_field=CharField(),
        )
    )


def approve(
    request: BuyerRequest, *, keys: Sequence[int], days: int, downloads: int, by: User
) -> BuyerDecision:
    """Hand documents (keys of what is on offer) over for some days, each so many times.

    Raises NotAllowedError and BuyerDecisionError.
    """
    documents.refuse_stranger(by)
    if not 1 <= days <= MOST_DAYS:
        raise BuyerDecisionError(f"A link lasts 1 to {MOST_DAYS} days.")
    if not 1 <= downloads <= MOST_DOWNLOADS:
        raise BuyerDecisionError(f"Each document is taken 1 to {MOST_DOWNLOADS} times.")
    with transaction.atomic():
        ledger.lock()
        found = documents.chosen(keys)
        if not found or len(found) != len(set(keys)):
            raise BuyerDecisionError("Choose at least one document, all of them on offer.")
        ends_at = timezone.now() + timedelta(days=days)
        made = _decided(
            request,
            BuyerDecision(is_approved=True, ends_at=ends_at, most_downloads=downloads, by=by),
            [one.evidence.blob_id for one in found],
        )
        BuyerGrant.objects.bulk_create(
            BuyerGrant(decision=made, document=one, digest=one.evidence.blob_id) for one in found
        )
        _mail(made, by=by)
    return made


def decline(request: BuyerRequest, *, reason: str, by: User) -> BuyerDecision:
    """Refuse a request with a reason, which the asker reads in a mail."""
    documents.refuse_stranger(by)
    if not reason.strip():
        raise BuyerDecisionError("Say why; whoever asked reads it in the mail.")
    with transaction.atomic():
        ledger.lock()
        made = _decided(request, BuyerDecision(is_approved=False, reason=reason.strip(), by=by), [])
        _mail(made, by=by)
    return made


def revoke(decision: BuyerDecision, *, reason: str, by: User) -> BuyerRevocation:
    """Take an approval back at once; its links open nothing more."""
    documents.refuse_stranger(by)
    if not reason.strip():
        raise BuyerDecisionError("Say why; the reason stays with the request.")
    with transaction.atomic():
        ledger.lock()
        _refuse_over(decision)
        entry = ledger.append(
            "trust.revoked",
            subject=decision.request.ref,
            body={"reason_sha256": journal.digest(reason.strip())},
            actor=actor(by),
        )
        _live_links(decision).update(ended_at=entry.recorded_at)
        return BuyerRevocation.objects.create(
            decision=decision,
            reason=reason.strip(),
            by=by,
            at=entry.recorded_at,
            ledger_entry=entry,
        )


def send_again(decision: BuyerDecision, *, by: User) -> None:
    """Mail a new link; the one before it ends, the last day and the downloads stay as they are."""
    documents.refuse_stranger(by)
    with transaction.atomic():
        ledger.lock()
        _refuse_over(decision)
        _mail(decision, by=by)


def make_link(decision: BuyerDecision, *, fingerprint: str) -> BuyerLink:
    """Record a new link by the digest of its secret, and end those before it."""
    with transaction.atomic():
        ledger.lock()
        _refuse_over(decision)
        now = timezone.now()
        _live_links(decision).update(ended_at=now)
        made = BuyerLink.objects.create(decision=decision, fingerprint=fingerprint, made_at=now)
        ledger.append(
            "trust.link",
            subject=decision.request.ref,
            body={"link": made.pk, "fingerprint": fingerprint},
            actor="system",
        )
        return made


def _decided(
    request: BuyerRequest, decision: BuyerDecision, digests: Sequence[str]
) -> BuyerDecision:
    """Store a decision with its leaf; the caller holds the log's lock."""
    if BuyerDecision.objects.filter(request=request).exists():
        raise BuyerDecisionError(f"{request.ref} was decided already.")
    entry = ledger.append(
        "trust.approved" if decision.is_approved else "trust.declined",
        subject=request.ref,
        body={
            "documents": sorted(digests),
            "ends_at": ledger.stamp(decision.ends_at) if decision.ends_at else "",
            "most_downloads": decision.most_downloads,
            "reason_sha256": journal.digest(decision.reason),
        },
        actor=actor(decision.by),
    )
    decision.request, decision.ledger_entry, decision.at = request, entry, entry.recorded_at
    decision.save(force_insert=True)
    return decision


def _mail(decision: BuyerDecision, *, by: User) -> None:
    """Have the mail sent; one job for each time that somebody wanted it."""
    key = f"{MAIL}:{decision.pk}:{ledger.size()}"
    queue.enqueue(MAIL, key=key, payload={"decision": decision.pk}, requested_by=actor(by))


def _live_links(decision: BuyerDecision) -> QuerySet[BuyerLink]:
    return BuyerLink.objects.filter(decision=decision, ended_at=None)


def _refuse_over(decision: BuyerDecision) -> None:
    """Raise BuyerDecisionError where nothing is left to hand over; under the log's lock."""
    lasting = BuyerDecision.objects.filter(
        Q(ends_at__gt=timezone.now()), pk=decision.pk, is_approved=True, revocation__isnull=True
    )
    if not lasting.exists():
        raise BuyerDecisionError("This approval was revoked, has ended, or never was one.")
