"""Running one job from its claim to its outcome."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError
from django.utils import timezone

from jobs import performing, queue
from jobs.errors import JobsError, LeaseLostError, RetryLater, TransientError
from jobs.models import Job
from jobs.work import Work
from tests.jobs.conftest import Handle

pytestmark = pytest.mark.django_db


def enqueue(**changes: Any) -> Job:
    return queue.enqueue("test.work", **({"key": "one", "payload": {"n": 1}} | changes))


def perform(job: Job) -> Job:
    assert performing.perform(job.pk)
    job.refresh_from_db()
    return job


def raising(error: Exception) -> Callable[[Work], None]:
    def run(_work: Work) -> None:
        raise error

    return run


def test_it_hands_the_job_to_its_handler_and_keeps_the_result(handle: Handle) -> None:
    seen: list[Work] = []

    def run(work: Work) -> dict[str, int]:
        seen.append(work)
        work.progress(2, 5, "two of five")
        return {"n": work.payload["n"] + 1}

    handle(run)
    job = perform(enqueue(max_attempts=2))

    assert (job.state, job.result) == ("done", {"n": 2})
    assert (job.progress_done, job.progress_total, job.progress_note) == (2, 5, "two of five")
    assert (seen[0].job_id, seen[0].key, seen[0].attempt) == (job.pk, "one", 1)
    assert not seen[0].is_last_attempt


def test_it_runs_a_doubled_message_once(handle: Handle) -> None:
    runs: list[int] = []
    handle(lambda work: runs.append(work.attempt))
    job = enqueue()

    assert performing.perform(job.pk)
    assert not performing.perform(job.pk)
    assert runs == [1]


def test_it_tries_again_after_the_time_that_the_handler_asks_for(handle: Handle) -> None:
    handle(raising(RetryLater(timedelta(minutes=7), "The source asks for patience.")))

    job = perform(enqueue())

    assert (job.state, job.error) == ("waiting", "The source asks for patience.")
    assert timedelta(minutes=6) < job.run_after - timezone.now() < timedelta(minutes=7)


def test_it_backs_off_after_a_transient_error(handle: Handle) -> None:
    class SourceAwayError(TransientError):
        """The source does not answer."""

    handle(raising(SourceAwayError()))

    job = perform(enqueue())

    assert (job.state, job.error) == ("waiting", "The source does not answer.")
    assert timezone.now() < job.run_after < timezone.now() + timedelta(seconds=16)


@pytest.mark.parametrize(
    "error",
    [
        TransientError("Away."),
        RetryLater(timedelta(0), "Away."),
        OperationalError("Away."),
    ],
)
def test_it_fails_when_the_last_attempt_fails(handle: Handle, error: Exception) -> None:
    handle(raising(error))
    job = enqueue(max_attempts=2)
    perform(job)
    Job.objects.update(run_after=timezone.now())

    job = perform(job)

    assert (job.state, job.attempt) == ("failed", 2)
    assert job.error.startswith("Given up after 2 attempts.")
    assert job.error.endswith("Away.")


def test_it_tries_again_when_the_database_did_not_answer(handle: Handle) -> None:
    handle(raising(OperationalError("database is locked")))

    job = perform(enqueue())

    assert job.state == "waiting"
    assert "database is locked" in job.error


def test_it_fails_at_once_on_any_other_error(
    handle: Handle, caplog: pytest.LogCaptureFixture
) -> None:
    handle(raising(ValueError("column 3 is no date")))

    job = perform(enqueue())

    assert (job.state, job.error) == ("failed", "ValueError: column 3 is no date")
    assert "Traceback" in caplog.text


def test_it_keeps_the_sentence_of_an_own_error_without_its_class(handle: Handle) -> None:
    handle(raising(JobsError("Ask the owner of the source.")))

    assert perform(enqueue()).error == "Ask the owner of the source."


def test_it_fails_a_job_that_outlasts_its_limit(handle: Handle) -> None:
    handle(raising(SoftTimeLimitExceeded()), limit_seconds=120)

    job = perform(enqueue())

    assert (job.state, job.error) == ("failed", "The job was stopped: it ran over 2 minutes.")


def test_it_fails_a_job_whose_plug_in_was_removed(handle: Handle) -> None:
    handle(lambda _work: None)
    job = enqueue()
    Job.objects.update(kind="gone.kind")

    job = perform(job)

    assert job.state == "failed"
    assert "'gone.kind'" in job.error


def test_it_fails_a_job_whose_result_is_no_json(handle: Handle) -> None:
    handle(lambda _work: {"when": timezone.now()})

    job = perform(enqueue())

    assert job.state == "failed"
    assert "not JSON serializable" in job.error


def test_it_lets_the_outcome_of_the_other_worker_stand(
    handle: Handle, caplog: pytest.LogCaptureFixture
) -> None:
    def run(work: Work) -> dict[str, str]:
        # Meanwhile another worker has taken the job over and finished it.
        Job.objects.update(
            state="done",
            lease_id=None,
            lease_until=None,
            finished_at=timezone.now(),
            result={"by": "other"},
        )
        return {"by": work.key}

    handle(run)
    with caplog.at_level(logging.WARNING):
        job = perform(enqueue())

    assert (job.state, job.result) == ("done", {"by": "other"})
    assert "taken over" in caplog.text


def test_it_stops_a_handler_whose_lease_is_lost(handle: Handle) -> None:
    steps: list[int] = []

    def run(work: Work) -> None:
        for step in range(3):
            work.progress(step, 3)
            steps.append(step)
            work.lost.set()

    handle(run)
    job = perform(enqueue())

    assert steps == [0]
    # Nothing is written: whoever has the lease now says how the job ends.
    assert job.state == "running"


def test_it_drains_what_is_due_also_what_a_job_enqueues(handle: Handle) -> None:
    def run(work: Work) -> None:
        if work.payload["n"] < 3:
            enqueue(key=f"next-{work.payload['n']}", payload={"n": work.payload["n"] + 1})

    handle(run)
    enqueue()
    later = enqueue(key="later", run_after=timezone.now() + timedelta(hours=1))

    assert performing.drain() == 3
    assert set(Job.objects.filter(state="waiting")) == {later}


def test_it_makes_the_lost_lease_known_to_the_handler() -> None:
    work = Work(job_id=1, key="one", payload={})
    work.progress(1, 2, "x" * 500)
    assert len(work.reported.note) == 200

    work.lost.set()
    with pytest.raises(LeaseLostError):
        work.progress(2, 2)
