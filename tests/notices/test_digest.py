"""The mail of the morning: once for each person and day, quiet without work, as each prefers."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core import mail as outbox
from pytest_django import Settings

from accounts import preferences
from accounts.models import RoleGrant, User
from audits import days
from compliance.notices import digest, letters, tasks
from jobs import performing, queue
from jobs.models import Job
from readiness.task import Task
from tests import cast
from tests.notices.sink import Sink
from tests.readiness.ground import Ground, ago

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mail_is_on(settings: Settings) -> None:
    settings.MAIL_IS_ON = True
    settings.SITE_URL = "https://trust.example"
    settings.DIGEST_HOUR = 7
    settings.REMIND_DAYS_BEFORE = frozenset({7, 1, 0})
    settings.REMIND_DAYS_AFTER = frozenset({1, 7})


@pytest.fixture
def work(ground: Ground) -> Ground:
    """Alice has a token that is overdue, one due today, and one due in a month."""
    for name, age in (("late", 3), ("now", 0), ("far", -30)):
        ground.token(name=name, owner=ground.alice.email, rotate_by=ago(age).isoformat())
    return ground


def at(hour: int, *, minute: int = 0, day: date | None = None) -> datetime:
    return datetime.combine(day or days.today(), datetime.min.time(), UTC).replace(
        hour=hour, minute=minute
    )


def worked(now: datetime) -> None:
    """Do the jobs that wait, as a worker would at a moment."""
    with patch("compliance.notices.tasks.timezone") as clock:
        clock.now.return_value = now
        for job in Job.objects.filter(state=Job.State.WAITING).order_by("pk"):
            performing.perform(job.pk)


def morning(hour: int = 8, day: date | None = None) -> None:
    now = at(hour, day=day)
    digest.ask_for(now)
    worked(now)


def test_it_tells_what_is_overdue_and_due_and_not_what_is_far(work: Ground) -> None:
    morning()
    (one,) = outbox.outbox
    assert one.to == [work.alice.email]
    assert one.subject == "[Countersign] Your tasks: 1 overdue, 1 due today"
    assert "Overdue for 3 days" in one.body
    assert one.body.index("late") < one.body.index("now")
    assert "far" not in one.body
    assert "https://trust.example/admin/registers/service_accounts/" in one.body
    assert "https://trust.example/admin/work/reminders/" in one.body
    html = str(getattr(one, "alternatives", [])[0][0])
    assert "<h2>Overdue</h2>" in html


def test_it_comes_once_a_day_however_often_the_clock_strikes(work: Ground) -> None:
    for hour in (8, 9, 23):
        morning(hour)
    for job in Job.objects.filter(kind=digest.KIND):
        performing.perform(job.pk)
    assert len(outbox.outbox) == 1
    assert Job.objects.filter(kind=digest.KIND).count() == 1


def test_it_is_quiet_where_nothing_waits(ground: Ground) -> None:
    ground.token(owner=ground.alice.email, rotate_by=ago(-30).isoformat())
    morning()
    assert outbox.outbox == []
    assert Job.objects.get(kind=digest.KIND).state == Job.State.DONE


def test_it_comes_in_the_morning_of_the_person(work: Ground) -> None:
    preferences.live_in(work.alice, zone="America/New_York")
    assert digest.ask_for(at(8)) == 0
    assert digest.ask_for(at(6)) == 0
    assert digest.ask_for(at(13)) == 1
    assert Job.objects.get().payload["day"] == days.today().isoformat()


def test_without_a_zone_the_organisations_morning_counts(work: Ground, settings: Settings) -> None:
    settings.ORGANISATION_TIME_ZONE = "America/New_York"
    assert digest.ask_for(at(8)) == 0
    assert digest.ask_for(at(13)) == 1


def test_a_day_that_is_over_is_not_told(work: Ground) -> None:
    digest.ask_for(at(8))
    worked(at(8) + timedelta(days=1))
    assert outbox.outbox == []


@pytest.mark.parametrize(
    ("rhythm", "weekday", "told"),
    [
        ("daily", 2, ["late", "now"]),
        ("weekly", 0, ["late", "now"]),
        ("weekly", 2, ["now"]),
        ("off", 0, []),
    ],
)
def test_each_person_is_told_as_they_prefer(
    work: Ground, rhythm: str, weekday: int, told: list[str]
) -> None:
    preferences.choose(work.alice, rhythm=rhythm)
    day = date(2026, 11, 16) + timedelta(days=weekday)
    task = _tasks(day)
    with (
        patch("compliance.notices.digest.tasklist.of") as of,
        patch("compliance.notices.digest.days.today", return_value=day),
    ):
        of.return_value.tasks = task
        digest.send(work.alice, day, at(8, day=day))
    words = outbox.outbox[0].body if outbox.outbox else ""
    assert [name for name in ("late", "now", "far") if name in words] == told


def _tasks(day: date) -> tuple[Task, ...]:
    return tuple(
        Task("registers", name, name, "", day + timedelta(days=left), 3, "work")
        for name, left in (("late", -3), ("now", 0))
    )


@pytest.mark.parametrize(
    ("left", "source", "wanted"),
    [
        *((left, "registers", True) for left in (7, 1, 0, -1, -7)),
        *((left, "registers", False) for left in (8, 6, 2, -2, -6, -8)),
        (1, "requests", False),
    ],
)
def test_reminders_fall_on_the_set_days(left: int, source: str, wanted: bool) -> None:
    today = days.today()
    task = Task(source, "1", "A", "", today + timedelta(days=left), 3, "work")
    assert digest.is_reminder(task, today) is wanted


def test_who_has_no_right_or_left_gets_none(work: Ground, bob: User, charlie: User) -> None:
    digest.ask_for(at(8))
    assert {job.payload["user"] for job in Job.objects.all()} == {work.alice.pk}
    RoleGrant.objects.filter(user=work.alice).delete()
    worked(at(8))
    assert outbox.outbox == []


def test_while_mail_is_off_nothing_piles_up(work: Ground, settings: Settings) -> None:
    settings.MAIL_IS_ON = False
    tasks.begin_the_day(at(8))
    assert not Job.objects.filter(kind=digest.KIND).exists()


def test_many_tasks_are_counted_and_the_first_named(ground: Ground) -> None:
    for _ in range(53):
        ground.token(owner=ground.alice.email, rotate_by=ago(1).isoformat())
    morning()
    (one,) = outbox.outbox
    assert "53 overdue" in one.subject
    assert "And 3 more" in one.body
    assert one.body.count("Overdue for 1 day,") == 50


def test_words_of_a_task_break_no_line_and_no_header(ground: Ground) -> None:
    told = letters.line(
        Task("registers", "1", "A", "x\nBcc: eve@example.org", days.today(), 3, "work"),
        ground.alice,
        about="",
    )
    assert "\n" not in told.words


def test_a_real_server_takes_it_and_a_refusal_is_sent_later_once(work: Ground, sink: Sink) -> None:
    sink.full = True
    morning()
    job = Job.objects.get(kind=digest.KIND)
    assert job.state == Job.State.WAITING
    assert "452" in job.error
    # With fewer the mail of the day would be lost where the server is away for an hour.
    assert job.max_attempts == queue.PATIENT_ATTEMPTS
    sink.full = False
    Job.objects.update(run_after=at(0) - timedelta(days=1))
    worked(at(9))
    (got,) = sink.taken
    assert got["Message-ID"] == f"<digest-{work.alice.pk}-{days.today()}@trust.example>"
    assert got["Auto-Submitted"] == "auto-generated"
    plain: Any = got.get_body(("plain",))
    assert "Overdue for 3 days" in plain.get_content()
    assert cast.PASSWORD not in plain.get_content()
