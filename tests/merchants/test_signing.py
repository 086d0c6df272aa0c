"""A form is signed once, under exactly what was answered; links are short-lived and used once."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.models import User
from evidence.models import LedgerEntry
from jobs.models import Job
from merchants import answering, links, papers, signing
from merchants.answering import Said
from merchants.answers import Answer, Given
from merchants.errors import (
    FormClosedError,
    IncompleteError,
    LinkEndedError,
    LinkUnknownError,
    SignatureError,
    SignedAlreadyError,
)
from merchants.models import ComplianceForm, SignatureRecord, SigningLink
from merchants.signing import Seen
from tests.merchants import shops

pytestmark = pytest.mark.django_db
WHO = "merchant:test"


def test_a_signed_form_is_complete_for_a_year(alice: User) -> None:
    form = shops.answered(alice)
    seen = Seen("198.51.100.4", "Firefox")
    record = signing.sign(form, shops.ERNA, actor=WHO, seen=seen)
    form.refresh_from_db()
    assert form.state == ComplianceForm.State.COMPLETE
    assert form.valid_from == record.received_at
    assert form.valid_until == record.received_at + timedelta(days=365)
    assert record.signed_at == shops.ERNA.signed_at
    assert (record.seen_address, record.overall) == ("198.51.100.4", "compliant")
    assert record.consent == signing.CONSENT


def test_the_leaf_holds_the_digest_of_the_answers_and_no_name(alice: User) -> None:
    record = shops.signed(alice)
    leaf = LedgerEntry.objects.get(kind="compliance_form.signed")
    body = json.loads(leaf.leaf)["body"]
    assert body == signing.facts(record)
    assert body["answers_sha256"] == answering.digest_of(answering.whole(record.form))
    assert "Erna" not in leaf.leaf


def test_the_signed_paper_is_ordered_with_the_signature(alice: User) -> None:
    record = shops.signed(alice)
    job = Job.objects.get(kind=papers.KIND)
    assert job.payload == {"form": record.form.pk, "which": "signed"}


def test_the_same_signature_again_gives_the_first_record(alice: User) -> None:
    record = shops.signed(alice)
    assert signing.sign(record.form, shops.ERNA, actor=WHO) == record
    assert LedgerEntry.objects.filter(kind="compliance_form.signed").count() == 1


@pytest.mark.parametrize("field", ["name", "title", "ip_address", "user_agent", "signed_at"])
def test_another_signature_is_refused_and_changes_nothing(alice: User, field: str) -> None:
    record = shops.signed(alice)
    with pytest.raises(SignedAlreadyError):
        signing.sign(record.form, replace(shops.ERNA, **{field: "Other"}), actor=WHO)
    assert SignatureRecord.objects.get() == record


@pytest.mark.parametrize("field", ["name", "title", "ip_address", "user_agent", "signed_at"])
def test_each_field_of_a_signature_is_needed(alice: User, field: str) -> None:
    form = shops.answered(alice)
    for text in ("", "  ", "x" * 501):
        with pytest.raises(SignatureError) as refused:
            signing.sign(form, replace(shops.ERNA, **{field: text}), actor=WHO)
        assert set(refused.value.problems) == {field}
    assert not SignatureRecord.objects.exists()


def test_a_card_number_is_no_name(alice: User) -> None:
    form = shops.answered(alice)
    with pytest.raises(SignatureError, match="card number"):
        signing.sign(form, replace(shops.ERNA, name="4111111111111111"), actor=WHO)


def test_a_form_with_open_lines_is_not_signed(alice: User) -> None:
    form = shops.form(alice)
    with pytest.raises(IncompleteError, match="missing"):
        signing.sign(form, shops.ERNA, actor=WHO)
    form.refresh_from_db()
    assert form.state == ComplianceForm.State.INCOMPLETE


def test_a_form_that_does_not_fit_is_not_signed(alice: User) -> None:
    form = shops.answered(alice)
    answering.keep(form, Said(statements={"e2": False}), actor=WHO)
    with pytest.raises(IncompleteError, match="does not fit"):
        signing.sign(form, shops.ERNA, actor=WHO)


def test_what_is_not_in_place_may_be_signed_for_and_shows(alice: User) -> None:
    form = shops.answered(alice)
    legal = Given(Answer.NOT_IN_PLACE, "The law on records.", is_legal=True)
    answering.keep(form, Said({"3.1.1": legal}), actor=WHO)
    assert signing.sign(form, shops.ERNA, actor=WHO).overall == "compliant_with_legal_exception"


def test_a_document_may_be_attested_as_a_whole_and_says_so(alice: User) -> None:
    form = shops.form(alice)
    record = signing.sign(form, shops.ERNA, actor=WHO, basis=SignatureRecord.Basis.DOCUMENT)
    assert (record.basis, record.overall) == ("document", signing.ATTESTED)


def test_a_link_opens_its_form_and_only_its_digest_is_kept(alice: User) -> None:
    form = shops.form(alice)
    made, secret = links.make(form, actor="system")
    assert links.find(secret).form == form
    assert secret not in made.fingerprint
    assert len(made.fingerprint) == 64
    assert not LedgerEntry.objects.filter(leaf__contains=secret).exists()
    assert secret != links.make(form, actor="system")[1]


@pytest.mark.parametrize("secret", ["", "x" * 43, "\0", "\ud800"])
def test_a_link_that_nobody_made_is_unknown(alice: User, secret: str) -> None:
    shops.link(shops.form(alice))
    with pytest.raises(LinkUnknownError):
        links.find(secret)


def test_a_link_ends(alice: User) -> None:
    form = shops.form(alice)
    expired = links.make(form, actor="system", life=timedelta(seconds=-1))[1]
    with pytest.raises(LinkEndedError, match="expired"):
        links.find(expired)
    secret = shops.link(form)
    assert links.withdraw(form, actor="system") == 2
    with pytest.raises(LinkEndedError, match="withdrawn"):
        links.find(secret)


def test_a_signature_uses_up_every_link_of_the_form(alice: User) -> None:
    form = shops.answered(alice)
    first, second = shops.link(form), shops.link(form)
    signing.sign(form, shops.ERNA, actor=WHO, link=links.find(first))
    assert not SigningLink.objects.filter(used_at=None).exists()
    other = replace(shops.ERNA, name="Somebody else")
    with pytest.raises(SignedAlreadyError):
        signing.sign(form, other, actor=WHO, link=links.find(second))
    with pytest.raises(FormClosedError):
        links.make(form, actor="system")


def test_a_used_link_signs_nothing_else(alice: User) -> None:
    form = shops.answered(alice)
    link = links.find(shops.link(form))
    links.use_up(form)
    with pytest.raises(SignedAlreadyError, match="used already"):
        signing.sign(form, shops.ERNA, actor=WHO, link=link)
