"""Turns what is due into jobs: schedules, files in inboxes, watched addresses.

Every job has a key that names its occasion, so a tick that runs twice asks once.
"""

import logging
from datetime import datetime
from typing import Any

from django.db import transaction

from collectors import planning, probing, registry, schedule, turns
from collectors.base import AsksFor
from collectors.errors import CollectorError, UnknownCollectorError
from collectors.files import inbox
from collectors.models import ProbeSample, Source
from collectors.period import Period
from jobs import queue
from jobs.models import Job

log = logging.getLogger(__name__)

RUN = turns.RUN
PROBE = "collectors.probe"
SEARCH = "collectors.inbox"


def enqueue_due(now: datetime) -> list[Job]:
    """Enqueue jobs for every source whose time has come; of missed times only for the latest."""
    jobs = []
    sources = Source.objects.filter(enabled=True).exclude(schedule="")
    for source in sources.prefetch_related("expectations"):
        try:
            moment = due_time(source, now)
        except CollectorError:
            # One broken row must not keep the others from being asked.
            log.exception("Source %s has a schedule that cannot be read.", source.slug)
            continue
        if moment:
            jobs += enqueue_source(source, due=moment, now=now)
    return jobs


def due_time(source: Source, now: datetime) -> datetime | None:
    """Return the time for which to ask a source now: its first at once, then by its schedule.

    A source whose lists of events must settle is asked once more so many days after each time,
    because a schedule such as once a month would come to a settled month only a month later.
    """
    if source.asked_until is None:
        return source.created_at
    lags = {0, planning.lag_of(source.expectations.all())}
    found = [
        schedule.latest_due(
            source.schedule, source.time_zone, after=source.asked_until, now=now, days_later=lag
        )
        for lag in sorted(lags)
    ]
    return max((moment for moment in found if moment), default=None)


@transaction.atomic
def enqueue_source(source: Source, *, due: datetime, now: datetime) -> list[Job]:
    """Enqueue what a source is to be asked for at a due time, and remember that time."""
    stem = f"run:{source.pk}:{due.isoformat()}"
    jobs = []
    for period in _periods(source, now):
        key = f"{stem}:{period.start}" if period else stem
        jobs.append(enqueue_run(source, key=key, period=period))
    Source.objects.filter(pk=source.pk).update(asked_until=due)
    return jobs


def enqueue_run(
    source: Source,
    *,
    key: str,
    period: Period | None = None,
    requested_by: str = "system",
    file: str = "",
) -> Job:
    """Enqueue one run; without a period the collector's own rule holds when the job runs."""
    payload: dict[str, Any] = {
        "source": source.pk,
        "period_from": period.start.isoformat() if period else None,
        "period_to": period.end.isoformat() if period else None,
        "requested_by": requested_by,
    }
    if file:
        payload["file"] = file
    return queue.enqueue(RUN, key=key, payload=payload, requested_by=requested_by)


def enqueue_search(now: datetime) -> Job | None:
    """Enqueue a look into the watched folders, where there is anything in them.

    Files are hashed to know them, which takes too long for a tick and its transaction.
    """
    if not any(inbox.has_files(source) for source in inbox.watching()):
        return None
    minute = now.replace(second=0, microsecond=0).isoformat()
    return queue.enqueue(SEARCH, key=f"inbox:{minute}", payload={}, max_attempts=1)


def enqueue_arrivals(now: datetime) -> list[Job]:
    """Enqueue a run for every settled file in a watched folder."""
    return [
        enqueue_run(arrival.source, key=arrival.ticket, file=arrival.path.name)
        for source in inbox.watching()
        for arrival in inbox.arrivals(source, now=now)
    ]


def enqueue_probe(now: datetime) -> Job | None:
    """Enqueue this minute's look at the watched addresses, where there are any."""
    if not Source.objects.filter(collector=probing.COLLECTOR, enabled=True).exists():
        return None
    minute = ProbeSample.minute(now).isoformat()
    # A look that was missed cannot be made up for, so it is not tried twice.
    return queue.enqueue(PROBE, key=f"probe:{minute}", payload={}, max_attempts=1)


def _periods(source: Source, now: datetime) -> list[Period | None]:
    try:
        collector = registry.get(source.collector)
    except UnknownCollectorError:
        # The run will fail with the same words, where people look for them.
        return [None]
    if collector.declared.asks_for is AsksFor.MOMENT:
        # The day is that of the run, which may start after midnight.
        return [None]
    return list(planning.periods_due(source, collector, now=now))
