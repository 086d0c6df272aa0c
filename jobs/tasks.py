"""What the workers listen to: one job by its id, and the tick of the beat."""

from datetime import datetime, timedelta

from celery import shared_task

from jobs import performing, periodic, queue

KEEP_DONE = timedelta(days=90)


@shared_task(name="jobs.perform")
def perform(job_id: int) -> None:
    performing.perform(job_id)


@shared_task(name="jobs.tick")
def tick() -> None:
    """Send what is overdue, and run what is periodically due."""
    queue.sweep()
    periodic.run_due()


@periodic.every(seconds=3600, name="jobs.purge")
def purge(now: datetime) -> None:
    """Clear away jobs that were done long ago, so that the table does not grow for ever."""
    queue.purge(now - KEEP_DONE)
