"""A source that has stopped reporting opens a finding, and is a task until it answers."""

from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from accounts.models import User
from audits import days, findings
from audits.finding_entries import record_of
from audits.finding_record import Kind, State
from audits.models import Engagement, Finding
from collectors.models import Source
from collectors.run import perform
from jobs.models import Job
from jobs.work import Work
from readiness import silences, tasklist, tasks
from readiness.task import Asked, Task
from tests.audits.world import World, clock
from tests.collectors import world as collecting

pytestmark = pytest.mark.django_db

CONNECTED = datetime(2026, 6, 10, 8, tzinfo=UTC)
SILENT = datetime(2026, 6, 15, 8, tzinfo=UTC)


@pytest.fixture
def world(alice: User, var_dir: object) -> World:
    return World(alice)


@pytest.fixture
def source(world: World, monkeypatch: pytest.MonkeyPatch) -> Source:
    """A source of doors, asked daily, that feeds a monthly expectation of the engagement."""
    collecting.install(monkeypatch)
    made = collecting.source(schedule="30 2 * * *")
    made.expectations.add(world.mfa)
    Source.objects.filter(pk=made.pk).update(created_at=CONNECTED)
    made.refresh_from_db()
    return made


def look(at: datetime = SILENT) -> None:
    with clock(at):
        tasks.look_for_silence(Work(job_id=1, key="x", payload={}))


def open_tasks() -> list[Task]:
    asked = Asked(days.today(), sources=frozenset({"sources"}))
    return list(tasklist.everything(asked))


def test_silence_opens_one_finding_of_the_expected_time(world: World, source: Source) -> None:
    engagement = world.engagement()
    look()
    look()
    finding = findings.of_occurrence(
        engagement, world.mfa.slug, date(2026, 6, 1), date(2026, 6, 30)
    ).get()
    assert Finding.objects.get() == finding
    assert (finding.title, finding.source) == ("Our doors: stopped reporting", "check")
    record = record_of(finding)
    assert record.kind is Kind.COULD_NOT_RUN
    [seen] = record.observations
    assert f"Our doors ({source.slug})" in seen.text
    assert "due on 2026-06-10 08:00 UTC" in seen.text
    assert "It never answered." in seen.text


def test_a_second_silence_is_another_observation(world: World, source: Source) -> None:
    world.engagement()
    look()
    answered = datetime(2026, 6, 16, 2, 31, tzinfo=UTC)
    with clock(answered):
        perform(source, period=None, key="ticket-1")
    look(datetime(2026, 6, 17, 2, tzinfo=UTC))
    assert len(record_of(Finding.objects.get()).observations) == 1
    look(datetime(2026, 6, 19, 2, tzinfo=UTC))
    record = record_of(Finding.objects.get())
    assert record.state is State.OPEN
    assert "Its last answer is of 2026-06-16 02:31 UTC." in record.observations[-1].text


def test_only_open_engagements_that_expect_something_then_are_told(
    world: World, source: Source
) -> None:
    closed = world.engagement()
    Engagement.objects.filter(pk=closed.pk).update(closed_at=timezone.now())
    look()
    look(datetime(2026, 6, 12, 8, tzinfo=UTC))
    Source.objects.update(created_at=datetime(2026, 4, 10, 8, tzinfo=UTC))
    world.engagement()
    # It was due in April, before the window of the engagement.
    look()
    assert not Finding.objects.exists()


def test_a_look_is_asked_for_only_where_some_source_is_silent(source: Source) -> None:
    tasks.ask_for_silence(CONNECTED)
    assert not Job.objects.filter(kind=silences.KIND).exists()
    tasks.ask_for_silence(SILENT)
    tasks.ask_for_silence(SILENT)
    assert Job.objects.filter(kind=silences.KIND).count() == 1


def test_a_silent_source_is_a_task_of_engineers_until_it_answers(source: Source) -> None:
    with clock(CONNECTED):
        assert open_tasks() == []
    with clock(SILENT):
        (task,) = open_tasks()
        assert (task.title, task.role, task.due) == ("Our doors", "engineer", date(2026, 6, 10))
        assert task.args == (source.pk,)
        perform(source, period=None, key="ticket-1")
        assert open_tasks() == []
