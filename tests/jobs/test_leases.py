"""Claiming a job, and the fence that lets only the holder of the lease write its outcome."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from jobs import leases, queue
from jobs.errors import LeaseLostError, ResultTooLargeError
from jobs.leases import Lease
from jobs.models import Job
from jobs.work import Progress
from tests.installation import PATIENCE_SECONDS
from tests.jobs.conftest import Handle

NOTHING = Progress()


@pytest.fixture(autouse=True)
def kind(handle: Handle) -> None:
    handle(lambda _work: None)


def enqueue(**changes: Any) -> Job:
    return queue.enqueue("test.work", **({"key": "one", "payload": {}} | changes))


def claim(job: Job) -> Lease:
    lease = leases.claim(job.pk)
    assert lease is not None
    return lease


def abandon(job: Job) -> None:
    """Let the lease run out, as when a worker was killed a while ago."""
    past = timezone.now() - timedelta(seconds=1)
    assert Job.objects.filter(pk=job.pk, state="running").update(lease_until=past)


@pytest.mark.django_db
class TestClaim:
    def test_it_takes_a_waiting_job(self, settings: Any) -> None:
        settings.JOB_LEASE_SECONDS = 60
        before = timezone.now()

        lease = claim(enqueue())

        job = Job.objects.get()
        assert (job.state, job.attempt, job.lease_id) == ("running", 1, lease.lease_id)
        assert job.started_at is not None
        assert job.lease_until is not None
        assert timedelta(seconds=59) < job.lease_until - before < timedelta(seconds=70)
        assert job.dispatched_at is None

    def test_a_clock_that_was_ahead_does_not_hold_a_job_for_ever(self) -> None:
        first = claim(enqueue())
        Job.objects.update(lease_until=timezone.now() + timedelta(days=400))
        second = claim(first.job)
        assert second.job.attempt == 2
        leases.finish(second, NOTHING, None)
        with pytest.raises(LeaseLostError):
            leases.finish(first, NOTHING, None)

    def test_it_uses_the_lease_and_the_limit_of_the_handler(self, handle: Handle) -> None:
        handle(lambda _work: None, "test.long", lease_seconds=300, limit_seconds=7200)
        job = queue.enqueue("test.long", key="long", payload={})

        lease = claim(job)

        assert (lease.seconds, lease.limit_seconds) == (300, 7200)

    def test_it_leaves_a_running_job_to_its_worker(self) -> None:
        job = enqueue()
        claim(job)

        assert leases.claim(job.pk) is None

    def test_it_leaves_a_job_alone_before_its_time(self) -> None:
        job = enqueue(run_after=timezone.now() + timedelta(minutes=1))

        assert leases.claim(job.pk) is None

    @pytest.mark.parametrize("state", ["done", "failed"])
    def test_it_leaves_an_ended_job_alone(self, state: str) -> None:
        job = enqueue()
        Job.objects.update(state=state, finished_at=timezone.now())

        assert leases.claim(job.pk) is None

    def test_it_shrugs_at_a_stale_message(self) -> None:
        assert leases.claim(987_654) is None

    def test_it_takes_over_from_a_worker_that_vanished(self) -> None:
        job = enqueue()
        first = claim(job)
        abandon(job)

        second = claim(job)

        assert second.lease_id != first.lease_id
        assert second.job.attempt == 2

    def test_it_gives_up_on_a_job_that_kills_every_worker(self) -> None:
        job = enqueue(max_attempts=2)
        for attempt in (1, 2):
            assert claim(job).job.attempt == attempt
            abandon(job)

        assert leases.claim(job.pk) is None

        job.refresh_from_db()
        assert (job.state, job.attempt, job.lease_id) == ("failed", 2, None)
        assert "worker vanished in attempt 2" in job.error
        assert job.finished_at is not None

    def test_it_marks_the_last_attempt(self) -> None:
        job = enqueue(max_attempts=2)
        assert not claim(job).is_last_attempt
        abandon(job)
        assert claim(job).is_last_attempt


@pytest.mark.django_db(transaction=True)
def test_it_gives_one_job_to_one_of_many_workers() -> None:
    jobs = [enqueue(key=f"job-{number}") for number in range(10)]
    won: list[int] = []
    barrier = threading.Barrier(6, timeout=PATIENCE_SECONDS)

    def work() -> None:
        try:
            barrier.wait()
            won.extend(job.pk for job in jobs if leases.claim(job.pk) is not None)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(won) == sorted(job.pk for job in jobs)
    assert set(Job.objects.values_list("attempt", flat=True)) == {1}


@pytest.mark.django_db
class TestOutcome:
    def test_it_keeps_the_result_and_the_progress(self) -> None:
        job = enqueue()

        leases.finish(claim(job), Progress(3, 3, "all"), {"rows": 3})

        job.refresh_from_db()
        assert (job.state, job.result, job.lease_id) == ("done", {"rows": 3}, None)
        assert (job.progress_done, job.progress_total, job.progress_note) == (3, 3, "all")
        assert job.finished_at is not None

    def test_it_forgets_the_error_of_an_earlier_attempt(self) -> None:
        job = enqueue()
        leases.put_back(claim(job), NOTHING, after=timedelta(0), error="Busy.")

        leases.finish(claim(job), NOTHING, None)

        job.refresh_from_db()
        assert (job.state, job.error, job.attempt) == ("done", "", 2)

    def test_it_keeps_the_reason_of_a_failure(self) -> None:
        job = enqueue()

        leases.fail(claim(job), NOTHING, "The source\x00 said no." + "!" * 5000)

        job.refresh_from_db()
        assert job.state == "failed"
        assert job.error.startswith("The source said no.!")
        assert len(job.error) == leases.MAX_ERROR_LETTERS

    def test_it_puts_a_job_back_for_later(self) -> None:
        job = enqueue()

        leases.put_back(claim(job), NOTHING, after=timedelta(minutes=5), error="Busy.")

        job.refresh_from_db()
        assert (job.state, job.error, job.lease_id) == ("waiting", "Busy.", None)
        assert job.run_after > timezone.now() + timedelta(minutes=4)
        assert leases.claim(job.pk) is None

    def test_it_refuses_a_result_that_belongs_into_the_store(self) -> None:
        lease = claim(enqueue())

        with pytest.raises(ResultTooLargeError):
            leases.finish(lease, NOTHING, {"text": "x" * leases.MAX_RESULT_BYTES})


@pytest.mark.django_db
@pytest.mark.parametrize("deed", ["renew", "finish", "fail", "put_back"])
class TestFence:
    def act(self, lease: Lease, deed: str) -> None:
        match deed:
            case "renew":
                leases.renew(lease, NOTHING)
            case "finish":
                leases.finish(lease, NOTHING, {"by": "the late one"})
            case "fail":
                leases.fail(lease, NOTHING, "too late")
            case _:
                leases.put_back(lease, NOTHING, after=timedelta(0), error="too late")

    def test_it_refuses_a_worker_whose_job_was_taken_over(self, deed: str) -> None:
        job = enqueue()
        late = claim(job)
        abandon(job)
        current = claim(job)

        with pytest.raises(LeaseLostError):
            self.act(late, deed)

        job.refresh_from_db()
        assert (job.state, job.lease_id) == ("running", current.lease_id)
        assert (job.error, job.result) == ("", None)

    def test_it_refuses_a_second_outcome(self, deed: str) -> None:
        job = enqueue()
        lease = claim(job)
        leases.finish(lease, NOTHING, {"by": "the first"})

        with pytest.raises(LeaseLostError):
            self.act(lease, deed)

        job.refresh_from_db()
        assert (job.state, job.result) == ("done", {"by": "the first"})

    def test_it_lets_a_late_worker_act_while_nobody_took_over(self, deed: str) -> None:
        job = enqueue()
        lease = claim(job)
        abandon(job)

        self.act(lease, deed)

        job.refresh_from_db()
        ends = {"renew": "running", "finish": "done", "fail": "failed", "put_back": "waiting"}
        assert job.state == ends[deed]


def test_it_backs_off_longer_each_time_and_never_beyond_an_hour_and_a_half() -> None:
    for attempt in range(1, 30):
        usual = min(leases.BACK_OFF_SECONDS * 2 ** (attempt - 1), leases.MAX_BACK_OFF_SECONDS)
        waits = [leases.back_off(attempt).total_seconds() for _ in range(50)]
        assert 0.5 * usual <= min(waits) < max(waits) <= 1.5 * usual
