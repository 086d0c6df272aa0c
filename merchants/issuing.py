"""Issues forms in batches: one insert, and one leaf that commits to every form of the batch."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice

from django.db import transaction
from django.utils import timezone

from evidence import ledger
from evidence.models import LedgerEntry
from merchants import bulk, ids, revisions, scan_days
from merchants.models import ComplianceForm, FormTemplate, Merchant
from merchants.webhooks import telling

DUE_AFTER = timedelta(days=90)
VALID_FOR = timedelta(days=365)
BATCH = 1000


def issue(
    merchants: Iterable[Merchant],
    *,
    actor: str,
    now: datetime | None = None,
    previous: Mapping[int, ComplianceForm] | None = None,
) -> list[ComplianceForm]:
    """Issue a form to each merchant, of the revision that is in force; return them in order.

    `previous` names the form that each new one follows, by merchant. One transaction for all;
    raises UnknownFormTypeError.
    """
    with transaction.atomic():
        leaves = put(merchants, actor=actor, now=now, previous=previous)
        made = ComplianceForm.objects.filter(ledger_entry__in=leaves)
        return list(made.select_related("merchant", "application").order_by("pk"))


def put(
    merchants: Iterable[Merchant],
    *,
    actor: str,
    now: datetime | None = None,
    previous: Mapping[int, ComplianceForm] | None = None,
) -> list[LedgerEntry]:
    """Issue forms as `issue` does, and return the leaf of each batch: no row is read again."""
    moment = now or timezone.now()
    rows, leaves = iter(merchants), list[LedgerEntry]()
    with transaction.atomic():
        ledger.lock()
        templates: dict[str, FormTemplate] = {}
        while batch := list(islice(rows, BATCH)):
            for kind in {one.form_type for one in batch} - templates.keys():
                templates[kind] = revisions.current(kind, moment.date(), actor=actor)
            leaves.append(_put_batch(batch, templates, previous or {}, moment, actor))
        telling.forms_of("created", leaves)
    return leaves


def digest(forms: Sequence[ComplianceForm], templates: Mapping[int, str]) -> str:
    """Return the SHA-256 (hex) of what a batch of forms is, in the order of their issue.

    `templates` maps the keys of templates to their SHA-256.
    """
    found = sha256()
    for form in forms:
        sha = templates[form.template_id]
        found.update(_said(form.ref, form.merchant_id, sha, form.due_at))
    return found.hexdigest()


def _put_batch(
    merchants: Sequence[Merchant],
    templates: Mapping[str, FormTemplate],
    previous: Mapping[int, ComplianceForm],
    now: datetime,
    actor: str,
) -> LedgerEntry:
    refs = [ids.new(ids.FORM) for _ in merchants]
    due = now + DUE_AFTER
    found = sha256()
    for ref, one in zip(refs, merchants, strict=True):
        found.update(_said(ref, one.pk, templates[one.form_type].sha256, due))
    leaf = ledger.append(
        "compliance_form.issued",
        subject=refs[0] if len(refs) == 1 else f"{len(refs)} forms",
        body={"forms": len(refs), "forms_sha256": found.hexdigest()},
        actor=actor,
    )
    _ask_for_scans(merchants, templates, now)
    same = _same(leaf, due, now)
    rows = [
        {
            "ref": ref,
            "environment": one.environment,
            "application_id": one.application_id,
            "merchant_id": one.pk,
            "template_id": templates[one.form_type].pk,
            "form_type": one.form_type,
            "level": one.level,
            "previous_id": previous[one.pk].pk if one.pk in previous else None,
            **same,
        }
        for ref, one in zip(refs, merchants, strict=True)
    ]
    bulk.insert(ComplianceForm, rows)
    return leaf


def _same(leaf: LedgerEntry, due: datetime, now: datetime) -> dict[str, object]:
    """Return the columns that all forms of a batch share."""
    return {
        "state": ComplianceForm.State.INCOMPLETE.value,
        "due_at": due,
        "valid_from": None,
        "valid_until": None,
        "source": "",
        "tags": "{}",
        "created_at": now,
        "updated_at": now,
        "ledger_entry_id": leaf.pk,
    }


def _said(ref: str, merchant: int, template: str, due: datetime) -> bytes:
    return ledger.canonical((ref, str(merchant), template, ledger.stamp(due))) + b"\n"


def _ask_for_scans(
    merchants: Sequence[Merchant], templates: Mapping[str, FormTemplate], now: datetime
) -> None:
    scanned = {kind for kind, one in templates.items() if one.content.get("asv_scan")}
    asked = [one.pk for one in merchants if one.form_type in scanned]
    others = [one.pk for one in merchants if one.form_type not in scanned and one.scan_due_on]
    if asked or others:
        scan_days.ask_of(asked, others, now.date())
