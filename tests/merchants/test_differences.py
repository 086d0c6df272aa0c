"""Another interview says what it changes, and the deed does just that."""

import pytest
from django.utils import timezone

from accounts.models import User
from evidence.models import LedgerEntry
from merchants import answering, differences
from merchants.answering import Said
from merchants.differences import Difference
from merchants.errors import MerchantError, NotAllowedError
from merchants.models import ComplianceForm
from tests.merchants import shops

pytestmark = pytest.mark.django_db
OWN_PAGE = {**shops.ONLINE, "e-commerce-how": "own_page"}
PHONE_TOO = {**shops.ONLINE, "moto": "yes", "moto-how": "outsourced"}


def found(form: ComplianceForm, interview: dict[str, str], chosen: str = "") -> Difference:
    return differences.of(form, interview, chosen=chosen, today=timezone.now().date())


def test_the_same_answers_change_nothing(alice: User) -> None:
    same = found(shops.form(alice), shops.ONLINE)
    assert not same.needs_form
    assert (same.added, same.removed, same.gained, same.lost) == ([], [], (), ())


def test_another_type_adds_and_removes_lines(alice: User) -> None:
    form = shops.form(alice)
    more = found(form, OWN_PAGE)
    asked = answering.whole(form).questionnaire.lines()
    assert (more.before, more.after, more.needs_form) == ("A", "A-EP", True)
    assert more.kept + len(more.removed) == len(asked)
    assert not {line.id for line in more.added} & asked.keys()
    assert more.gained == ("Online: the merchant's own page can affect the payment.",)
    assert more.lost == ("Online: the whole payment page comes from a provider.",)


def test_a_statement_that_is_not_true_leads_to_the_widest_form(alice: User) -> None:
    form = shops.form(alice)
    answering.keep(form, Said(statements={"e2": False}), actor="merchant:test")
    assert found(form, shops.ONLINE).after == "D-Merchant"


def test_open_questions_lead_nowhere_and_change_nothing(alice: User) -> None:
    form = shops.form(alice)
    interview = {**shops.ONLINE, "moto": ""}
    assert not found(form, interview).needs_form
    with pytest.raises(MerchantError, match="Answer this first"):
        differences.apply(form, interview, chosen="", by=alice, reason="Other.")
    assert found(form, interview, "B").after == "B"


def test_a_signed_form_does_not_outlive_another_way_of_payment(alice: User) -> None:
    form = shops.form(alice)
    assert not found(form, PHONE_TOO).needs_form
    signed = shops.signed(alice).form
    signed.refresh_from_db()
    assert found(signed, PHONE_TOO).is_business
    new = differences.apply(signed, PHONE_TOO, chosen="", by=alice, reason="Telephone too.")
    signed.refresh_from_db()
    assert (signed.state, new.form_type, new.previous) == ("INVALID", "A", signed)
    assert new.merchant.interview == PHONE_TOO


def test_answers_that_leave_the_form_are_kept_with_a_leaf(alice: User, charlie: User) -> None:
    form = shops.form(alice)
    with pytest.raises(NotAllowedError):
        differences.apply(form, PHONE_TOO, chosen="", by=charlie, reason="Telephone too.")
    with pytest.raises(MerchantError, match="why"):
        differences.apply(form, PHONE_TOO, chosen="", by=alice, reason=" ")
    assert differences.apply(form, PHONE_TOO, chosen="", by=alice, reason="Telephone.") == form
    form.merchant.refresh_from_db()
    assert form.merchant.interview == PHONE_TOO
    leaf = LedgerEntry.objects.get(kind="merchant.interview")
    assert "Telephone" not in leaf.leaf


def test_what_was_answered_on_the_form_before_is_offered_on_the_new_one(alice: User) -> None:
    old = shops.signed(alice).form
    new = differences.apply(old, OWN_PAGE, chosen="", by=alice, reason="Its own page.")
    offered = answering.proposed(answering.whole(new), today=timezone.now().date())
    kept = found(old, OWN_PAGE).kept
    assert len(offered) == kept > 0
    assert all(given.is_carried for given in offered.values())
