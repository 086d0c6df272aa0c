"""Links by which a merchant comes to a form: random, kept as a digest only, and soon over."""

import secrets
from datetime import timedelta
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from evidence import ledger
from merchants import answering, papers
from merchants.errors import LinkEndedError, LinkUnknownError
from merchants.models import ComplianceForm, FormFile, SigningLink

LIFE = timedelta(days=30)


def make(form: ComplianceForm, *, actor: str, life: timedelta = LIFE) -> tuple[SigningLink, str]:
    """Make a link to an open form; return it with its secret, which nobody can read again.

    Raises FormClosedError.
    """
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        ledger.lock()
        current = answering.locked(form)
        now = timezone.now()
        made = SigningLink.objects.create(
            form=current,
            fingerprint=fingerprint(secret),
            created_at=now,
            expires_at=now + life,
        )
        body = {"link": made.pk, "expires_at": ledger.stamp(made.expires_at)}
        ledger.append("compliance_form.link", subject=current.ref, body=body, actor=actor)
        # Whoever is sent a link may want to read the whole on paper first.
        papers.order(current, FormFile.Which.UNSIGNED, requested_by=actor)
    return made, secret


def find(secret: str) -> SigningLink:
    """Return the link of a secret while it lasts, used or not; it opens its own form only.

    A link that was used to sign shows what was signed, and changes nothing any more. Raises
    LinkUnknownError and LinkEndedError.
    """
    found = (
        SigningLink.objects.filter(fingerprint=fingerprint(secret))
        .select_related("form__merchant", "form__application")
        .first()
    )
    if found is None:
        raise LinkUnknownError
    if found.withdrawn_at is not None:
        raise LinkEndedError("This link was withdrawn. Ask whoever sent it for a new one.")
    if found.expires_at <= timezone.now():
        raise LinkEndedError("This link has expired. Ask whoever sent it for a new one.")
    return found


def withdraw(form: ComplianceForm, *, actor: str) -> int:
    """End every open link of a form at once; return how many there were."""
    with transaction.atomic():
        ledger.lock()
        live = SigningLink.objects.filter(form=form, withdrawn_at=None, used_at=None)
        ended = live.update(withdrawn_at=timezone.now())
        if ended:
            body = {"links": ended}
            ledger.append("compliance_form.links_ended", subject=form.ref, body=body, actor=actor)
    return ended


def use_up(form: ComplianceForm) -> None:
    """Mark every open link of a form as used, inside the transaction of its signature."""
    live = SigningLink.objects.filter(form=form, withdrawn_at=None, used_at=None)
    live.update(used_at=timezone.now())


def fingerprint(secret: str) -> str:
    """The SHA-256 (hex) by which a random secret is known; 256 bits need no slow hash."""
    return sha256(secret.encode(errors="replace")).hexdigest()
