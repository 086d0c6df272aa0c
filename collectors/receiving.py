"""Takes webhooks in: checks signature, time and repetition, and notes what became of each.

The body is not kept: it may hold card data and secrets, and what proves the delivery is its digest.
The notes become evidence through the runs of the collector `webhook_deliveries`.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction

from collectors import configuration, registry
from collectors.models import Delivery, Source
from collectors.wire import signatures

COLLECTOR = "webhook_deliveries"
KEPT = timedelta(days=400)
MOST_BYTES = 1024 * 1024
MOST_REFUSED = 1000
"""How many refused ones of a day are noted for a source: a stranger must not fill the disk."""
_IDS = {
    "github": "x-github-delivery",
    "gitlab": "webhook-id",
    "jira": "x-atlassian-webhook-identifier",
    "standard": "webhook-id",
}
_TYPES = {"github": "x-github-event", "gitlab": "x-gitlab-event"}
_TYPE_PARTS = {
    "finix": ("entity", "type"),
    "jira": ("webhookEvent",),
    "pagerduty": ("event_type",),
}
_REFUSED = (Delivery.Verdict.FORGED, Delivery.Verdict.STALE, Delivery.Verdict.UNREADABLE)


def source_of(slug: str) -> Source | None:
    """Return the enabled source that takes webhooks under a name; None where there is none."""
    return Source.objects.filter(slug=slug, collector=COLLECTOR, enabled=True).first()


def receive(
    source: Source, *, headers: Mapping[str, str], body: bytes, now: datetime
) -> Delivery.Verdict:
    """Note a message and return what became of it; header names are in lower case.

    Raises SettingsError and SealError where the source cannot be read.
    """
    chosen: Any = configuration.read(source, registry.get(COLLECTOR))
    secrets = [each.get_secret_value() for each in (chosen.secret, chosen.previous_secret) if each]
    judged = signatures.judge(chosen.style, headers, body, secrets=secrets, now=now)
    digest = sha256(body).hexdigest()
    event = _event(body) if judged.genuine else None
    event_id, event_type = ("", "")
    if event is not None:
        event_id = _id(chosen.style, headers, event) or f"sha256:{digest}"
        event_type = _type(chosen.style, headers, event)
    made = Delivery(
        source=source,
        at=now,
        sent_at=judged.sent_at,
        event_id=event_id[:200],
        event_type=event_type[:200],
        verdict=_verdict(judged, event_id),
        body_sha256=digest,
        size=len(body),
    )
    return _noted(made)


def prune(now: datetime) -> int:
    """Delete notes that are too old to be asked for; return how many."""
    return Delivery.objects.filter(at__lt=now - KEPT).delete()[0]


def _verdict(judged: signatures.Judged, event_id: str) -> Delivery.Verdict:
    if not judged.genuine:
        return Delivery.Verdict.FORGED
    if not judged.fresh:
        return Delivery.Verdict.STALE
    return Delivery.Verdict.ACCEPTED if event_id else Delivery.Verdict.UNREADABLE


def _noted(made: Delivery) -> Delivery.Verdict:
    if made.verdict in _REFUSED:
        day = made.at.replace(hour=0, minute=0, second=0, microsecond=0)
        refused = Delivery.objects.filter(source=made.source, verdict__in=_REFUSED, at__gte=day)
        if refused.count() < MOST_REFUSED:
            made.save(force_insert=True)
        return Delivery.Verdict(made.verdict)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        # The sender tries again what it believes lost, or somebody replays it.
        made.verdict = Delivery.Verdict.REPEATED
        made.save(force_insert=True)
    return Delivery.Verdict(made.verdict)


def _event(body: bytes) -> dict[str, Any] | None:
    """Return the event that a body holds; None where it holds none."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    inner = told.get("event")
    return inner if isinstance(inner, dict) else told


def _id(style: str, headers: Mapping[str, str], event: Mapping[str, Any]) -> str:
    return headers.get(_IDS.get(style, ""), "") or _text(event, "id")


def _type(style: str, headers: Mapping[str, str], event: Mapping[str, Any]) -> str:
    parts = [_text(event, name) for name in _TYPE_PARTS.get(style, ("type",))]
    return headers.get(_TYPES.get(style, ""), "") or ".".join(filter(None, parts))


def _text(event: Mapping[str, Any], name: str) -> str:
    found = event.get(name)
    return found.replace("\0", "") if isinstance(found, str) else ""
