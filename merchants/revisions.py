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
    return _kept(revision.slug, revision.questionnaire, actor)


def foreign(form_type: str, version: str, *, actor: str) -> FormTemplate:
    """Return the template of forms that another account keeps: it asks nothing here.

    Inside the transaction of a deed that holds the log.
    """
    asked = Questionnaire(
        type=form_type,
        form=f"PCI SAQ {form_type}, kept by another account",
        version=version,
        standard="PCI DSS",
        published=date.min,
        in_force_from=date.min,
        who="Forms that were issued and are signed elsewhere.",
        channels=(),
        answers=(),
        tells_results=False,
        asv_scan=False,
        statements=(),
        parts=(),
        sections=(),
    )
    return _kept(f"elsewhere-{form_type.lower()}-{version}"[:60], asked, actor)


def _kept(slug: str, asked: Questionnaire, actor: str) -> FormTemplate:
    content = asked.content()
    written = ledger.canonical(content)
    digest = _sha256(written).hexdigest()
    known = FormTemplate.objects.filter(sha256=digest).first()
    if known:
        return known
    leaf = ledger.append(
        "compliance_form.template", subject=slug, body={"sha256": digest}, actor=actor
    )
    return FormTemplate.objects.create(
        ref=ids.of_content(ids.TEMPLATE, written),
        slug=slug,
        form_type=asked.type,
        version=asked.version,
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
