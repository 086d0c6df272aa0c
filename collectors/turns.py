"""Shares the workers out among sources, so that none of them starves the others.

Rules:
- A source holds one worker at a time: its next period waits until the one before has ended.
- A run that takes longer than COLLECTOR_SLICE_SECONDS is long. Long runs together never hold the
  last worker: there are COLLECTOR_LONG_RUNS places for them, usually all workers but one.
- A source counts as long by its latest run, or because it was stopped for it; a new one counts as
  quick. When its slice is over, all places are taken and somebody waits, it steps aside, keeps
  nothing, and begins anew when there is a place. Of several the one that began last does.
- Waiting for a turn is no attempt, and leaves no run.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

from django.conf import settings
from django.core.cache import cache
from django.db.models import QuerySet
from django.utils import timezone

from collectors.models import Run
from jobs import queue
from jobs.errors import StepAside
from jobs.models import Job

RUN = "collectors.run"
PAUSE = timedelta(seconds=5)
"""How long a job waits before it asks for a turn again."""
_REMEMBERED_SECONDS = 7 * 24 * 3600


def turn(job: Job) -> timedelta | None:
    """Return how long a due run must wait for its turn; None where it may start."""
    source = job.payload["source"]
    others = list(_running().exclude(pk=job.pk))
    if any(other.payload["source"] == source for other in others):
        return PAUSE
    return PAUSE if _is_long(source) and not _places_left(others) else None


def make_way(job_id: int) -> Callable[[], None]:
    """Return what a run asks between its questions; it raises StepAside where others need it."""
    began = monotonic()
    due = [began + settings.COLLECTOR_SLICE_SECONDS]

    def look() -> None:
        if monotonic() < due[0]:
            return
        due[0] = monotonic() + settings.COLLECTOR_SLICE_SECONDS / 4
        mine = Job.objects.filter(pk=job_id).first()
        if mine and mine.started_at and _is_in_the_way(mine, mine.started_at):
            cache.set(_mark(mine.payload["source"]), 1, timeout=_REMEMBERED_SECONDS)
            raise StepAside(PAUSE, "It takes long and others wait; it begins anew in its turn.")

    return look


def _is_in_the_way(mine: Job, began: datetime) -> bool:
    """Tell whether somebody waits while those who began before hold all places for long runs."""
    before = [
        other
        for other in _running().exclude(pk=mine.pk)
        if other.started_at and (other.started_at, other.pk) < (began, mine.pk)
    ]
    waiting = queue.due(timezone.now()).filter(state=Job.State.WAITING)
    return not _places_left(before) and waiting.exists()


def _places_left(running: list[Job]) -> bool:
    slice_began = timezone.now() - timedelta(seconds=settings.COLLECTOR_SLICE_SECONDS)
    held = sum(
        bool(job.started_at and job.started_at < slice_began) or _is_long(job.payload["source"])
        for job in running
    )
    return held < settings.COLLECTOR_LONG_RUNS


def _running() -> QuerySet[Job]:
    return Job.objects.filter(
        kind=RUN, state=Job.State.RUNNING, finished_at=None, lease_until__gt=timezone.now()
    )


def _is_long(source: int) -> bool:
    if cache.get(_mark(source)):
        return True
    latest = Run.objects.filter(source=source).order_by("-number").first()
    return bool(latest and latest.took.total_seconds() > settings.COLLECTOR_SLICE_SECONDS)


def _mark(source: int) -> str:
    return f"collectors-long-{source}"
