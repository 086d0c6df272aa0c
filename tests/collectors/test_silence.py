"""A source is silent when an answer was due, a day has passed, and none came."""

from datetime import UTC, date, datetime

import pytest

from collectors import silence
from collectors.base import AsksFor
from collectors.models import Run, Source
from collectors.period import Period
from collectors.run import perform
from tests.collectors import world
from tests.evidence import items
from tests.staff.desk import at_most

pytestmark = pytest.mark.django_db


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def connected(source: Source, on: str) -> Source:
    Source.objects.filter(pk=source.pk).update(created_at=at(on))
    source.refresh_from_db()
    return source


def answered(patch: pytest.MonkeyPatch, source: Source, on: str, period: Period | None) -> Run:
    patch.setattr("django.utils.timezone.now", lambda: at(on))
    return perform(source, period=period, key=f"ticket-{on}")


@pytest.fixture
def doors(monkeypatch: pytest.MonkeyPatch) -> Source:
    """A source of the moment, asked at 02:30 every day since the first of November."""
    world.install(monkeypatch)
    return connected(world.source(schedule="30 2 * * *"), "2026-11-01T08:00")


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Source:
    """A source of the events of each month, asked every day since September."""
    world.install(monkeypatch, kind="event", asks_for=AsksFor.CLOSED_WINDOW)
    expected = items.expectation("doors", collector="doors", cadence="monthly", kind="event")
    made = world.source(schedule="30 2 * * *", expectations=[expected])
    return connected(made, "2026-09-10T08:00")


OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))


def test_one_that_never_answered_is_silent_a_day_after_it_was_connected(doors: Source) -> None:
    assert silence.silent(at("2026-11-02T08:00")) == []
    (found,) = silence.silent(at("2026-11-02T08:01"))
    assert (found.source, found.due, found.last) == (doors, at("2026-11-01T08:00"), None)


def test_one_that_answered_owes_the_next_time_of_its_schedule(
    doors: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(monkeypatch, doors, "2026-11-05T02:31", None)
    assert silence.silent(at("2026-11-07T02:30")) == []
    (found,) = silence.silent(at("2026-11-07T02:31"))
    assert found.due == at("2026-11-06T02:30")
    assert found.last == at("2026-11-05T02:31")
    answered(monkeypatch, doors, "2026-11-07T02:40", None)
    assert silence.silent(at("2026-11-07T02:41")) == []


def test_a_failed_run_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch, world.failing(ValueError("broken"), ValueError("broken")))
    source = connected(world.source(schedule="30 2 * * *"), "2026-11-01T08:00")
    assert answered(monkeypatch, source, "2026-11-02T02:31", None).state == Run.State.FAILED
    assert [each.source for each in silence.silent(at("2026-11-02T08:01"))] == [source]


def test_one_that_is_switched_off_or_has_no_schedule_is_not_waited_for(doors: Source) -> None:
    later = at("2026-12-01T00:00")
    assert silence.silent(later)
    Source.objects.update(enabled=False)
    assert silence.silent(later) == []
    Source.objects.update(enabled=True, schedule="")
    assert silence.silent(later) == []


def test_events_are_owed_once_their_month_is_over(
    events: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    # August was over when it was connected, so it was due at once.
    (found,) = silence.silent(at("2026-09-20T08:00"))
    assert found.period == Period(date(2026, 8, 1), date(2026, 8, 31))
    answered(monkeypatch, events, "2026-10-01T02:31", Period(date(2026, 9, 1), date(2026, 9, 30)))
    assert silence.silent(at("2026-11-02T02:30")) == []
    (found,) = silence.silent(at("2026-11-02T02:31"))
    assert (found.period, found.due) == (OCTOBER, at("2026-11-01T02:30"))
    answered(monkeypatch, events, "2026-11-02T03:00", OCTOBER)
    assert silence.silent(at("2026-12-02T02:00")) == []


def test_events_that_settle_late_are_owed_later(
    events: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    events.expectations.update(lag_days=5)
    answered(monkeypatch, events, "2026-10-07T02:31", Period(date(2026, 9, 1), date(2026, 9, 30)))
    assert silence.silent(at("2026-11-07T02:30")) == []
    (found,) = silence.silent(at("2026-11-07T02:31"))
    assert found.due == at("2026-11-06T02:30")


def test_a_system_without_memory_owes_nothing_of_before(
    events: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.install(monkeypatch, kind="event", asks_for=AsksFor.CLOSED_WINDOW, remembers=False)
    assert silence.silent(at("2026-09-20T08:00")) == []
    assert silence.silent(at("2026-10-03T08:00"))


def test_a_schedule_that_cannot_be_read_hides_no_other(
    doors: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = connected(world.source(schedule="30 2 * * *"), "2026-11-01T08:00")
    answered(monkeypatch, broken, "2026-11-02T02:31", None)
    Source.objects.filter(pk=broken.pk).update(schedule="never")
    assert [each.source for each in silence.silent(at("2026-11-05T08:00"))] == [doors]


def test_many_sources_take_no_more_queries(doors: Source) -> None:
    for _ in range(5):
        world.source(schedule="30 2 * * *")
    with at_most(2):
        silence.silent(at("2026-12-01T00:00"))
