"""Claiming a job for one worker, and the fence: only the holder of the lease writes its outcome."""

import json
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from jobs import handlers
from jobs.errors import LeaseLostError, ResultTooLargeError, UnknownKindError
from jobs.models import Job
from jobs.queue import due
from jobs.work import Progress

MAX_RESULT_BYTES = 64 * 1024
MAX_ERROR_LETTERS = 2000
BACK_OFF_SECONDS = 10
MAX_BACK_OFF_SECONDS = 3600

_CLAIMED = [
    "state",
    "attempt",
    "lease_id",
    "lease_until",
    "started_at",
    "dispatched_at",
    "progress_done",
    "progress_total",
    "progress_note",
]
_ENDED = ["state", "lease_id", "lease_until", "finished_at", "error"]

_chance = random.SystemRandom()


@dataclass(frozen=True)
class Lease:
    """The right to run one attempt of a job, until `seconds` after its last renewal.

    It is renewed for `limit_seconds` at most, so that a hung run does not hold its job for ever.
    """

    job: Job
    lease_id: uuid.UUID
    seconds: int
    limit_seconds: int

    @property
    def is_last_attempt(self) -> bool:
        return self.job.attempt >= self.job.max_attempts


def claim(job_id: int) -> Lease | None:
    """Take a due job for this worker; None when it is gone, done, not due, or somebody else's turn.

    A job whose worker vanished for the last time that it may ends here as failed.
    """
    now = timezone.now()
    with transaction.atomic():
        # SQLite has no row locks; there the whole transaction is IMMEDIATE and so excludes others.
        job = due(now).select_for_update(skip_locked=True).filter(pk=job_id).first()
        if job is None:
            return None
        if job.state == Job.State.RUNNING and job.attempt >= job.max_attempts:
            _give_up(job, now)
            return None
        pause = _turn(job)
        if pause:
            # Whoever waits for a turn is no attempt; the sweep calls again when it is time.
            job.run_after, job.dispatched_at = now + pause, None
            job.save(update_fields=["run_after", "dispatched_at"])
            return None
        lease = _new_lease(job)
        job.state = Job.State.RUNNING
        job.attempt += 1
        job.lease_id = lease.lease_id
        job.lease_until = now + timedelta(seconds=lease.seconds)
        job.started_at = now
        # When this worker vanishes, the sweep must not think that somebody was just told.
        job.dispatched_at = None
        job.progress_done = job.progress_total = 0
        job.progress_note = ""
        job.save(update_fields=_CLAIMED)
    return lease


def _turn(job: Job) -> timedelta | None:
    """Return how long a waiting job must leave the worker to others; None where it may start."""
    if job.state != Job.State.WAITING:
        return None
    try:
        turn = handlers.find(job.kind).turn
    except UnknownKindError:
        return None
    return turn(job) if turn else None


def renew(lease: Lease, progress: Progress) -> None:
    """Keep the lease and show the progress; raises LeaseLostError."""
    until = timezone.now() + timedelta(seconds=lease.seconds)
    _write(lease, progress, lease_until=until)


def finish(lease: Lease, progress: Progress, result: Mapping[str, object] | None) -> None:
    """End the job as done; raises LeaseLostError, ResultTooLargeError."""
    if len(json.dumps(result)) > MAX_RESULT_BYTES:
        raise ResultTooLargeError
    _end(lease, progress, state=Job.State.DONE, result=result, error="")


def fail(lease: Lease, progress: Progress, error: str) -> None:
    """End the job as failed; raises LeaseLostError."""
    _end(lease, progress, state=Job.State.FAILED, error=_storable(error))


def put_back(
    lease: Lease, progress: Progress, *, after: timedelta, error: str, more_attempts: int = 0
) -> None:
    """Let the job wait for its next attempt; raises LeaseLostError."""
    _write(
        lease,
        progress,
        state=Job.State.WAITING,
        max_attempts=lease.job.max_attempts + more_attempts,
        run_after=timezone.now() + after,
        lease_id=None,
        lease_until=None,
        error=_storable(error),
    )


def back_off(attempt: int) -> timedelta:
    """Return how long to wait after this attempt: doubled each time, a half more or less."""
    seconds = min(BACK_OFF_SECONDS * 2 ** (attempt - 1), MAX_BACK_OFF_SECONDS)
    return timedelta(seconds=seconds * _chance.uniform(0.5, 1.5))


def _give_up(job: Job, now: datetime) -> None:
    job.state = Job.State.FAILED
    job.lease_id = job.lease_until = None
    job.finished_at = now
    job.error = (
        f"The worker vanished in attempt {job.attempt}, the last one: it was killed, ran out of"
        " memory or lost the database. See the worker's log, then try the job again."
    )
    job.save(update_fields=_ENDED)


def _new_lease(job: Job) -> Lease:
    usual = int(settings.JOB_LEASE_SECONDS)
    try:
        handler = handlers.find(job.kind)
    except UnknownKindError:
        # The attempt finds that out too, and fails the job with a sentence.
        return Lease(job, uuid.uuid4(), usual, handlers.DEFAULT_LIMIT_SECONDS)
    return Lease(job, uuid.uuid4(), handler.lease_seconds or usual, handler.limit_seconds)


def _storable(text: str) -> str:
    # PostgreSQL keeps no NUL character in a text.
    return text.replace("\x00", "")[:MAX_ERROR_LETTERS]


def _end(lease: Lease, progress: Progress, **changes: Any) -> None:
    _write(lease, progress, **changes, lease_id=None, lease_until=None, finished_at=timezone.now())


def _write(lease: Lease, progress: Progress, **changes: Any) -> None:
    mine = Job.objects.filter(pk=lease.job.pk, lease_id=lease.lease_id)
    written = mine.update(
        progress_done=progress.done,
        progress_total=progress.total,
        progress_note=_storable(progress.note),
        **changes,
    )
    if not written:
        raise LeaseLostError
