"""Forms are issued in batches: few queries, and one leaf that commits to each form."""

import json
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from evidence.models import LedgerEntry
from merchants import issuing, parties, questionnaire, revisions
from merchants.models import ComplianceForm, FormTemplate
from tests.merchants import shops

pytestmark = pytest.mark.django_db


def test_a_batch_has_one_leaf_that_commits_to_each_form(alice: User) -> None:
    application = shops.application(alice)
    merchants = parties.add_merchants(application, [shops.applicant()] * 30, by=alice)
    forms = parties.approve(merchants, by=alice)
    leaf = LedgerEntry.objects.get(kind="compliance_form.issued")
    digests = {form.template_id: form.template.sha256 for form in forms}
    body = json.loads(leaf.leaf)["body"]
    assert body == {"forms": 30, "forms_sha256": issuing.digest(forms, digests)}
    assert {form.ledger_entry_id for form in forms} == {leaf.pk}
    other = [*forms[:-1], forms[0]]
    assert issuing.digest(other, digests) != body["forms_sha256"]


def test_the_queries_do_not_grow_with_the_batch(alice: User) -> None:
    def queries(count: int) -> int:
        application = shops.application(alice)
        merchants = parties.add_merchants(application, [shops.applicant()] * count, by=alice)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            issuing.issue(merchants, actor="system")
        return len(seen)

    shops.form(alice)
    assert queries(3) == queries(40)


def test_each_type_gets_its_own_template_which_is_kept_once(alice: User) -> None:
    for form_type in (*questionnaire.TYPES, "A"):
        shops.form(alice, form_type=form_type)
    assert FormTemplate.objects.count() == 10
    for form in ComplianceForm.objects.all():
        assert revisions.of(form).type == form.form_type


def test_a_form_keeps_the_questionnaire_it_was_issued_with(alice: User) -> None:
    form = shops.form(alice, form_type="A")
    before = revisions.of(form)
    template = FormTemplate.objects.get()
    assert template.content == before.content()
    assert revisions.digest_of(template.content) == template.sha256


def test_the_revision_is_that_of_the_day_of_issue(alice: User) -> None:
    merchant = shops.merchant(alice, form_type="C")
    long_ago = datetime(2024, 12, 1, tzinfo=UTC)
    (form,) = issuing.issue([merchant], actor="system", now=long_ago)
    assert form.template.version == "2024.10"
    assert form.created_at == long_ago
