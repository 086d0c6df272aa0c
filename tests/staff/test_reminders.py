"""Reminders: how often mails come, the calendar's address, and a test of the chat."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts import feeds, preferences
from accounts.models import CalendarFeed, User
from compliance import chat
from evidence.models import LedgerEntry
from jobs.models import Job
from tests import cast
from tests.staff import desk
from tests.staff.desk import Desk, told


def test_a_person_chooses_how_often(alices: Desk) -> None:
    page = alices.post("reminders", follow=True, rhythm="weekly")
    assert "Kept" in told(page)
    assert preferences.of(alices.user).rhythm == "weekly"
    assert LedgerEntry.objects.filter(kind="person.preferred").count() == 1


@pytest.mark.parametrize("answers", [{"rhythm": "hourly"}, {}], ids=["rhythm", "nothing"])
def test_what_there_is_not_is_refused_in_words(alices: Desk, answers: dict[str, Any]) -> None:
    page = alices.post("reminders", **answers)
    assert page.status_code == 200
    assert page.context["form"].errors
    assert preferences.of(alices.user).pk is None


def test_the_calendars_address_is_shown_once_and_works_until_it_is_revoked(alices: Desk) -> None:
    page = alices.post("calendar_make")
    address = page.context["secret"]
    assert page["Cache-Control"].count("no-store") == 1
    path = address[address.index("/calendar/") :]
    assert Client().get(path).status_code == 200
    assert address not in alices.get("reminders").content.decode()
    secret = path.split("/")[2]
    assert not CalendarFeed.objects.filter(fingerprint__contains=secret).exists()
    assert "revoked" in told(alices.post("calendar_revoke", follow=True))
    assert Client().get(path).status_code == 404
    assert "no calendar address" in told(alices.post("calendar_revoke", follow=True))


def test_a_new_address_ends_the_one_before(alices: Desk) -> None:
    old = alices.post("calendar_make").context["secret"]
    new = alices.post("calendar_make").context["secret"]
    assert Client().get(old[old.index("/calendar/") :]).status_code == 404
    assert Client().get(new[new.index("/calendar/") :]).status_code == 200
    assert feeds.live(alices.user)


def test_a_test_of_the_chat_is_a_job_without_the_address(alices: Desk, settings: Settings) -> None:
    settings.CHAT_WEBHOOK_URL = "https://chat.example/hooks/geheim"
    alices.post("chat_test")
    job = Job.objects.get(kind=chat.KIND)
    assert job.payload == {"text": chat.TEST_WORDS}
    assert "geheim" not in f"{job.key}{job.payload}"
    assert "geheim" not in alices.get("reminders").content.decode()


def test_without_a_chat_the_page_says_what_to_set(alices: Desk, settings: Settings) -> None:
    settings.CHAT_WEBHOOK_URL = ""
    assert "Set CHAT_WEBHOOK_URL first" in told(alices.post("chat_test", follow=True))
    assert "CHAT_WEBHOOK_URL" in alices.text("reminders")
    assert not Job.objects.exists()


def test_the_chat_is_tested_by_who_oversees_work_only(
    alices: Desk, strangers: tuple[User, ...]
) -> None:
    engineer = desk.at(cast.person("engineer"))
    assert engineer.post("chat_test").status_code == 403
    assert "test message" not in engineer.text("reminders")


@pytest.mark.parametrize("name", ["calendar_make", "calendar_revoke", "chat_test"])
def test_deeds_refuse_to_be_read(alices: Desk, name: str) -> None:
    assert alices.get(name).status_code == 405


@pytest.mark.parametrize("name", ["reminders", "calendar_make", "calendar_revoke", "chat_test"])
def test_nobody_from_outside_gets_in(name: str, strangers: tuple[User, ...]) -> None:
    desk.assert_refused(name, strangers=strangers)
