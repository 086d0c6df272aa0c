"""The deed by which programs hang tags on platforms, merchants and forms, and on nothing else."""

from django.db import transaction
from django.utils import timezone

from evidence import ledger
from merchants import tagged
from merchants.models import Application, ComplianceForm, Merchant, Prospect
from merchants.webhooks import telling

Wearer = Application | ComplianceForm | Merchant | Prospect

_KINDS: dict[type[Wearer], str] = {
    Application: "application.tagged",
    ComplianceForm: "compliance_form.tagged",
    Merchant: "merchant.tagged",
    Prospect: "merchant.tagged",
}


def tag(row: Wearer, tags: dict[str, str] | None, *, actor: str) -> None:
    """Exchange the tags of a row; None, or the same again, changes nothing."""
    if tags is None or tags == row.tags:
        return
    with transaction.atomic():
        ledger.lock()
        row.tags, row.updated_at = tags, timezone.now()
        row.save(update_fields=["tags", "updated_at"])
        if not isinstance(row, Prospect):
            tagged.keep(row)
        body = {"tags": len(tags)}
        ledger.append(_KINDS[type(row)], subject=row.ref, body=body, actor=actor)
        if isinstance(row, Merchant):
            telling.merchants("updated", [row])
        elif isinstance(row, ComplianceForm):
            telling.forms("updated", [row])
