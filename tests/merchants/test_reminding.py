"""Reminders fall on set days, come once, and can be asked for; bulk work goes batch by batch."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from jobs.models import Job
from merchants import issuing_many, parties, platforms, reminding, tasks
from merchants.errors import NotAllowedError
from merchants.models import ComplianceForm, Delivery, Event, Merchant, Webhook
from merchants.portfolio import Choice
from tests.finix import things
from tests.merchants import shops

pytestmark = pytest.mark.django_db


def _quiet(_done: int, _total: int, _note: str) -> None:
    """Nobody watches."""


def mails() -> int:
    return Job.objects.filter(kind=reminding.MAIL).count()


def test_a_reminder_falls_on_its_day_and_comes_once(alice: User) -> None:
    form = shops.form(alice)
    shops.form(alice, of=shops.application(alice, environment="sandbox"))
    due = form.due_at.date()
    for offset, expected in ((8, 0), (7, 1), (7, 1), (6, 1), (0, 1), (-1, 2), (-2, 2)):
        day = due - timedelta(days=offset)
        reminding.run_day({"day": day.isoformat()}, progress=_quiet)
        assert mails() == expected, offset


def test_a_platform_may_have_days_of_its_own(alice: User) -> None:
    own = shops.application(alice)
    platforms.change(own, overdue_note="", remind_on=[5], by=alice)
    silent = shops.application(alice)
    platforms.change(silent, overdue_note="", remind_on=[], by=alice)
    form, usual = shops.form(alice, of=own), shops.form(alice)
    shops.form(alice, of=silent)
    for left, expected in ((7, {usual.pk}), (5, {form.pk}), (3, set())):
        Job.objects.filter(kind=reminding.MAIL).delete()
        day = form.due_at.date() - timedelta(days=left)
        reminding.run_day({"day": day.isoformat()}, progress=_quiet)
        asked = Job.objects.filter(kind=reminding.MAIL).values_list("payload__form", flat=True)
        assert set(asked) == expected, left


def test_only_who_may_manage_merchants_changes_the_days(alice: User, charlie: User) -> None:
    with pytest.raises(NotAllowedError):
        platforms.change(shops.application(alice), overdue_note="", remind_on=[5], by=charlie)


def test_who_has_signed_is_left_alone(alice: User) -> None:
    form = shops.signed(alice).form
    day = form.due_at.date() - timedelta(days=7)
    assert reminding.run_day({"day": day.isoformat()}, progress=_quiet) == {"mails": 0, "events": 0}


def test_webhooks_are_told_of_each_form_once_a_day(alice: User) -> None:
    form = shops.form(alice)
    shops.signed(alice)
    hook, deaf = things.webhook(), things.webhook()
    deaf.enabled_events = [{"entity": "compliance_form", "types": ["created"]}]
    deaf.save()
    for left, expected in ((8, 0), (7, 1), (7, 1), (1, 2)):
        day = form.due_at.date() - timedelta(days=left)
        said = {"day": day.isoformat(), "by_mail": False}
        reminding.run_day(said, progress=_quiet)
        events = Event.objects.filter(kind="reminded")
        assert events.count() == expected, left
    assert {event.subject for event in events} == {form.ref}
    assert events[0].body["_embedded"]["compliance_forms"][0]["id"] == form.ref
    assert Delivery.objects.filter(webhook=hook, event__kind="reminded").count() == 2
    assert not Delivery.objects.filter(webhook=deaf).exists()
    assert mails() == 0


def test_without_mail_days_are_asked_for_where_a_webhook_listens(settings: Settings) -> None:
    settings.MAIL_IS_ON = False
    hook = things.webhook()
    hook.enabled_events = [{"entity": "merchant"}]
    hook.save()
    tasks.ask_for_reminders(timezone.now())
    assert not Job.objects.filter(kind=reminding.DAY).exists()
    Webhook.objects.update(enabled_events=[])
    tasks.ask_for_reminders(timezone.now())
    assert Job.objects.get(kind=reminding.DAY).payload["by_mail"] is False


def test_days_are_asked_for_only_where_somebody_hears(settings: Settings) -> None:
    settings.MAIL_IS_ON = False
    tasks.ask_for_reminders(timezone.now())
    assert not Job.objects.filter(kind=reminding.DAY).exists()
    settings.MAIL_IS_ON = True
    tasks.ask_for_reminders(timezone.now())
    tasks.ask_for_reminders(timezone.now())
    assert Job.objects.filter(kind=reminding.DAY).count() == 1


def test_a_person_may_remind_one_or_all_of_a_platform(alice: User, charlie: User) -> None:
    application, today = shops.application(alice), timezone.now().date()
    merchants = parties.add_merchants(application, [shops.applicant()] * 3, by=alice)
    forms = parties.approve(merchants, by=alice)
    shops.form(alice)
    shops.signed(alice, of=application)
    choice = Choice(application=application.pk)
    with pytest.raises(NotAllowedError):
        reminding.ask(forms[0], by=charlie, today=today)
    with pytest.raises(NotAllowedError):
        reminding.ask_many(choice, by=charlie, today=today)
    reminding.ask(forms[0], by=alice, today=today)
    job = reminding.ask_many(choice, by=alice, today=today)
    seen: list[tuple[int, int]] = []
    reminding.run_many(job.payload, progress=lambda done, total, _: seen.append((done, total)))
    assert mails() == 3
    assert seen == [(3, 3)]


def test_all_that_wait_are_approved_batch_by_batch(
    alice: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = shops.application(alice)
    parties.add_merchants(application, [shops.applicant()] * 5, by=alice)
    with pytest.raises(NotAllowedError):
        issuing_many.ask(application, by=charlie)
    job = issuing_many.ask(application, by=alice)
    late = shops.merchant(alice, of=application)
    monkeypatch.setattr(issuing_many, "BATCH", 2)
    seen: list[int] = []
    done = issuing_many.run(job.payload, progress=lambda done, *_: seen.append(done))
    assert done == {"forms": 5}
    assert seen == [2, 4, 5]
    assert ComplianceForm.objects.count() == 5
    assert Merchant.objects.get(pk=late.pk).state == Merchant.State.PROVISIONING
    assert issuing_many.run(job.payload, progress=_quiet) == {"forms": 0}
