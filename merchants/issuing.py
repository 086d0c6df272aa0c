"""Issues forms in batches: one insert, and one leaf that commits to every form of the batch."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice

from django.db import transaction
from django.utils import timezone

from evidence import ledger
from merchants import ids, revisions, scan_days
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
    moment = now or timezone.now()
    rows, made = iter(merchants), list[ComplianceForm]()
    with transaction.atomic():
        ledger.lock()
        templates: dict[str, FormTemplate] = {}
        while batch := list(islice(rows, BATCH)):
            for kind in {one.form_type for one in batch} - templates.keys():
                templates[kind] = revisions.current(kind, moment.date(), actor=actor)
            made += _issue_batch(batch, templates, previous or {}, moment, actor)
        telling.forms("created", made)
    return made


def digest(forms: Sequence[ComplianceForm], templates: Mapping[int, str]) -> str:
    """Return the SHA-256 (hex) of what a batch of forms is, in the order of their issue.

    `templates` maps the keys of templates to their SHA-256.
    """
    found = sha256()
    for form in forms:
        due = ledger.stamp(form.due_at)
        said = (form.ref, str(form.merchant_id), templates[form.template_id], due)
        found.update(ledger.canonical(said) + b"\n")
    return found.hexdigest()


def _issue_batch(
    merchants: Sequence[Merchant],
    templates: Mapping[str, FormTemplate],
    previous: Mapping[int, ComplianceForm],
    now: datetime,
    actor: str,
) -> list[ComplianceForm]:
    forms = [
        ComplianceForm(
            ref=ids.new(ids.FORM),
            environment=one.environment,
            application_id=one.application_id,
            merchant=one,
            template=templates[one.form_type],
            form_type=one.form_type,
            level=one.level,
            due_at=now + DUE_AFTER,
            previous=previous.get(one.pk),
            created_at=now,
            updated_at=now,
        )
        for one in merchants
    ]
    digests = {one.pk: one.sha256 for one in templates.values()}
    leaf = ledger.append(
        "compliance_form.issued",
        subject=forms[0].ref if len(forms) == 1 else f"{len(forms)} forms",
        body={"forms": len(forms), "forms_sha256": digest(forms, digests)},
        actor=actor,
    )
    for form in forms:
        form.ledger_entry = leaf
    _ask_for_scans(merchants, templates, now)
    return ComplianceForm.objects.bulk_create(forms, BATCH)


def _ask_for_scans(
    merchants: Sequence[Merchant], templates: Mapping[str, FormTemplate], now: datetime
) -> None:
    scanned = {kind for kind, one in templates.items() if one.content.get("asv_scan")}
    asked = [one.pk for one in merchants if one.form_type in scanned]
    others = [one.pk for one in merchants if one.form_type not in scanned and one.scan_due_on]
    if asked or others:
        scan_days.ask_of(asked, others, now.date())
