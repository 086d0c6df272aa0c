"""Forms fall overdue, expire, become invalid, and are followed by the next year's."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from evidence.models import LedgerEntry
from jobs import performing
from jobs.models import Job
from jobs.work import Work
from merchants import changing, parties, signing, states, tasks
from merchants.errors import FormClosedError, LinkEndedError, MerchantError, NotAllowedError
from merchants.links import find
from merchants.models import ComplianceForm, FormChange, Merchant
from tests.merchants import shops

pytestmark = pytest.mark.django_db
State = ComplianceForm.State


def test_a_form_is_overdue_from_its_due_time_on(alice: User) -> None:
    form = shops.form(alice)
    assert changing.sweep(form.due_at - timedelta(microseconds=1)) == {"OVERDUE": 0, "EXPIRED": 0}
    assert states.state_at(form, form.due_at) == State.OVERDUE
    assert changing.sweep(form.due_at)["OVERDUE"] == 1
    form.refresh_from_db()
    assert form.state == State.OVERDUE
    assert changing.sweep(form.due_at)["OVERDUE"] == 0
    assert FormChange.objects.get().state == State.OVERDUE


def test_an_overdue_form_can_still_be_signed(alice: User) -> None:
    form = shops.answered(alice)
    changing.sweep(form.due_at)
    signing.sign(form, shops.ERNA, actor="merchant:test")
    form.refresh_from_db()
    assert form.state == State.COMPLETE


def test_a_signed_form_expires_after_a_year(alice: User) -> None:
    form = shops.signed(alice).form
    form.refresh_from_db()
    assert form.valid_until
    assert states.state_at(form, form.valid_until) == State.EXPIRED
    assert changing.sweep(form.valid_until) == {"OVERDUE": 0, "EXPIRED": 1}


def test_many_forms_move_with_one_leaf_for_each_batch(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = shops.application(alice)
    merchants = parties.add_merchants(application, [shops.applicant()] * 5, by=alice)
    forms = parties.approve(merchants, by=alice)
    monkeypatch.setattr(changing, "BATCH", 2)
    assert changing.sweep(forms[0].due_at)["OVERDUE"] == 5
    assert LedgerEntry.objects.filter(kind="compliance_form.overdue").count() == 3


def test_an_invalid_form_says_why_and_its_links_end(alice: User, charlie: User) -> None:
    form = shops.form(alice)
    secret = shops.link(form)
    with pytest.raises(NotAllowedError):
        changing.invalidate(form, by=charlie, reason="No.")
    with pytest.raises(MerchantError, match="why"):
        changing.invalidate(form, by=alice, reason=" ")
    changing.invalidate(form, by=alice, reason="A shop was opened.")
    assert FormChange.objects.get().reason == "A shop was opened."
    with pytest.raises(LinkEndedError):
        find(secret)
    with pytest.raises(FormClosedError, match="already"):
        changing.invalidate(form, by=alice, reason="Again.")


def test_a_business_that_changes_gets_another_form(alice: User) -> None:
    old = shops.signed(alice).form
    new = changing.exchange(old.merchant, form_type="A-EP", by=alice, reason="Its own page now.")
    old.refresh_from_db()
    assert old.state == State.INVALID
    assert (new.form_type, new.state, new.previous) == ("A-EP", State.INCOMPLETE, old)
    assert Merchant.objects.get().form_type == "A-EP"
    with pytest.raises(MerchantError, match="no form of the type"):
        changing.exchange(old.merchant, form_type="Z", by=alice, reason="Odd.")
    with pytest.raises(MerchantError, match="approved"):
        changing.exchange(shops.merchant(alice), form_type="B", by=alice, reason="Early.")


def test_next_years_form_falls_due_when_the_old_one_ends(alice: User) -> None:
    old = shops.signed(alice).form
    old.refresh_from_db()
    assert old.valid_until
    early = old.valid_until - changing.RENEWED_BEFORE
    assert changing.renew(early - timedelta(seconds=1)) == 0
    assert changing.renew(early) == 1
    assert changing.renew(early) == 0
    new = ComplianceForm.objects.get(previous=old)
    assert new.due_at == old.valid_until
    assert new.state == State.INCOMPLETE


def test_a_form_that_was_never_signed_makes_place_after_a_year(alice: User) -> None:
    old = shops.form(alice)
    changing.sweep(old.due_at)
    year = old.created_at + timedelta(days=365)
    assert changing.renew(year - timedelta(seconds=1)) == 0
    assert changing.renew(year) == 1
    old.refresh_from_db()
    assert old.state == State.INVALID
    assert ComplianceForm.objects.get(previous=old).state == State.INCOMPLETE


def test_who_takes_no_more_cards_or_has_a_newer_form_gets_none(alice: User) -> None:
    stopped, changed = shops.signed(alice).form, shops.signed(alice).form
    parties.switch(stopped.merchant, may_take_cards=False, by=alice, reason="It closed.")
    far = timezone.now() + timedelta(days=400)
    changing.sweep(far)
    changing.exchange(changed.merchant, form_type="B", by=alice, reason="Other terminals.")
    assert changing.renew(far) == 0
    parties.switch(stopped.merchant, may_take_cards=True, by=alice, reason="It opened again.")
    assert changing.renew(far) == 1


def test_the_clock_asks_once_and_the_work_may_run_twice(alice: User) -> None:
    old, late = shops.signed(alice).form, shops.form(alice)
    old.refresh_from_db()
    shops.aged(old, 300)
    shops.aged(late, 100)
    now = timezone.now()
    for _ in range(2):
        tasks.ask_for_sweep(now)
        tasks.ask_for_renewal(now)
    jobs = Job.objects.filter(kind__in=[tasks.SWEEP, tasks.RENEW])
    assert jobs.count() == 2
    for job in jobs.order_by("pk"):
        performing.perform(job.pk)
    late.refresh_from_db()
    assert late.state == State.OVERDUE
    assert ComplianceForm.objects.filter(previous=old).count() == 1
    assert tasks.sweep(Work(1, "again", {})) == {"OVERDUE": 0, "EXPIRED": 0}
    assert tasks.renew(Work(1, "again", {})) == {"issued": 0}
