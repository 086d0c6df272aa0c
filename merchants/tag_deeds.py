"""Deeds by which programs hang tags on platforms and merchants; tags change nothing else."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from evidence import ledger
from merchants.models import Application, Merchant
from merchants.webhooks import telling


def tag_merchant(merchant: Merchant, tags: dict[str, str] | None, *, actor: str) -> None:
    """Exchange the tags of a merchant; None, or the same again, changes nothing."""
    with transaction.atomic():
        if _exchange(Merchant, merchant, tags, "merchant.tagged", actor):
            telling.merchants("updated", [merchant])


def tag_application(application: Application, tags: dict[str, str] | None, *, actor: str) -> None:
    """Exchange the tags of a platform; None, or the same again, changes nothing."""
    with transaction.atomic():
        _exchange(Application, application, tags, "application.tagged", actor)


def _exchange(model: Any, row: Any, tags: dict[str, str] | None, kind: str, actor: str) -> bool:
    if tags is None or tags == row.tags:
        return False
    ledger.lock()
    now = timezone.now()
    model.objects.filter(pk=row.pk).update(tags=tags, updated_at=now)
    ledger.append(kind, subject=row.ref, body={"tags": len(tags)}, actor=actor)
    row.tags, row.updated_at = tags, now
    return True
