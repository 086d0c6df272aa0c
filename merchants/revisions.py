"""Keeps the questionnaires that forms were issued from, as they were then."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from hashlib import sha256 as _sha256

from django.utils import timezone

from evidence import ledger
from merchants import ids, questionnaire
from merchants.models import ComplianceForm, FormTemplate
from merchants.questionnaire import Questionnaire


def current(form_type: str, today: date, *, actor: str) -> FormTemplate:
    """Return the template of the revision in force, kept with its first form.

    Inside the transaction of a deed that holds the log. Raises UnknownFormTypeError.
    """
    revision = questionnaire.current(form_type, today)
    content = revision.questionnaire.content()
    written = ledger.canonical(content)
    digest = _sha256(written).hexdigest()
    known = FormTemplate.objects.filter(sha256=digest).first()
    if known:
        return known
    leaf = ledger.append(
        "compliance_form.template", subject=revision.slug, body={"sha256": digest}, actor=actor
    )
    return FormTemplate.objects.create(
        ref=ids.of_content(ids.TEMPLATE, written),
        slug=revision.slug,
        form_type=form_type,
        version=revision.questionnaire.version,
        content=content,
        sha256=digest,
        created_at=timezone.now(),
        ledger_entry=leaf,
    )


def of(form: ComplianceForm) -> Questionnaire:
    """Return the questionnaire of a form, as it was when the form was issued."""
    known = FormTemplate.objects.filter(pk=form.template_id)
    return _read(known.values_list("sha256", flat=True).get())


def digest_of(content: Mapping[str, object]) -> str:
    """Return the SHA-256 (hex) by which a kept questionnaire is known."""
    return _sha256(ledger.canonical(content)).hexdigest()


@lru_cache(maxsize=32)
def _read(sha256: str) -> Questionnaire:
    # A template never changes, so what was read once may be used again.
    return questionnaire.of_content(FormTemplate.objects.get(sha256=sha256).content)
