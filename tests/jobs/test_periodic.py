"""Periodic work runs once in each period, however many beats tick."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from jobs import periodic
from jobs.errors import DuplicateKindError
from jobs.models import Beat, Job
from jobs.periodic import every, run_due
from tests.installation import PATIENCE_SECONDS

NOON = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("no_periodic")


@pytest.fixture
def runs() -> list[datetime]:
    """When the periodic work of the test ran; its period is a minute."""
    seen: list[datetime] = []
    every(seconds=60, name="test.minute")(seen.append)
    return seen


@pytest.mark.django_db
class TestRunDue:
    def test_it_runs_new_work_at_the_first_tick(self, runs: list[datetime]) -> None:
        assert run_due(NOON) == ["test.minute"]
        assert runs == [NOON]
        beat = Beat.objects.get()
        assert (beat.last_run_at, beat.due_at) == (NOON, NOON.replace(second=0) + MINUTE)

    def test_it_runs_once_in_a_period(self, runs: list[datetime]) -> None:
        ticks = [NOON + timedelta(seconds=5 * number) for number in range(24)]
        for tick in ticks:
            run_due(tick)

        # 12:00:30, then the first ticks of 12:01 and of 12:02.
        assert runs == [NOON, NOON.replace(second=0) + MINUTE, NOON.replace(second=0) + 2 * MINUTE]

    def test_it_runs_once_after_a_long_silence(self, runs: list[datetime]) -> None:
        run_due(NOON)
        run_due(NOON + timedelta(days=3))
        run_due(NOON + timedelta(days=3, seconds=5))

        assert runs == [NOON, NOON + timedelta(days=3)]

    def test_it_leaves_work_to_the_process_that_does_it(self, runs: list[datetime]) -> None:
        Beat.objects.create(name="test.minute", due_at=NOON, lease_until=NOON + MINUTE)

        assert run_due(NOON) == []
        assert runs == []

    def test_a_clock_that_was_ahead_does_not_hold_it_up(self, runs: list[datetime]) -> None:
        ahead = NOON + timedelta(days=400)
        run_due(ahead)
        assert run_due(NOON) == ["test.minute"]
        assert run_due(NOON) == []
        assert runs == [ahead, NOON]

    def test_a_clock_that_is_a_little_ahead_runs_nothing_twice(self, runs: list[datetime]) -> None:
        run_due(NOON + MINUTE)
        assert run_due(NOON) == []
        assert runs == [NOON + MINUTE]

    def test_it_takes_work_over_from_a_clock_that_was_ahead(self, runs: list[datetime]) -> None:
        late = NOON + timedelta(days=400)
        Beat.objects.create(name="test.minute", due_at=NOON, lease_until=late)
        assert run_due(NOON) == ["test.minute"]
        assert runs == [NOON]

    def test_it_takes_work_over_from_a_process_that_vanished(self, runs: list[datetime]) -> None:
        Beat.objects.create(name="test.minute", due_at=NOON, lease_until=NOON - MINUTE)

        run_due(NOON)

        assert runs == [NOON]

    def test_it_tries_failed_work_again_and_runs_the_rest(
        self, runs: list[datetime], caplog: pytest.LogCaptureFixture
    ) -> None:
        attempts: list[datetime] = []

        @every(seconds=86_400, name="test.broken")
        def broken(now: datetime) -> None:
            attempts.append(now)
            Job.objects.create(kind="half", key="half")
            raise ValueError("no such column")

        assert run_due(NOON) == ["test.minute"]
        assert runs == [NOON]
        assert "test.broken" in caplog.text
        # What it began is undone, and the next attempt comes soon rather than tomorrow.
        assert not Job.objects.exists()
        assert Beat.objects.get(name="test.broken").last_error == "ValueError: no such column"
        run_due(NOON + timedelta(seconds=5))
        assert len(attempts) == 1
        run_due(NOON + periodic.TICK_LEASE + timedelta(seconds=1))
        assert len(attempts) == 2

    def test_it_asks_little_of_the_database_when_nothing_is_due(
        self, runs: list[datetime], django_assert_num_queries: Any
    ) -> None:
        run_due(NOON)

        with django_assert_num_queries(1):
            run_due(NOON + timedelta(seconds=5))
        assert len(runs) == 1


@pytest.mark.django_db(transaction=True)
def test_it_runs_once_when_many_beats_tick_together(runs: list[datetime]) -> None:
    barrier = threading.Barrier(6, timeout=PATIENCE_SECONDS)

    def tick() -> None:
        try:
            barrier.wait()
            run_due(NOON)
        finally:
            connection.close()

    threads = [threading.Thread(target=tick) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert runs == [NOON]


def test_it_counts_periods_from_midnight() -> None:
    every(seconds=86_400, name="test.day")(lambda _now: None)
    every(seconds=900, name="test.quarter")(lambda _now: None)
    due = {name: work.next_due(NOON) for name, work in periodic._registry.items()}

    assert due["test.day"] == datetime(2026, 11, 22, tzinfo=UTC)
    assert due["test.quarter"] == datetime(2026, 11, 21, 12, 15, tzinfo=UTC)
    assert periodic._registry["test.day"].next_due(due["test.day"]) == datetime(
        2026, 11, 23, tzinfo=UTC
    )


def test_it_refuses_a_second_function_of_the_same_name() -> None:
    every(seconds=60, name="test.minute")(lambda _now: None)

    with pytest.raises(DuplicateKindError, match=r"test\.minute"):
        every(seconds=60, name="test.minute")(lambda _now: None)
