"""Enqueueing, sending again, retrying and purging of jobs."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from jobs import leases, queue, wakeup
from jobs.errors import JobNotFailedError, UnknownKindError
from jobs.models import Job
from jobs.work import Progress
from tests.installation import PATIENCE_SECONDS
from tests.jobs.conftest import Handle, Messages

NOW = timezone.now()


@pytest.fixture(autouse=True)
def kind(handle: Handle) -> None:
    handle(lambda _work: None)


def enqueue(key: str = "one", **changes: Any) -> Job:
    return queue.enqueue("test.work", **({"key": key, "payload": {"n": 1}} | changes))


def age(job: Job, **changes: Any) -> None:
    Job.objects.filter(pk=job.pk).update(**changes)


@pytest.mark.django_db(transaction=True)
class TestEnqueue:
    def test_it_stores_the_job_and_wakes_a_worker(self, messages: Messages) -> None:
        job = enqueue(requested_by="user:7", max_attempts=3)

        job.refresh_from_db()
        assert (job.kind, job.key, job.payload) == ("test.work", "one", {"n": 1})
        assert (job.state, job.attempt, job.max_attempts) == (Job.State.WAITING, 0, 3)
        assert job.requested_by == "user:7"
        assert messages.job_ids() == [job.pk]

    def test_it_returns_the_job_of_the_same_key_unchanged(self, messages: Messages) -> None:
        first = enqueue()
        messages.take()

        second = enqueue(payload={"n": 2})

        assert second.pk == first.pk
        assert second.payload == {"n": 1}
        assert messages.job_ids() == []

    def test_it_sends_nothing_before_the_commit(self, messages: Messages) -> None:
        with transaction.atomic():
            job = enqueue()
            assert messages.job_ids() == []

        assert messages.job_ids() == [job.pk]

    def test_it_vanishes_with_the_callers_transaction(self, messages: Messages) -> None:
        with transaction.atomic():
            enqueue()
            transaction.set_rollback(True)

        assert not Job.objects.exists()
        assert messages.job_ids() == []

    def test_it_leaves_a_later_job_to_the_sweep(self, messages: Messages) -> None:
        job = enqueue(run_after=timezone.now() + timedelta(hours=1))

        assert job.dispatched_at is None
        assert messages.job_ids() == []

    def test_it_refuses_a_kind_that_nobody_does(self) -> None:
        with pytest.raises(UnknownKindError, match=r"no\.such"):
            queue.enqueue("no.such", key="one", payload={})

    def test_it_makes_one_job_of_many_calls_at_once(self, messages: Messages) -> None:
        barrier = threading.Barrier(8, timeout=PATIENCE_SECONDS)
        made: list[int] = []

        def call() -> None:
            try:
                barrier.wait()
                with transaction.atomic():
                    made.append(enqueue().pk)
            finally:
                connection.close()

        threads = [threading.Thread(target=call) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(made) == 8
        assert set(made) == {Job.objects.get().pk}
        assert messages.job_ids() == [made[0]]

    def test_it_survives_a_key_that_appears_between_look_and_insert(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = enqueue()
        monkeypatch.setattr(Job.objects, "filter", lambda **_: Job.objects.none())

        with transaction.atomic():
            job = enqueue()
            # The caller's transaction is still usable after the collision.
            later = Job.objects.get(key="one")

        assert job.pk == other.pk == later.pk


@pytest.mark.django_db
class TestSweep:
    def test_it_leaves_a_job_alone_that_was_just_sent(self, messages: Messages) -> None:
        enqueue()

        assert queue.sweep() == 0
        assert messages.job_ids() == []

    def test_it_sends_a_due_job_again_after_the_grace(
        self, messages: Messages, settings: Any
    ) -> None:
        settings.JOB_RESEND_SECONDS = 30
        job = enqueue()
        age(job, dispatched_at=NOW, run_after=NOW)

        assert queue.sweep(NOW + timedelta(seconds=29)) == 0
        assert queue.sweep(NOW + timedelta(seconds=31)) == 1
        assert messages.job_ids() == [job.pk]
        # It counts as sent now, so that the next sweep is silent.
        assert queue.sweep(NOW + timedelta(seconds=32)) == 0

    def test_it_sends_a_later_job_when_its_time_has_come(self, messages: Messages) -> None:
        job = enqueue(run_after=timezone.now() + timedelta(hours=1))

        assert queue.sweep() == 0
        assert queue.sweep(job.run_after + timedelta(seconds=1)) == 1
        assert messages.job_ids() == [job.pk]

    def test_it_sends_a_job_whose_worker_vanished_at_once(self, messages: Messages) -> None:
        job = enqueue()
        lease = leases.claim(job.pk)
        assert lease is not None

        assert queue.sweep() == 0
        assert queue.sweep(timezone.now() + timedelta(seconds=lease.seconds + 1)) == 1
        assert messages.job_ids() == [job.pk]

    def test_it_leaves_ended_jobs_alone(self, messages: Messages) -> None:
        for key in ("done", "failed"):
            lease = leases.claim(enqueue(key).pk)
            assert lease is not None
            if key == "done":
                leases.finish(lease, Progress(), None)
            else:
                leases.fail(lease, Progress(), "no")

        assert queue.sweep(timezone.now() + timedelta(days=1)) == 0
        assert messages.job_ids() == []

    def test_it_sends_the_oldest_first_and_no_more_than_a_batch(
        self, messages: Messages, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queue, "SWEEP_BATCH", 2)
        jobs = [enqueue(f"job-{number}") for number in range(4)]
        for number, job in enumerate(jobs):
            age(job, dispatched_at=None, run_after=NOW - timedelta(minutes=number))

        assert queue.sweep() == 2
        assert messages.job_ids() == [jobs[3].pk, jobs[2].pk]

    def test_it_sends_no_more_while_enough_calls_lie_unread(
        self, messages: Messages, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queue, "SWEEP_BATCH", 3)
        for number in range(4):
            age(enqueue(f"job-{number}"), dispatched_at=None)
        wakeup.send(1, "test.work")
        wakeup.send(2, "test.work")

        assert queue.sweep() == 1
        assert queue.sweep() == 0
        assert len(messages.job_ids()) == 3

    def test_it_asks_little_of_the_database_when_nothing_is_due(
        self, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(1):
            assert queue.sweep() == 0

    def test_it_reads_the_index_of_live_jobs(self) -> None:
        plan = queue.due(NOW).order_by("run_after").explain()
        if connection.vendor == "sqlite":
            assert "jobs_live" in plan

    @pytest.mark.parametrize("broker", ["redis://127.0.0.1:1/0", "amqp://127.0.0.1:1//"])
    def test_it_survives_a_broker_that_is_away(
        self, dead_broker: Any, broker: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        age(enqueue(), dispatched_at=None)
        dead_broker(broker)

        assert queue.sweep() == 0
        assert "does not answer" in caplog.text


@pytest.mark.django_db
class TestRetry:
    def test_it_puts_a_failed_job_back_with_fresh_attempts(
        self, messages: Messages, django_capture_on_commit_callbacks: Any
    ) -> None:
        job = enqueue(max_attempts=1)
        lease = leases.claim(job.pk)
        assert lease is not None
        leases.fail(lease, Progress(1, 2, "half"), "It broke.")

        with django_capture_on_commit_callbacks(execute=True):
            job = queue.retry(job, requested_by="user:7")

        assert (job.state, job.requested_by) == (Job.State.WAITING, "user:7")
        # The attempts are numbered on, so that no two runs of a job share a number.
        assert (job.attempt, job.max_attempts) == (1, 1 + queue.MAX_ATTEMPTS)
        assert (job.progress_done, job.progress_note, job.finished_at) == (0, "", None)
        assert messages.job_ids() == [job.pk]
        again = leases.claim(job.pk)
        assert again is not None
        assert again.job.attempt == 2

    @pytest.mark.parametrize("state", ["waiting", "running", "done"])
    def test_it_refuses_a_job_that_has_not_failed(self, state: str) -> None:
        job = enqueue()
        if state != "waiting":
            lease = leases.claim(job.pk)
            assert lease is not None
            if state == "done":
                leases.finish(lease, Progress(), None)

        with pytest.raises(JobNotFailedError):
            queue.retry(job, requested_by="user:7")

        job.refresh_from_db()
        assert job.state == state


@pytest.mark.django_db
class TestPurge:
    def test_it_deletes_only_what_was_done_before(self) -> None:
        states = {"old": "done", "new": "done", "failed": "failed", "waiting": ""}
        for key, state in states.items():
            job = enqueue(key)
            if state:
                old = NOW - timedelta(days=1 if key == "new" else 100)
                age(job, state=state, finished_at=old)

        assert queue.purge(NOW - timedelta(days=90)) == 1
        assert set(Job.objects.values_list("key", flat=True)) == {"new", "failed", "waiting"}

    def test_it_deletes_in_batches_up_to_a_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(queue, "PURGE_BATCH", 2)
        for number in range(7):
            age(enqueue(f"job-{number}"), state="done", finished_at=NOW - timedelta(days=100))

        assert queue.purge(NOW, limit=4) == 4
        assert queue.purge(NOW, limit=4) == 3
