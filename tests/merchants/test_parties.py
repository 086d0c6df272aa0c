"""Platforms and merchants: added, approved with a form, rejected, and sealed."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import User
from evidence import ledger, resealing, seal
from evidence.errors import SealError
from evidence.models import LedgerEntry
from merchants import identity, parties
from merchants.errors import MerchantError, NotAllowedError
from merchants.identity import Identity
from merchants.models import ComplianceForm, Merchant
from tests.merchants import shops

pytestmark = pytest.mark.django_db


def test_an_approved_merchant_has_a_form_that_is_due_in_ninety_days(alice: User) -> None:
    merchant = shops.merchant(alice)
    (form,) = parties.approve([merchant], by=alice)
    merchant.refresh_from_db()
    assert (merchant.state, merchant.may_take_cards) == ("APPROVED", True)
    assert form.state == ComplianceForm.State.INCOMPLETE
    assert form.due_at == form.created_at + timedelta(days=90)
    assert (form.valid_from, form.valid_until) == (None, None)
    assert form.template.version == "2025.1"
    kinds = list(LedgerEntry.objects.order_by("index").values_list("kind", flat=True))
    assert kinds == [
        "application.added",
        "merchant.added",
        "merchant.approved",
        "compliance_form.template",
        "compliance_form.issued",
    ]


def test_approving_again_issues_nothing(alice: User) -> None:
    merchant = shops.merchant(alice)
    assert len(parties.approve([merchant], by=alice)) == 1
    size = ledger.size()
    assert parties.approve([merchant], by=alice) == []
    assert ledger.size() == size


def test_references_have_the_prefixes_that_programs_know(alice: User) -> None:
    form = shops.form(alice)
    merchant = form.merchant
    assert merchant.ref.startswith("MU")
    assert merchant.identity_ref.startswith("ID")
    assert form.application.ref.startswith("AP")
    assert form.ref.startswith("cf_")
    assert form.template.ref.startswith("cft_")
    assert {len(form.ref) - 3, len(merchant.ref) - 2} == {22}


def test_who_a_merchant_is_lies_sealed_in_its_own_row(alice: User) -> None:
    merchant = shops.merchant(alice)
    assert identity.opened(merchant) == shops.BAKERY
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity FROM merchants_merchant")
        (stored,) = cursor.fetchone()
    assert "Brot" not in stored
    assert not LedgerEntry.objects.filter(leaf__contains="Brot").exists()
    other = shops.merchant(alice)
    other.identity = merchant.identity
    with pytest.raises(SealError):
        identity.opened(other)


def test_an_exchange_of_the_sealing_key_reaches_the_identities(alice: User) -> None:
    merchant = shops.merchant(alice)
    before = seal.key_of(merchant.identity)
    resealing.begin()
    resealing.go_on()
    merchant.refresh_from_db()
    assert seal.key_of(merchant.identity) != before
    assert identity.opened(merchant) == shops.BAKERY


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Identity("", "erna@bakery.example"), "name of the business"),
        (Identity("Bakery", "erna"), "no e-mail address"),
        (Identity("Bakery " * 40, "erna@bakery.example"), "longer than"),
        (Identity("4111 1111 1111 1111", "erna@bakery.example"), "card number"),
    ],
)
def test_an_identity_that_does_not_fit_is_refused_and_nothing_is_kept(
    alice: User, said: Identity, words: str
) -> None:
    application = shops.application(alice)
    good, bad = shops.applicant(), shops.applicant(identity=said)
    with pytest.raises(MerchantError, match=words):
        parties.add_merchants(application, [good, bad], by=alice)
    assert not Merchant.objects.exists()


def test_a_rejected_merchant_gets_no_form(alice: User) -> None:
    merchant = shops.merchant(alice)
    parties.reject(merchant, by=alice, reason="The shop does not exist.")
    with pytest.raises(MerchantError, match="rejected"):
        parties.approve([merchant], by=alice)
    with pytest.raises(MerchantError, match="waits for approval"):
        parties.reject(merchant, by=alice, reason="Again.")
    assert not ComplianceForm.objects.exists()


def test_a_merchant_can_be_stopped_and_let_on_again(alice: User) -> None:
    merchant = shops.form(alice).merchant
    parties.switch(merchant, may_take_cards=False, by=alice, reason="Overdue for months.")
    merchant.refresh_from_db()
    assert not merchant.may_take_cards
    with pytest.raises(MerchantError, match="already"):
        parties.switch(merchant, may_take_cards=False, by=alice, reason="Again.")
    with pytest.raises(MerchantError, match="why"):
        parties.switch(merchant, may_take_cards=True, by=alice, reason=" ")


def test_who_lacks_the_role_changes_nothing(alice: User, charlie: User) -> None:
    application, merchant = shops.application(alice), shops.merchant(alice)
    with pytest.raises(NotAllowedError):
        parties.add_application("Other", environment="live", by=charlie)
    with pytest.raises(NotAllowedError):
        parties.add_merchants(application, [shops.applicant()], by=charlie)
    with pytest.raises(NotAllowedError):
        parties.approve([merchant], by=charlie)
    with pytest.raises(NotAllowedError):
        parties.reject(merchant, by=charlie, reason="No.")


def test_a_platform_has_one_name_in_each_environment(alice: User) -> None:
    made = parties.add_application("Shops", environment="live", by=alice)
    assert parties.add_application("Shops", environment="sandbox", by=alice) != made
    with pytest.raises(MerchantError, match="already"):
        parties.add_application(" Shops ", environment="live", by=alice)
    with pytest.raises(MerchantError, match="no environment"):
        parties.add_application("Shops", environment="moon", by=alice)


def test_a_form_keeps_the_environment_of_its_platform(alice: User) -> None:
    sandbox = shops.application(alice, environment="sandbox")
    assert shops.form(alice, of=sandbox).environment == "sandbox"
    assert shops.form(alice).environment == "live"
