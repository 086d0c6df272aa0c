"""What the workers listen to."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs import queue, tasks
from jobs.models import Job
from tests.jobs.conftest import Handle, Messages

pytestmark = pytest.mark.django_db


def test_it_performs_the_job_of_the_message(handle: Handle) -> None:
    handle(lambda _work: {"done": True})
    job = queue.enqueue("test.work", key="one", payload={})

    tasks.perform(job.pk)

    assert Job.objects.get().result == {"done": True}


@pytest.mark.usefixtures("no_periodic")
def test_it_sends_what_is_overdue_at_a_tick(handle: Handle, messages: Messages) -> None:
    handle(lambda _work: None)
    job = queue.enqueue("test.work", key="one", payload={})
    Job.objects.update(dispatched_at=None)

    tasks.tick()

    assert messages.job_ids() == [job.pk]


def test_it_clears_away_what_was_done_three_months_ago(handle: Handle) -> None:
    handle(lambda _work: None)
    now = timezone.now()
    for days in (89, 91):
        job = queue.enqueue("test.work", key=f"{days} days", payload={})
        ended = now - timedelta(days=days)
        Job.objects.filter(pk=job.pk).update(state="done", finished_at=ended)

    tasks.purge(now)

    assert Job.objects.get().key == "89 days"
