"""Running one job: claim it, hand it to its handler, write what came of it."""

import logging
from datetime import timedelta

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from jobs import handlers, leases
from jobs.errors import JobsError, LeaseLostError, RetryLater, StepAside, TransientError
from jobs.heartbeat import Heartbeat
from jobs.leases import Lease
from jobs.queue import due
from jobs.work import Work

log = logging.getLogger(__name__)


def perform(job_id: int) -> bool:
    """Run a job if it is due and free; return whether this call ran an attempt of it."""
    lease = leases.claim(job_id)
    if lease is None:
        return False
    work = Work(
        job_id=job_id,
        key=lease.job.key,
        payload=lease.job.payload,
        attempt=lease.job.attempt,
        is_last_attempt=lease.is_last_attempt,
    )
    try:
        _attempt(lease, work)
    except LeaseLostError:
        log.warning("Job %s (%s) was taken over; this run does not count.", job_id, lease.job.kind)
    return True


def drain() -> int:
    """Run every due job in this process until none is left; return how many attempts were made."""
    total = 0
    while True:
        waiting = due(timezone.now()).order_by("run_after", "pk").values_list("pk", flat=True)
        made = sum(perform(job_id) for job_id in list(waiting))
        if not made:
            return total
        total += made


def _attempt(lease: Lease, work: Work) -> None:
    try:
        with Heartbeat(lease, work):
            result = handlers.find(lease.job.kind).run(work)
        leases.finish(lease, work.reported, result)
    except LeaseLostError:
        raise
    except StepAside as way:
        leases.put_back(lease, work.reported, after=way.after, error=str(way), more_attempts=1)
    except RetryLater as request:
        _try_again(lease, work, after=request.after, reason=str(request))
    except TransientError as error:
        _try_again(lease, work, after=leases.back_off(work.attempt), reason=str(error))
    except (OperationalError, InterfaceError) as error:
        log.exception("Job %s (%s) could not reach the database.", work.job_id, lease.job.kind)
        # A broken connection is opened anew. Inside a caller's transaction it must stay.
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        reason = f"The database did not answer: {error}"
        _try_again(lease, work, after=leases.back_off(work.attempt), reason=reason)
    except SoftTimeLimitExceeded:
        minutes = lease.limit_seconds / 60
        leases.fail(lease, work.reported, f"The job was stopped: it ran over {minutes:g} minutes.")
    except JobsError as error:
        leases.fail(lease, work.reported, str(error))
    except Exception as error:
        log.exception("Job %s (%s) failed.", work.job_id, lease.job.kind)
        leases.fail(lease, work.reported, f"{type(error).__name__}: {error}")


def _try_again(lease: Lease, work: Work, *, after: timedelta, reason: str) -> None:
    if work.is_last_attempt:
        made = f"Given up after {work.attempt} attempts. {reason}"
        leases.fail(lease, work.reported, made)
    else:
        leases.put_back(lease, work.reported, after=after, error=reason)
