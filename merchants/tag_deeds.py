"""The deed by which programs hang tags on platforms and merchants; tags change nothing else."""

from django.db import transaction
from django.utils import timezone

from evidence import ledger
from merchants.models import Application, Merchant, Prospect
from merchants.webhooks import telling

_KINDS: dict[type[Application | Merchant | Prospect], str] = {
    Application: "application.tagged",
    Merchant: "merchant.tagged",
    Prospect: "merchant.tagged",
}


def tag(row: Application | Merchant | Prospect, tags: dict[str, str] | None, *, actor: str) -> None:
    """Exchange the tags of a row; None, or the same again, changes nothing."""
    if tags is None or tags == row.tags:
        return
    with transaction.atomic():
        ledger.lock()
        row.tags, row.updated_at = tags, timezone.now()
        row.save(update_fields=["tags", "updated_at"])
        body = {"tags": len(tags)}
        ledger.append(_KINDS[type(row)], subject=row.ref, body=body, actor=actor)
        if isinstance(row, Merchant):
            telling.merchants("updated", [row])
