"""The mail with a merchant's link: to its contact, with a link that works, and never too late."""

import re
from smtplib import SMTPException
from typing import Any
from unittest.mock import patch

import pytest
from django.core import mail as outbox
from django.core.mail.message import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from jobs import performing
from jobs.models import Job
from merchants import changing, reminding, signing
from merchants.models import SigningLink
from tests.merchants import shops

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
_LINK = re.compile(r"https://trust\.example(/sign/[\w-]{43}/)")


@pytest.fixture(autouse=True)
def mail_is_on(settings: Settings) -> None:
    settings.MAIL_IS_ON = True
    settings.SITE_URL = "https://trust.example"


def mailed(form: Any, by: User) -> Job:
    job = reminding.ask(form, by=by, today=timezone.now().date())
    performing.perform(job.pk)
    job.refresh_from_db()
    return job


def test_the_mail_carries_a_link_that_opens_the_form(alice: User) -> None:
    form = shops.form(alice)
    mailed(form, alice)
    (message,) = outbox.outbox
    assert message.to == ["erna@bakery.example"]
    assert "sign" in message.subject
    (path,) = set(_LINK.findall(str(message.body)))
    assert "Brot und Butter GmbH" in Client().get(path).content.decode()
    html = str(message.alternatives[0][0])  # type: ignore[attr-defined]
    assert path in html


def test_an_overdue_form_is_called_overdue_with_the_word_of_the_platform(alice: User) -> None:
    form = shops.form(alice)
    form.application.overdue_note = "We charge 10 EUR a month."
    form.application.save()
    changing.sweep(form.due_at)
    shops.aged(form, 100)
    mailed(form, alice)
    assert "Overdue" in outbox.outbox[0].subject
    assert "We charge 10 EUR a month." in str(outbox.outbox[0].body)


def test_nothing_is_mailed_about_a_form_that_was_signed_meanwhile(alice: User) -> None:
    form = shops.answered(alice)
    job = reminding.ask(form, by=alice, today=timezone.now().date())
    signing.sign(form, shops.ERNA, actor="merchant:test")
    performing.perform(job.pk)
    assert outbox.outbox == []
    assert not SigningLink.objects.exists()


def test_a_mail_server_that_fails_is_tried_again(alice: User) -> None:
    form = shops.form(alice)
    with patch.object(EmailMultiAlternatives, "send", side_effect=SMTPException("busy")):
        job = mailed(form, alice)
    assert job.state == Job.State.WAITING
    assert job.run_after > timezone.now()


def test_without_a_mail_server_no_link_is_made(alice: User, settings: Settings) -> None:
    settings.MAIL_IS_ON = False
    mailed(shops.form(alice), alice)
    assert not SigningLink.objects.exists()
