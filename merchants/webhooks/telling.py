"""Notes what happened for the webhooks that asked for it, inside the transaction of the deed.

Where no webhook asks, nothing is written: issuing 100,000 forms costs one question a batch.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from evidence.models import LedgerEntry
from jobs.queue import enqueue
from merchants import ids, shapes
from merchants.models import ComplianceForm, Delivery, Event, File, Merchant, Webhook

KIND = "merchants.webhooks"
"""The kind of job that sends what waits for one webhook."""
BATCH = 1000
REMINDED = "reminded"
TOLD = {
    "compliance_form": ("created", "updated", REMINDED),
    "merchant": ("created", "underwritten", "updated"),
    "file": ("created", "updated"),
}
"""What is told: the kinds of events by entity."""
_PLURAL = {
    "compliance_form": "compliance_forms",
    "merchant": "merchants",
    "file": "files",
}
_ALONG = ("template", "application", "merchant", "signature")


def forms(
    kind: str, rows: Sequence[ComplianceForm], *, refs: Mapping[int, str] | None = None
) -> int:
    """Tell of forms; return how many events were noted. `refs` names events by the form's key."""

    def fresh(keys: list[int]) -> Iterable[ComplianceForm]:
        named = ComplianceForm.objects.filter(pk__in=keys).select_related(*_ALONG)
        return named.prefetch_related("files").order_by("pk")

    return _tell("compliance_form", kind, rows, fresh, shapes.compliance_form, refs=refs or {})


def reminders(rows: Sequence[ComplianceForm], day: date) -> int:
    """Tell that open forms are due to be reminded of on a day; again tells nothing twice."""
    refs = {row.pk: _of_day(row, day) for row in rows}
    with transaction.atomic():
        known = set(Event.objects.filter(ref__in=refs.values()).values_list("ref", flat=True))
        return forms(REMINDED, [row for row in rows if refs[row.pk] not in known], refs=refs)


def forms_of(kind: str, leaves: Sequence[LedgerEntry]) -> int:
    """Tell of the forms that leaves issued; where nobody listens, none of them is read."""
    if not leaves or not Webhook.objects.filter(enabled=True, is_accepting=True).exists():
        return 0
    issued = ComplianceForm.objects.filter(ledger_entry__in=leaves).order_by("pk")
    return forms(kind, list(issued.only("pk", "application", "environment")))


def merchants(kind: str, rows: Sequence[Merchant]) -> int:
    """Tell of merchants; return how many events were noted."""

    def fresh(keys: list[int]) -> Iterable[Merchant]:
        named = Merchant.objects.filter(pk__in=keys).select_related("application")
        return named.order_by("pk")

    return _tell("merchant", kind, rows, fresh, shapes.merchant)


def files(kind: str, rows: Sequence[File]) -> int:
    """Tell of files; return how many events were noted."""

    def fresh(keys: list[int]) -> Iterable[File]:
        named = File.objects.filter(pk__in=keys).select_related("application", "merchant")
        return named.order_by("pk")

    return _tell("file", kind, rows, fresh, shapes.file)


def wants(webhook: Webhook, entity: str, kind: str) -> bool:
    """Say whether a webhook asked for a kind of event; no filter asks for all."""
    if not webhook.enabled_events:
        return True
    return any(
        one.get("entity") == entity and (not one.get("types") or kind in one["types"])
        for one in webhook.enabled_events
    )


def have_sent(webhook: Webhook, *, mark: object, run_after: datetime | None = None) -> None:
    """Have a worker send what waits for a webhook; the mark makes the order the same or another."""
    enqueue(
        KIND,
        key=f"{KIND}:{webhook.ref}:{mark}",
        payload={"webhook": webhook.pk},
        run_after=run_after,
    )


def _tell(
    entity: str,
    kind: str,
    rows: Sequence[Any],
    fresh: Callable[[list[int]], Iterable[Any]],
    shape: Callable[[Any, str], Mapping[str, Any]],
    *,
    refs: Mapping[int, str] = MappingProxyType({}),
) -> int:
    noted = 0
    # A batch of the sweep holds forms of both environments, which share no webhook.
    for environment in sorted({row.environment for row in rows}):
        of_it = [row for row in rows if row.environment == environment]
        hooks = _hooks({row.application_id for row in of_it}, environment, entity, kind)
        for start in range(0, len(of_it) if hooks else 0, BATCH):
            keys = [row.pk for row in of_it[start : start + BATCH]]
            base, now = shapes.base_of(environment), timezone.now()
            events = [
                _event(entity, kind, row, shape(row, base), now, ref=refs.get(row.pk))
                for row in fresh(keys)
            ]
            Event.objects.bulk_create(events)
            _deliver(events, hooks, now)
            noted += len(events)
    return noted


def _hooks(applications: set[int], environment: str, entity: str, kind: str) -> list[Webhook]:
    of_these = Q(application=None) | Q(application__in=applications)
    found = Webhook.objects.filter(
        of_these, environment=environment, enabled=True, is_accepting=True
    )
    return [one for one in found if wants(one, entity, kind)]


def _of_day(form: ComplianceForm, day: date) -> str:
    """Return how the event is named that tells of a form's reminder on a day."""
    return ids.EVENT + sha256(f"{REMINDED} {form.ref} {day}".encode()).hexdigest()[:24]


def _event(
    entity: str, kind: str, row: Any, shape: Mapping[str, Any], now: datetime, *, ref: str | None
) -> Event:
    ref = ref or ids.new(ids.EVENT)
    body = {
        "id": ref,
        "type": kind,
        "entity": entity,
        "occurred_at": f"{now:%Y-%m-%dT%H:%M:%S.%f}"[:-3],
        "system_generated_idempotency_id": ref.removeprefix(ids.EVENT),
        "_embedded": {_PLURAL[entity]: [dict(shape)]},
    }
    return Event(
        ref=ref,
        environment=row.environment,
        application_id=row.application_id,
        entity=entity,
        kind=kind,
        subject=row.ref,
        body=body,
        created_at=now,
    )


def _deliver(events: Sequence[Event], hooks: Sequence[Webhook], now: datetime) -> None:
    for hook in hooks:
        made = [
            Delivery(
                ref=ids.new(ids.DELIVERY),
                webhook=hook,
                event=event,
                next_at=now,
                created_at=now,
                updated_at=now,
            )
            for event in events
            if hook.application_id in {None, event.application_id}
        ]
        if made:
            Delivery.objects.bulk_create(made, BATCH)
            have_sent(hook, mark=made[0].ref)
