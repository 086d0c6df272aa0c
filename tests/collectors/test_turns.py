"""How sources share the workers: one worker each, and long runs never hold the last one."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.utils import timezone
from pytest_django import Settings

from collectors import due, turns
from collectors.base import Answer, Ask
from collectors.models import Run, Source
from jobs import leases, performing, queue
from jobs.errors import StepAside
from jobs.models import Job
from jobs.work import Work
from tests.collectors import world
from tests.collectors.loopback import Loopback, Reply

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def job_of(source: Source, key: str = "") -> Job:
    return due.enqueue_run(source, key=f"run:{source.pk}:{key}")


def started(job: Job, *, ago: float = 0) -> leases.Lease:
    """Claim a job as another worker did some seconds ago."""
    lease = leases.claim(job.pk)
    assert lease
    Job.objects.filter(pk=job.pk).update(started_at=timezone.now() - timedelta(seconds=ago))
    return lease


@pytest.fixture
def hour(monkeypatch: pytest.MonkeyPatch) -> Callable[[Source], None]:
    """Lets the latest run of a source have taken an hour."""

    def collect(source: Source) -> None:
        ended = timezone.now()
        clock = [ended - timedelta(hours=1)]

        def slowly(ask: Ask[Any]) -> Answer:
            clock[0] = ended
            return world.counted(ask)

        with monkeypatch.context() as patch:
            patch.setattr("django.utils.timezone.now", lambda: clock[0])
            world.install(patch, slowly)
            world.collect(source, key=f"before-{source.pk}")

    return collect


class TestTheTurn:
    @pytest.fixture(autouse=True)
    def doors(self, monkeypatch: pytest.MonkeyPatch) -> None:
        world.install(monkeypatch)

    def test_a_source_holds_one_worker_at_a_time(self) -> None:
        source, other = world.source(), world.source()
        first, second, third = job_of(source), job_of(source, "later"), job_of(other)
        lease = started(first)
        assert leases.claim(second.pk) is None
        assert leases.claim(third.pk)
        performing._attempt(lease, _work(lease))
        Job.objects.filter(pk=second.pk).update(run_after=timezone.now())
        assert leases.claim(second.pk)

    def test_waiting_for_a_turn_is_no_attempt(self) -> None:
        source = world.source()
        started(job_of(source))
        waits = job_of(source, "later")
        assert not performing.perform(waits.pk)
        waits.refresh_from_db()
        assert (waits.state, waits.attempt) == (Job.State.WAITING, 0)
        assert timezone.now() < waits.run_after <= timezone.now() + turns.PAUSE
        assert waits.dispatched_at is None, "the sweep must call again"

    def test_a_worker_that_is_gone_holds_nobody_up(self) -> None:
        source = world.source()
        gone = job_of(source)
        started(gone)
        Job.objects.filter(pk=gone.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        assert leases.claim(job_of(source, "later").pk)

    def test_long_runs_leave_a_worker_free(
        self, settings: Settings, hour: Callable[[Source], None]
    ) -> None:
        settings.COLLECTOR_LONG_RUNS = 1
        slow, slower, quick = world.source(), world.source(), world.source()
        hour(slow)
        hour(slower)
        started(job_of(slow))
        assert leases.claim(job_of(slower).pk) is None
        assert leases.claim(job_of(quick).pk)

    def test_there_may_be_more_places_for_long_runs(
        self, settings: Settings, hour: Callable[[Source], None]
    ) -> None:
        settings.COLLECTOR_LONG_RUNS = 2
        slow, slower = world.source(), world.source()
        hour(slow)
        hour(slower)
        started(job_of(slow))
        assert leases.claim(job_of(slower).pk)

    def test_a_quick_one_that_turned_out_long_holds_a_place(
        self, settings: Settings, hour: Callable[[Source], None]
    ) -> None:
        settings.COLLECTOR_LONG_RUNS = 1
        new, slow = world.source(), world.source()
        hour(slow)
        started(job_of(new), ago=settings.COLLECTOR_SLICE_SECONDS + 1)
        assert leases.claim(job_of(slow).pk) is None


class TestMakingWay:
    @pytest.fixture(autouse=True)
    def short(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.COLLECTOR_LONG_RUNS = 1
        settings.COLLECTOR_SLICE_SECONDS = 0.01
        world.install(monkeypatch)

    @staticmethod
    def look(job: Job) -> None:
        look = turns.make_way(job.pk)
        time.sleep(0.02)
        look()

    def test_it_goes_on_while_there_is_a_place(self) -> None:
        mine = job_of(world.source())
        started(mine, ago=5)
        job_of(world.source())
        self.look(mine)

    def test_it_goes_on_while_nobody_waits(self) -> None:
        first, mine = job_of(world.source()), job_of(world.source())
        started(first, ago=9)
        started(mine, ago=5)
        self.look(mine)

    def test_the_one_that_began_last_steps_aside(self) -> None:
        first, mine = job_of(world.source()), job_of(world.source())
        started(first, ago=9)
        started(mine, ago=5)
        job_of(world.source())
        self.look(first)
        with pytest.raises(StepAside):
            self.look(mine)

    def test_it_is_known_to_be_long_from_then_on(self, settings: Settings) -> None:
        first, source = job_of(world.source()), world.source()
        mine = job_of(source)
        started(first, ago=9)
        started(mine, ago=5)
        job_of(world.source())
        with pytest.raises(StepAside):
            self.look(mine)
        settings.COLLECTOR_SLICE_SECONDS = 60
        assert turns._is_long(source.pk)
        assert not turns._is_long(first.payload["source"])

    def test_within_its_slice_nothing_is_asked(
        self, settings: Settings, django_assert_num_queries: Any
    ) -> None:
        settings.COLLECTOR_SLICE_SECONDS = 60
        look = turns.make_way(1)
        with django_assert_num_queries(0):
            look()

    def test_stepping_aside_leaves_no_run_and_costs_no_attempt(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        aside = [True, False]

        def collect(ask: Ask[Any]) -> Answer:
            if aside.pop(0):
                raise StepAside(timedelta(0), "others wait")
            return world.counted(ask)

        world.install(monkeypatch, collect)
        job = job_of(world.source())
        Job.objects.filter(pk=job.pk).update(max_attempts=1)
        assert performing.perform(job.pk)
        job.refresh_from_db()
        assert (job.state, job.error, Run.objects.count()) == (Job.State.WAITING, "others wait", 0)
        assert performing.perform(job.pk)
        assert Run.objects.get().state == Run.State.COMPLETE


def _work(lease: leases.Lease) -> Any:
    return Work(job_id=lease.job.pk, key=lease.job.key, payload=lease.job.payload)


class Slow(Loopback):
    """Lists three doors of a quick house, and of a slow one a page without end for a while."""

    def answer(self, _asked: Any) -> Reply:
        return Reply(b"[1]", wait=0.2)


SOURCES, SLOW, PATIENCE = 200, 4, 300


@pytest.mark.slow
def test_two_hundred_sources_on_two_workers_do_not_starve_each_other(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """The first four never end before the quick ones did; without turns they hold both workers."""
    settings.COLLECTOR_LONG_RUNS = 1
    settings.COLLECTOR_SLICE_SECONDS = 0.4
    monkeypatch.setattr(turns, "PAUSE", timedelta(seconds=0.2))
    quick_are_done = threading.Event()
    began: list[int] = []
    with Slow() as server:

        def collect(ask: Ask[Any]) -> Answer:
            number = int(ask.source.rpartition("-")[2])
            began.append(number)

            def rows() -> Iterator[Any]:
                with ask.http(server.url) as api:
                    while ask.settings.house == "slow" and not quick_are_done.is_set():
                        api.get_json("doors")
                    api.get_json("doors")
                yield ("front", True)

            return world.answer(rows())

        world.install(monkeypatch, collect)
        slow = [world.source(values={"house": "slow"}).pk for _ in range(SLOW)]
        quick = {world.source().pk for _ in range(SOURCES - SLOW)}
        due.enqueue_due(datetime.now(UTC))
        workers = [threading.Thread(target=work, args=(quick, quick_are_done)) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(timeout=PATIENCE + 20)
    assert quick_are_done.is_set(), "the slow ones held both workers"
    assert [run.reason for run in Run.objects.filter(state=Run.State.FAILED)] == []
    runs = Run.objects.order_by("number").values_list("source", "state")
    assert len(runs) == SOURCES
    assert {state for _, state in runs} == {Run.State.COMPLETE}
    assert [source for source, _ in runs[: SOURCES - SLOW] if source in slow] == []
    assert Job.objects.filter(state=Job.State.DONE).count() == SOURCES


def work(quick: set[int], quick_are_done: threading.Event) -> None:
    """Do as a worker does: the oldest due job first, until all are done."""
    ends = time.monotonic() + PATIENCE
    try:
        while Job.objects.exclude(state=Job.State.DONE).exists() and time.monotonic() < ends:
            waiting = queue.due(timezone.now()).order_by("run_after", "pk")
            done = [performing.perform(job.pk) for job in waiting[:1]]
            done_ones = Run.objects.filter(source__in=quick).exclude(state=Run.State.FAILED)
            if done_ones.count() == len(quick):
                quick_are_done.set()
            if not done:
                time.sleep(0.05)
    finally:
        connections.close_all()
