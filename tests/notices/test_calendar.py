"""The calendar: one's own tasks on their due days, for whoever has the address and nobody else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar
from pytest_django import Settings

from accounts import feeds
from accounts.models import User
from audits import days
from compliance.notices import calendar
from readiness.task import Task
from registers import entries, registry
from registers.models import Entry
from tests import cast
from tests.readiness.ground import Ground, ago

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site(settings: Settings) -> None:
    settings.SITE_URL = "https://trust.example"


@pytest.fixture
def work(ground: Ground) -> Ground:
    ground.expect("mfa", cadence="daily", since=ago(0))
    ground.token(name="Key of Eve Example", owner=ground.alice.email, rotate_by=ago(2).isoformat())
    ground.token(owner="eve@example.org", rotate_by=ago(2).isoformat())
    return ground


def path_of(user: User) -> str:
    _, secret = feeds.make(user)
    return f"/calendar/{secret}/"


def events(answer: Any) -> list[Any]:
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def test_each_task_stands_all_day_on_its_due_day(work: Ground) -> None:
    answer = Client().get(path_of(work.alice))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    token, mfa = events(answer)
    assert str(token["summary"]) == "Registers: TOK-1"
    assert token["dtstart"].dt == ago(2)
    assert token["dtend"].dt == ago(1)
    assert token["dtstart"].params["VALUE"] == "DATE"
    assert str(mfa["summary"]) == "Evidence: T-10 Mfa"
    assert mfa["dtstart"].dt == days.today() + timedelta(days=5)
    assert str(token["url"]).startswith("https://trust.example/admin/registers/")
    assert str(token["transp"]) == "TRANSPARENT"


def test_it_is_written_as_the_standard_says(work: Ground) -> None:
    body = Client().get(path_of(work.alice)).content
    lines = body.split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert b"\n" not in b"".join(lines)
    assert all(len(line) <= 75 for line in lines)
    assert b"VERSION:2.0" in lines
    assert all(name in body for name in (b"PRODID:", b"DTSTAMP:", b"UID:"))


def test_it_says_no_more_than_a_calendar_needs(work: Ground) -> None:
    body = Client().get(path_of(work.alice)).content.decode().replace("\r\n ", "")
    for word in ("Eve", "alice", "Alice", "@example.org", "rotation", "Compliance lead"):
        assert word not in body, word


def test_names_of_events_stay_while_days_move(work: Ground) -> None:
    path = path_of(work.alice)
    before = {str(one["uid"]) for one in events(Client().get(path))}
    assert before == {str(one["uid"]) for one in events(Client().get(path))}
    assert Client().get(path).content == Client().get(path).content
    token = registry.get("service_accounts")
    made = Entry.objects.order_by("pk")[0]
    entries.change(
        made,
        register=token,
        given={**made.values, "rotate_by": ago(-9).isoformat()},
        by=work.alice,
        reason="Agreed.",
    )
    after = events(Client().get(path))
    assert {str(one["uid"]) for one in after} == before
    assert days.today() + timedelta(days=9) in {one["dtstart"].dt for one in after}
    assert all(uid.endswith("@trust.example") for uid in before)


def test_words_that_somebody_typed_cannot_add_lines(alice: User) -> None:
    task = Task(
        "steps", "1", "A\r\nATTACH:x", "B;C,D\nE", days.today(), 1, "work", is_of_catalogue=True
    )
    made = Calendar()
    made.add_component(calendar._event(task, alice, datetime.now(tz=UTC)))
    (event,) = Calendar.from_ical(made.to_ical()).walk("VEVENT")
    assert "ATTACH" not in event
    assert "B;C,D" in str(event["summary"])


def test_only_get_and_head(work: Ground) -> None:
    path = path_of(work.alice)
    assert Client().head(path).status_code == 200
    for method in ("post", "put", "delete", "patch"):
        assert getattr(Client(), method)(path).status_code == 405


def test_a_wrong_address_is_not_there_whoever_asks(work: Ground, bob: User, charlie: User) -> None:
    path = path_of(work.alice)
    wrong = [path[:-2] + "/", path + "x/", "/calendar/x/", path.upper()]
    for client in (Client(), cast.sign_in(Client(), bob), cast.sign_in(Client(), charlie)):
        for address in wrong:
            assert client.get(address).status_code == 404, address


def test_it_opens_no_other_door_and_keeps_no_session(work: Ground) -> None:
    client = Client()
    answer = client.get(path_of(work.alice))
    assert not client.cookies
    assert client.get("/admin/work/").status_code == 302
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"


def test_it_ends_with_the_person(work: Ground) -> None:
    path = path_of(work.alice)
    User.objects.filter(pk=work.alice.pk).update(is_active=False)
    assert Client().get(path).status_code == 404
