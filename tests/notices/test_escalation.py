"""Escalation: what is overdue for long is told to the lead, later to the executives, once each."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from unittest.mock import patch

import pytest
from django.core import mail as outbox
from django.db import connection
from pytest_django import Settings

from accounts import preferences
from accounts.models import User
from audits import days
from compliance.notices import escalation
from compliance.notices.models import Escalation
from jobs import performing, queue
from jobs.models import Job
from readiness import tasklist
from readiness.task import Asked, Task
from registers import entries, registry
from registers.models import Entry
from tests import cast
from tests.notices.sink import Sink
from tests.readiness.ground import Ground, ago

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mail_is_on(settings: Settings) -> None:
    settings.MAIL_IS_ON = True
    settings.SITE_URL = "https://trust.example"
    settings.ESCALATE_DAYS, settings.ESCALATE_FURTHER_DAYS = 7, 21


def token(ground: Ground, over: int) -> Entry:
    return ground.token(
        name=f"key {over}", owner="eve@example.org", rotate_by=ago(over).isoformat()
    )


def looked(day_offset: int = 0) -> int:
    told = escalation.look(days.today() + timedelta(days=day_offset))
    for job in Job.objects.filter(state=Job.State.WAITING).order_by("pk"):
        performing.perform(job.pk)
    return told


def sent() -> list[tuple[str, str]]:
    return [(one.to[0], str(one.subject)) for one in outbox.outbox]


def test_the_lead_hears_first_and_the_executives_later(ground: Ground) -> None:
    boss = cast.person("executive", email="boss@example.org")
    for over in (6, 7, 20, 21):
        token(ground, over)
    assert looked() == 4
    to_lead, to_boss = outbox.outbox
    assert (to_lead.to, to_boss.to) == ([ground.alice.email], [boss.email])
    assert to_lead.subject == "[Countersign] Escalation: 3 tasks are overdue for 7 days or more"
    assert to_boss.subject == "[Countersign] Escalation: 1 task is overdue for 21 days or more"
    assert "key 6" not in to_lead.body
    assert "key 20" not in to_boss.body
    assert "Whose it is: eve@example.org" in to_boss.body
    assert "https://trust.example/admin/registers/service_accounts/" in to_boss.body


def test_each_task_is_told_once_to_each_level(ground: Ground) -> None:
    token(ground, 9)
    assert looked() == 1
    assert looked() == 0
    assert looked(1) == 0
    assert len(outbox.outbox) == 1
    token(ground, 10)
    assert looked(2) == 1
    assert "key 9" not in outbox.outbox[-1].body


def test_a_moved_due_day_is_told_anew(ground: Ground) -> None:
    made = token(ground, 9)
    looked()
    later = {**made.values, "rotate_by": ago(8).isoformat()}
    entries.change(
        made,
        register=registry.get("service_accounts"),
        given=later,
        by=ground.alice,
        reason="Agreed.",
    )
    assert looked(1) == 1


def test_an_expectation_that_stays_open_is_told_once_though_its_window_slides(
    ground: Ground,
) -> None:
    ground.expect("mfa", cadence="daily", since=ago(30))
    told, events = [], set()
    for number in range(0, 43, 6):
        now = datetime.combine(ago(0) + timedelta(days=number), time(8), UTC)
        with (
            patch("audits.days.today", return_value=now.date()),
            patch("readiness.task_sources.evidence.timezone.now", return_value=now),
        ):
            told.append(escalation.look(now.date()))
            events |= {task.event for task in tasklist.everything(Asked(now.date()))}
    assert told == [1, 0, 0, 0, 0, 0, 0, 0]
    # The first open time moved on from week to week.
    assert len(events) > 4


def overdue(start: date, due: date) -> Task:
    """A task of an expectation whose first open time begins and is due on these days."""
    key = f"mfa.{start.isoformat()}"
    return Task("evidence", key, "T-10", "Mfa", due, 3, "work", matter="mfa")


def kept(task: Task, day: date) -> bool:
    """Tell the lead of a task on a day, where it is not known."""
    lead = Escalation.Level.LEAD
    return bool(escalation._tell(escalation._unknown([task], lead, day), lead, day, ()))


def test_what_was_closed_in_between_is_told_anew() -> None:
    first = date(2026, 1, 5)
    week = timedelta(days=7)
    told = [
        kept(overdue(first + n * week, first + n * week), first + (n + 5) * week) for n in range(6)
    ]
    assert told == [True, False, False, False, False, False]
    last_seen = first + 10 * week
    assert not kept(overdue(last_seen - week, last_seen - week), last_seen)
    # All was handed in on that day; what is open now became due after it.
    again = last_seen + timedelta(days=1)
    assert kept(overdue(again, again), again + week)


def test_finding_what_is_overdue_holds_nobody_up(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    token(ground, 9)
    depth = len(connection.savepoint_ids)
    depths: list[int] = []
    found = tasklist.everything

    def watched(asked: Asked) -> Iterator[Task]:
        depths.append(len(connection.savepoint_ids))
        return found(asked)

    monkeypatch.setattr(tasklist, "everything", watched)
    assert looked() == 1
    assert depths == [depth]


def test_more_than_one_look_can_keep_come_on_the_next_days(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(escalation, "MOST_TOLD", 2)
    for over in range(8, 11):
        token(ground, over)
    assert [looked(), looked(), looked(1), looked(2)] == [2, 0, 1, 0]


def test_who_turned_mails_off_gets_these_all_the_same(ground: Ground) -> None:
    preferences.choose(ground.alice, rhythm="off")
    token(ground, 9)
    looked()
    assert [to for to, _ in sent()] == [ground.alice.email]


def test_a_level_without_people_is_told_once_it_has_some(ground: Ground) -> None:
    token(ground, 30)
    assert looked() == 1
    assert not Escalation.objects.filter(level="executive").exists()
    cast.person("executive", email="boss@example.org")
    assert looked(1) == 1
    assert [to for to, _ in sent()] == [ground.alice.email, "boss@example.org"]


def test_while_mail_is_off_nothing_is_marked_as_told(ground: Ground, settings: Settings) -> None:
    settings.MAIL_IS_ON = False
    token(ground, 9)
    assert looked() == 0
    assert not Escalation.objects.exists()


def test_all_overdue_tasks_are_looked_at_in_some_hundreds(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(escalation, "AT_ONCE", 2)
    for over in range(8, 13):
        token(ground, over)
    assert looked() == 5
    assert len(outbox.outbox) == 1


def test_who_left_meanwhile_is_told_nothing(ground: Ground) -> None:
    token(ground, 9)
    escalation.look(days.today())
    User.objects.filter(pk=ground.alice.pk).update(is_active=False)
    for job in Job.objects.filter(kind=escalation.MAIL):
        performing.perform(job.pk)
    assert outbox.outbox == []


def test_a_real_server_takes_it(ground: Ground, sink: Sink) -> None:
    token(ground, 9)
    looked()
    assert Job.objects.get(kind=escalation.MAIL).max_attempts == queue.PATIENT_ATTEMPTS
    (got,) = sink.taken
    assert got["To"] == ground.alice.email
    name = f"escalation-lead-{days.today()}-{ground.alice.pk}"
    assert got["Message-ID"] == f"<{name}@trust.example>"
