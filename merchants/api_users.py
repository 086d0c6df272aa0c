"""Keys of programs: made once in clear, kept as a fingerprint, checked at every call.

A key belongs to one environment, and is refused in the other as if it had never been made.
"""

import hmac
import secrets
from datetime import timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from evidence import ledger
from merchants import ids, tagged
from merchants.errors import FieldError, KeyRefusedError
from merchants.models import ApiUser, Application, Environment, Merchant

USE_NOTED_EVERY = timedelta(minutes=1)


def actor_of(caller: ApiUser) -> str:
    """Return how the log names what a program did."""
    return f"api:{caller.ref}"


def add_platform_key(environment: str, *, actor: str) -> tuple[ApiUser, str]:
    """Make a key for all platforms of an environment; return it with its password.

    Nobody can read the password again. Raises FieldError.
    """
    if environment not in Environment.values:
        raise FieldError({"environment": f"There is no environment {environment!r}."})
    made = ApiUser(environment=environment, role=ApiUser.Role.PLATFORM)
    return _add(made, actor=actor)


def add_partner_key(
    application: Application, *, actor: str, tags: dict[str, str] | None = None
) -> tuple[ApiUser, str]:
    """Make a key for one platform; return it with its password."""
    made = ApiUser(
        environment=application.environment,
        role=ApiUser.Role.PARTNER,
        application=application,
        tags=tags or {},
    )
    return _add(made, actor=actor)


def add_merchant_key(
    merchant: Merchant, *, actor: str, tags: dict[str, str] | None = None
) -> tuple[ApiUser, str]:
    """Make a key for one merchant; return it with its password."""
    made = ApiUser(
        environment=merchant.environment,
        role=ApiUser.Role.MERCHANT,
        application=merchant.application,
        merchant=merchant,
        tags=tags or {},
    )
    return _add(made, actor=actor)


def change(
    user: ApiUser,
    *,
    actor: str,
    enabled: bool | None = None,
    tags: dict[str, str] | None = None,
) -> ApiUser:
    """Switch a key on or off, or exchange its tags; the same again changes nothing."""
    with transaction.atomic():
        ledger.lock()
        current = ApiUser.objects.select_for_update().get(pk=user.pk)
        wanted = {"enabled": enabled, "tags": tags}
        new = {
            name: value
            for name, value in wanted.items()
            if value is not None and value != getattr(current, name)
        }
        if not new:
            return current
        ApiUser.objects.filter(pk=user.pk).update(**new, updated_at=timezone.now())
        if "enabled" in new:
            body = {"enabled": bool(enabled)}
            ledger.append("api_user.switched", subject=user.ref, body=body, actor=actor)
        current.refresh_from_db()
        if "tags" in new:
            tagged.keep(current)
    return current


def authenticate(name: str, password: str, *, environment: str) -> ApiUser:
    """Return the key that speaks; every failure raises the same KeyRefusedError."""
    user = (
        ApiUser.objects.filter(ref=name, environment=environment)
        .select_related("application", "merchant")
        .first()
        if "\0" not in name
        else None
    )
    given = fingerprint(password)
    # Compared for an unknown name too: how long it takes says nothing about names.
    fits = hmac.compare_digest(given, user.fingerprint if user else "0" * 64)
    if user is None or not fits or not user.enabled:
        raise KeyRefusedError
    _note_use(user)
    return user


def fingerprint(password: str) -> str:
    """The SHA-256 (hex) by which a random password is known; 256 bits need no slow hash."""
    return sha256(password.encode(errors="replace")).hexdigest()


def _add(made: ApiUser, *, actor: str) -> tuple[ApiUser, str]:
    password = secrets.token_urlsafe(32)
    made.ref = ids.new(ids.USER)
    made.fingerprint = fingerprint(password)
    made.created_by = actor[:80]
    with transaction.atomic():
        ledger.lock()
        made.created_at = made.updated_at = timezone.now()
        made.save(force_insert=True)
        tagged.keep(made)
        body = {
            "environment": made.environment,
            "role": made.role,
            "application": made.application.ref if made.application else None,
            "merchant": made.merchant.ref if made.merchant else None,
        }
        ledger.append("api_user.added", subject=made.ref, body=body, actor=actor)
    return made, password


def _note_use(user: ApiUser) -> None:
    """Note when a key was used, at most once a minute: a row that each call writes is a queue."""
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
    if user.last_used_at is None or user.last_used_at < now - USE_NOTED_EVERY:
        ApiUser.objects.filter(stale, pk=user.pk).update(last_used_at=now)
