"""Turning what is due into jobs, also when several processes do it at once."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from collectors import due
from collectors.base import Answer, Ask, AsksFor
from collectors.models import Run, Source
from collectors.run import perform
from evidence import ledger
from evidence.models import Evidence, LedgerEntry
from jobs.models import Job
from jobs.performing import drain
from tests.collectors import world
from tests.evidence import items
from tests.installation import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


def at_once(deed: Callable[[int], object], *, times: int) -> None:
    """Do something in several threads that all start together; fails where one of them does."""
    gate = threading.Barrier(times, timeout=PATIENCE_SECONDS)
    troubles: list[BaseException] = []

    def work(number: int) -> None:
        try:
            gate.wait()
            deed(number)
        except BaseException as error:  # noqa: BLE001  # it is shown by the thread that waits
            troubles.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []


def test_ticks_of_several_beats_ask_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    for _ in range(3):
        world.source()
    at_once(lambda _number: due.enqueue_due(NOW), times=4)
    assert Job.objects.filter(kind=due.RUN).count() == 3


def test_workers_on_one_ticket_give_one_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Barrier(4, timeout=PATIENCE_SECONDS)

    def together(ask: Ask[Any]) -> Answer:
        # Nobody hands in before everybody has asked.
        gate.wait()
        return world.counted(ask)

    world.install(monkeypatch, together)
    source = world.source()
    runs: list[Run] = []

    def work(number: int) -> None:
        runs.append(perform(source, period=None, key="ticket", attempt=number + 1))

    at_once(work, times=4)
    assert len({run.pk for run in runs}) == 1
    assert (Run.objects.count(), Evidence.objects.count()) == (1, 1)
    assert LedgerEntry.objects.filter(kind="run").count() == 1


def test_runs_of_many_sources_at_once_are_numbered_without_gap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world.install(monkeypatch)
    sources = [world.source() for _ in range(6)]

    def work(number: int) -> None:
        for turn in range(3):
            perform(sources[number], period=None, key=f"{number}:{turn}")

    at_once(work, times=6)
    numbers = sorted(Run.objects.values_list("number", flat=True))
    assert numbers == list(range(1, 19))
    indexes = list(LedgerEntry.objects.order_by("index").values_list("index", flat=True))
    assert indexes == list(range(ledger.size()))


def test_a_schedule_that_was_taken_away_asks_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    source = world.source()
    Source.objects.filter(pk=source.pk).update(schedule="")
    assert due.enqueue_due(NOW) == []


def test_the_due_time_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    world.install(monkeypatch)
    source = world.source()
    assert due.due_time(source, NOW) == source.created_at
    due.enqueue_source(source, due=source.created_at, now=NOW)
    source.refresh_from_db()
    assert source.asked_until == source.created_at


def test_a_monthly_schedule_comes_to_a_whole_answer_by_itself_after_the_lag(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On the 1st the month has not settled yet, and the next 1st is a month away."""
    world.install(monkeypatch, kind="event", asks_for=AsksFor.CLOSED_WINDOW)
    expected = items.expectation("changes", cadence="monthly", kind="event", lag_days=3)
    source = world.source(expectations=[expected], schedule="0 3 1 * *")
    connected = datetime(2026, 11, 20, 8, tzinfo=UTC)
    Source.objects.filter(pk=source.pk).update(created_at=connected, asked_until=connected)
    asked = []
    for hour in range(12 * 24):
        now = datetime(2026, 11, 28, 0, 30, tzinfo=UTC) + timedelta(hours=hour)
        monkeypatch.setattr("django.utils.timezone.now", lambda now=now: now)
        asked += due.enqueue_due(now)
        drain()
    runs = Run.objects.order_by("number")
    assert [(run.period_to, run.state, run.started_at.date()) for run in runs] == [
        (date(2026, 10, 31), "complete", date(2026, 12, 1)),
        (date(2026, 11, 30), "complete", date(2026, 12, 4)),
    ]
    assert len(asked) == 2
