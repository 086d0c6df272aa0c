"""Handing marked copies over: who holds a link, what it still opens, and a leaf for each copy."""

import secrets
from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from audits.buyers import deciding
from audits.buyers.asking import Seen, actor_of
from audits.errors import BuyerLinkEndedError, BuyerLinkUnknownError
from audits.models import BuyerDecision, BuyerGrant, BuyerHandOut, BuyerLink
from evidence import ledger

_ENDED = "This link has ended. Ask whoever sent it for a new one."


@dataclass(frozen=True)
class Open:
    """A document behind a link, and how many more times it may be taken."""

    grant: BuyerGrant
    left: int


def new_secret(decision: BuyerDecision) -> str:
    """Make the link of an approval anew and return its secret, which nobody can read again."""
    secret = secrets.token_urlsafe(32)
    deciding.make_link(decision, fingerprint=fingerprint(secret))
    return secret


def find(secret: str) -> BuyerLink:
    """Return the link of a secret while it lasts; BuyerLinkUnknownError, BuyerLinkEndedError."""
    found = (
        BuyerLink.objects.filter(fingerprint=fingerprint(secret))
        .select_related("decision__request__agreement")
        .first()
    )
    if found is None:
        raise BuyerLinkUnknownError
    ends_at = found.decision.ends_at
    if found.ended_at is not None or ends_at is None or ends_at <= timezone.now():
        raise BuyerLinkEndedError
    return found


def opened(link: BuyerLink) -> list[Open]:
    """Return the documents behind a link that are still on offer."""
    grants = BuyerGrant.objects.filter(
        decision=link.decision_id, document__withdrawn_at__isnull=True
    ).annotate(taken=Count("hand_outs"))
    most = link.decision.most_downloads
    rows = grants.select_related("document__evidence__blob", "decision__request")
    return [Open(one, max(most - one.taken, 0)) for one in rows.order_by("document__title", "pk")]


def hand_out(grant: BuyerGrant, link: BuyerLink, *, content: bytes, seen: Seen) -> BuyerHandOut:
    """Record that a marked copy (`content`) is taken away; BuyerLinkEndedError for one too many.

    The number is counted under the log's lock, so that two browsers share the last copy.
    """
    with transaction.atomic():
        ledger.lock()
        standing = BuyerLink.objects.filter(
            pk=link.pk, ended_at=None, decision__ends_at__gt=timezone.now()
        )
        on_offer = BuyerGrant.objects.filter(
            pk=grant.pk, decision=link.decision_id, document__withdrawn_at__isnull=True
        )
        if not (standing.exists() and on_offer.exists()):
            raise BuyerLinkEndedError(_ENDED)
        if grant.hand_outs.count() >= link.decision.most_downloads:
            raise BuyerLinkEndedError(
                f"{grant.document} was taken as often as was agreed. Ask for a new link."
            )
        digest = sha256(content).hexdigest()
        entry = ledger.append(
            "trust.hand_out",
            subject=link.decision.request.ref,
            body={"sha256": grant.digest, "copy_sha256": digest},
            actor=actor_of(link.decision.request),
        )
        return BuyerHandOut.objects.create(
            grant=grant,
            link=link,
            copy_sha256=digest,
            ip_address=seen.ip_address[:60] or "unknown",
            user_agent=seen.user_agent[:500] or "unknown",
            at=entry.recorded_at,
            ledger_entry=entry,
        )


def fingerprint(secret: str) -> str:
    """The SHA-256 (hex) by which a random secret is known; 256 bits need no slow hash."""
    return sha256(secret.encode(errors="replace")).hexdigest()
