"""Deeds around webhooks: add them, change them, exchange their keys.

An address is a stranger's word. It is looked at when it is said, and again at each connection.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from accounts.journal import digest
from evidence import addresses, ledger
from evidence.errors import AddressError
from merchants import ids
from merchants.errors import FieldError
from merchants.models import Application, Webhook
from merchants.webhooks import delivering, secrets_of

LONGEST_URL = 120
PREVIOUS_FOR = timedelta(hours=24)
"""So long the key of before is still used beside the new one."""
_LONGEST = 500
AUTHENTICATIONS = ("NONE", "BASIC", "BEARER")


@dataclass(frozen=True)
class Wish:
    """What is asked of a webhook; None leaves it as it is."""

    url: str | None = None
    enabled: bool | None = None
    enabled_events: Sequence[Any] | None = None
    nickname: str | None = None
    authentication: Mapping[str, Any] | None = field(default=None, repr=False)


def add(wish: Wish, *, environment: str, application: Application | None, actor: str) -> Webhook:
    """Add a webhook and post an empty test event; it is switched on where that was taken.

    Raises FieldError.
    """
    if wish.url is None:
        raise FieldError({"url": "Give the address that is to be told."})
    now = timezone.now()
    made = Webhook(
        ref=ids.new(ids.WEBHOOK),
        environment=environment,
        application=application,
        created_at=now,
        updated_at=now,
    )
    _apply(made, wish)
    made.secret = secrets_of.sealed(secrets_of.new(), made, "secret")
    # Asked before anything is written: an address that answers slowly must hold no lock.
    is_alive = delivering.answers(made)
    made.enabled = made.enabled and is_alive
    made.accepted_at = now if is_alive else None
    with transaction.atomic():
        ledger.lock()
        made.save(force_insert=True)
        ledger.append("webhook.added", subject=made.ref, body=_facts(made), actor=actor)
    return made


def change(webhook: Webhook, wish: Wish, *, actor: str) -> Webhook:
    """Change a webhook; switched on, it is tried again from now. Raises FieldError."""
    with transaction.atomic():
        ledger.lock()
        current = Webhook.objects.select_for_update().get(pk=webhook.pk)
        before = _facts(current)
        _apply(current, wish)
        if wish.enabled:
            current.is_accepting = True
            current.accepted_at = timezone.now()
        current.updated_at = timezone.now()
        current.save()
        if _facts(current) != before or wish.authentication is not None:
            ledger.append("webhook.changed", subject=current.ref, body=_facts(current), actor=actor)
    return current


def rotate(webhook: Webhook, *, actor: str) -> Webhook:
    """Exchange the key of a webhook; the one before signs beside it for a day."""
    with transaction.atomic():
        ledger.lock()
        current = Webhook.objects.select_for_update().get(pk=webhook.pk)
        now = timezone.now()
        former = secrets_of.current(current)
        current.previous_secret = secrets_of.sealed(former, current, "previous_secret")
        current.previous_secret_expires_at = now + PREVIOUS_FOR
        current.secret = secrets_of.sealed(secrets_of.new(), current, "secret")
        current.updated_at = now
        current.save()
        until = ledger.stamp(current.previous_secret_expires_at)
        body = {"previous_until": until}
        ledger.append("webhook.rotated", subject=current.ref, body=body, actor=actor)
    return current


def _apply(webhook: Webhook, wish: Wish) -> None:
    if wish.url is not None:
        webhook.url = _checked_url(wish.url)
    if wish.enabled is not None:
        webhook.enabled = wish.enabled
    if wish.enabled_events is not None:
        webhook.enabled_events = _checked_events(wish.enabled_events)
    if wish.nickname is not None:
        if len(wish.nickname) > 100:
            raise FieldError({"nickname": "A nickname has up to 100 characters."})
        webhook.nickname = wish.nickname
    if wish.authentication is not None:
        _authenticate(webhook, wish.authentication)


def _checked_url(url: str) -> str:
    if len(url) > LONGEST_URL:
        raise FieldError({"url": f"An address has up to {LONGEST_URL} characters."})
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise FieldError({"url": "This is no address."}) from error
    fits = parts.scheme in {"http", "https"} and host and "@" not in parts.netloc
    if not fits or not url.isascii() or not url.isprintable() or " " in url:
        raise FieldError({"url": "This is no address. Give one as in https://host/path."})
    try:
        addresses.refuse_named(url, addresses.WEBHOOKS)
    except AddressError as error:
        raise FieldError({"url": str(error)}) from error
    return url


def _checked_events(said: Sequence[Any]) -> list[dict[str, Any]]:
    found = list[dict[str, Any]]()
    for one in said:
        entity = one.get("entity") if isinstance(one, Mapping) else None
        types = one.get("types", []) if isinstance(one, Mapping) else None
        fits = isinstance(entity, str) and 0 < len(entity) <= 40 and isinstance(types, list)
        if not fits or not all(isinstance(word, str) and len(word) <= 40 for word in types or []):
            raise FieldError({"enabled_events": "Each names an entity, and types as texts."})
        if entity in {known["entity"] for known in found}:
            raise FieldError({"enabled_events": f"The entity {entity} stands there twice."})
        found.append({"entity": entity, "types": types})
    if len(found) > 50:
        raise FieldError({"enabled_events": "There are up to 50 entities."})
    return found


def _authenticate(webhook: Webhook, said: Mapping[str, Any]) -> None:
    kind = said.get("type")
    if kind not in AUTHENTICATIONS:
        raise FieldError({"authentication.type": "The type is NONE, BASIC or BEARER."})
    words = ""
    if kind == "BASIC":
        given = said.get("basic")
        inner = given if isinstance(given, Mapping) else {}
        username = _word(inner, "username", "authentication.basic")
        words = secrets_of.basic(username, _word(inner, "password", "authentication.basic"))
    elif kind == "BEARER":
        given = said.get("bearer")
        inner = given if isinstance(given, Mapping) else {}
        words = "Bearer " + _word(inner, "token", "authentication.bearer")
    webhook.authentication_type = kind
    webhook.authentication = secrets_of.sealed(words, webhook, "authentication") if words else ""


def _word(said: Mapping[str, Any], name: str, path: str) -> str:
    text = said.get(name)
    fits = isinstance(text, str) and 0 < len(text) <= _LONGEST
    if not isinstance(text, str) or not fits or not (text.isascii() and text.isprintable()):
        raise FieldError({f"{path}.{name}": f"Give the {name} in plain letters."})
    return text


def _facts(webhook: Webhook) -> dict[str, object]:
    return {
        "environment": webhook.environment,
        "application": webhook.application.ref if webhook.application else None,
        "url_sha256": digest(webhook.url),
        "enabled": webhook.enabled,
        "events": [f"{one['entity']}:{','.join(one['types'])}" for one in webhook.enabled_events],
        "authentication": webhook.authentication_type,
    }
