"""Putting work into the Job table, sending it again when it is overdue, and clearing it away."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from jobs import handlers, wakeup
from jobs.errors import JobNotFailedError
from jobs.models import Job

MAX_ATTEMPTS = 5
PATIENT_ATTEMPTS = 14
"""For what waits for a foreign server: with the usual back-off these last for about five hours."""
LONGEST_LEASE = timedelta(days=1)
# So many unread wake-up calls are enough to keep every worker busy until the next sweep.
SWEEP_BATCH = 200
PURGE_BATCH = 1000


def enqueue(
    kind: str,
    *,
    key: str,
    payload: Mapping[str, Any],
    requested_by: str = "system",
    run_after: datetime | None = None,
    max_attempts: int = MAX_ATTEMPTS,
) -> Job:
    """Return the job with this key, inserted inside the caller's transaction if it is new.

    Raises UnknownKindError. Workers hear of the job when the transaction is committed; a job with
    `run_after` in the future is sent by the sweep.
    """
    handlers.find(kind)
    existing = Job.objects.filter(key=key).first()
    if existing is not None:
        return existing
    now = timezone.now()
    due = run_after is None or run_after <= now
    job = Job(
        kind=kind,
        key=key,
        payload=dict(payload),
        requested_by=requested_by,
        run_after=run_after or now,
        max_attempts=max_attempts,
        dispatched_at=now if due else None,
    )
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        # Another process was first with this key.
        return Job.objects.get(key=key)
    if due:
        transaction.on_commit(partial(wakeup.send, job.pk, kind))
    return job


def retry(job: Job, *, requested_by: str) -> Job:
    """Put a failed job back into the queue with fresh attempts; raises JobNotFailedError."""
    now = timezone.now()
    with transaction.atomic():
        changed = Job.objects.filter(pk=job.pk, state=Job.State.FAILED).update(
            state=Job.State.WAITING,
            max_attempts=F("attempt") + MAX_ATTEMPTS,
            requested_by=requested_by,
            run_after=now,
            dispatched_at=now,
            finished_at=None,
            progress_done=0,
            progress_total=0,
            progress_note="",
        )
        if not changed:
            raise JobNotFailedError
        transaction.on_commit(partial(wakeup.send, job.pk, job.kind))
    job.refresh_from_db()
    return job


def due(now: datetime) -> QuerySet[Job]:
    """Return the jobs that a worker may claim: due ones, and those whose worker is gone."""
    waiting = Q(state=Job.State.WAITING, run_after__lte=now)
    running = Q(state=Job.State.RUNNING)
    # No lease is that long: a clock that was ahead wrote it, and its worker is gone.
    gone = Q(lease_until__lt=now) | Q(lease_until__gt=now + LONGEST_LEASE)
    return Job.objects.filter(waiting | (running & gone), finished_at__isnull=True)


def sweep(now: datetime | None = None) -> int:
    """Send wake-up calls for due jobs that nobody heard of lately, oldest first; return how many.

    A job is sent again after JOB_RESEND_SECONDS, and only while few calls lie unread, so that a
    long queue does not grow one message for every job and sweep.
    """
    now = now or timezone.now()
    silent_since = now - timedelta(seconds=settings.JOB_RESEND_SECONDS)
    unheard = due(now).filter(Q(dispatched_at__isnull=True) | Q(dispatched_at__lt=silent_since))
    batch = list(unheard.order_by("run_after", "pk").values_list("pk", "kind")[:SWEEP_BATCH])
    if not batch:
        return 0
    unread = wakeup.unread()
    if unread is None or unread >= SWEEP_BATCH:
        return 0
    batch = batch[: SWEEP_BATCH - unread]
    Job.objects.filter(pk__in=[pk for pk, _ in batch]).update(dispatched_at=now)
    return sum(wakeup.send(pk, kind) for pk, kind in batch)


def purge(before: datetime, *, limit: int = 10 * PURGE_BATCH) -> int:
    """Delete at most `limit` jobs that were done before a time; return how many.

    A deleted job's key is free again: keys name a period, and nobody asks for an old one.
    """
    deleted = 0
    while deleted < limit:
        old = Job.objects.filter(state=Job.State.DONE, finished_at__lt=before)
        batch = list(old.order_by("finished_at").values_list("pk", flat=True)[:PURGE_BATCH])
        deleted += Job.objects.filter(pk__in=batch, state=Job.State.DONE).delete()[0]
        if len(batch) < PURGE_BATCH:
            break
    return deleted
