"""The heartbeat keeps a lease and shows progress while the handler works."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from jobs import heartbeat, leases, queue
from jobs.heartbeat import Heartbeat
from jobs.leases import Lease
from jobs.models import Job
from jobs.work import Work
from tests.jobs.conftest import Handle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def brisk(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.JOB_LEASE_SECONDS = 2
    monkeypatch.setattr(heartbeat, "PROGRESS_SECONDS", 0.05)


@pytest.fixture
def lease(handle: Handle) -> Lease:
    handle(lambda _work: None)
    lease = leases.claim(queue.enqueue("test.work", key="one", payload={}).pk)
    assert lease is not None
    return lease


def work_for(lease: Lease) -> Work:
    return Work(job_id=lease.job.pk, key="one", payload={})


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def lease_until() -> datetime:
    until = Job.objects.get().lease_until
    assert until is not None
    return until


def test_it_renews_the_lease_of_a_long_job(lease: Lease) -> None:
    first = lease_until()

    with Heartbeat(lease, work_for(lease)):
        wait_for(lambda: lease_until() > first + timedelta(seconds=1.5))


def test_it_shows_progress_while_the_job_runs(lease: Lease) -> None:
    work = work_for(lease)

    with Heartbeat(lease, work):
        work.progress(4, 10, "four")
        wait_for(lambda: Job.objects.get().progress_done == 4)

    job = Job.objects.get()
    assert (job.progress_total, job.progress_note) == (10, "four")


def test_it_shows_progress_that_the_handler_rolls_back(lease: Lease) -> None:
    """The handler's own transaction holds no lock here, as on PostgreSQL while it only reads."""
    work = work_for(lease)

    with Heartbeat(lease, work):
        work.progress(1, 2)
        wait_for(lambda: Job.objects.get().progress_done == 1)
        with transaction.atomic():
            work.progress(2, 2)
            transaction.set_rollback(True)
        wait_for(lambda: Job.objects.get().progress_done == 2)


def test_it_writes_seldom_however_often_progress_is_reported(
    lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    renew = leases.renew

    def count(lease: Lease, progress: Any) -> None:
        written.append(progress.done)
        renew(lease, progress)

    monkeypatch.setattr(leases, "renew", count)
    monkeypatch.setattr(heartbeat, "PROGRESS_SECONDS", 0.2)
    work = work_for(lease)
    started = time.monotonic()

    with Heartbeat(lease, work):
        for number in range(100_000):
            work.progress(number, 100_000)
        wait_for(lambda: 99_999 in written)

    assert len(written) <= (time.monotonic() - started) / 0.2


def test_it_tells_the_handler_that_the_lease_is_lost(lease: Lease) -> None:
    work = work_for(lease)

    with Heartbeat(lease, work):
        Job.objects.update(
            state="done", lease_id=None, lease_until=None, finished_at=timezone.now()
        )
        wait_for(work.lost.is_set)


def test_it_beats_on_when_the_database_does_not_answer_once(
    lease: Lease, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    renew = leases.renew
    failed: list[bool] = []

    def stumble(lease: Lease, progress: Any) -> None:
        if not failed:
            failed.append(True)
            raise OperationalError("database is locked")
        renew(lease, progress)

    monkeypatch.setattr(leases, "renew", stumble)
    work = work_for(lease)

    with Heartbeat(lease, work):
        work.progress(1, 2)
        wait_for(lambda: Job.objects.get().progress_done == 1)

    assert "database is locked" in caplog.text
    assert not work.lost.is_set()


def test_it_lets_go_of_a_job_that_outlasts_its_limit(
    lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "KILL_GRACE_SECONDS", 0)
    hung = Lease(lease.job, lease.lease_id, lease.seconds, limit_seconds=0)
    until = lease_until()
    work = work_for(lease)

    with Heartbeat(hung, work) as beat:
        work.progress(1, 2)
        wait_for(lambda: not beat._thread.is_alive())

    assert lease_until() == until
    assert Job.objects.get().progress_done == 0
