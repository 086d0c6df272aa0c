"""Which sources have stopped reporting: an answer was due, a day has passed, and none came.

Rules:
- Only a source that is switched on and has a schedule is waited for; nobody is due to drop a file.
- A collector that asks for the moment owes an answer at the first time of its schedule after the
  last one that it gave; one that never gave any owes it since it was connected.
- One that asks for closed windows owes one for the latest window whose time has come: the first
  time of the schedule once the window was over and settled. Until then it may rest.
- A partial answer is an answer here: its run says what it lacks. A failed run is none.
- What fails for a day is tried again meanwhile; only then it is silence.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery

from collectors import planning, registry, schedule
from collectors.base import AsksFor
from collectors.errors import CollectorError
from collectors.models import Run, Source
from collectors.period import Period
from controls import settling

log = logging.getLogger(__name__)

GRACE = timedelta(days=1)
_MOST_WINDOWS = 40


@dataclass(frozen=True)
class Silence:
    """One source that owes an answer since `due`; `last` is when it gave its last one."""

    source: Source
    due: datetime
    last: datetime | None
    period: Period | None
    """The days that it owes an answer about; None: the moment at which it was due."""


def silent(now: datetime) -> list[Silence]:
    """Return the sources that have stopped reporting, by slug; a fixed number of queries."""
    answers = Run.objects.filter(source=OuterRef("pk")).exclude(state=Run.State.FAILED)
    known = answers.filter(period_to__isnull=False)
    sources = (
        Source.objects.filter(enabled=True)
        .exclude(schedule="")
        .annotate(
            last_answer=Subquery(answers.order_by("-number").values("started_at")[:1]),
            last_day=Subquery(known.order_by("-period_from").values("period_to")[:1]),
        )
        .prefetch_related("expectations")
        .order_by("slug")
    )
    found = []
    for source in sources:
        try:
            missed = _missed(source, now)
        except CollectorError:
            # One broken row must not keep the others from being looked at.
            log.exception("Source %s has a schedule that cannot be read.", source.slug)
            continue
        if missed:
            found.append(missed)
    return found


def _missed(source: Source, now: datetime) -> Silence | None:
    collector = registry.collectors().get(source.collector)
    asks_for = collector.declared.asks_for if collector else AsksFor.MOMENT
    last: datetime | None = source.last_answer  # type: ignore[attr-defined]
    if asks_for is AsksFor.FILE:
        return None
    if asks_for is AsksFor.CLOSED_WINDOW:
        return _window_missed(source, now, last, remembers=collector.declared.remembers)  # type: ignore[union-attr]
    due = _next(source, last) if last else source.created_at
    return Silence(source, due, last, None) if due and due + GRACE < now else None


def _window_missed(
    source: Source, now: datetime, last: datetime | None, *, remembers: bool
) -> Silence | None:
    """Judge the latest window whose time came more than a day ago."""
    for period, ready in _windows(source, now):
        due = source.created_at if ready <= source.created_at else _next(source, ready)
        if due is None or due + GRACE >= now:
            continue
        was_there = remembers or period.end >= Period.day(source.created_at, _zone(source)).start
        answered = source.last_day is not None and source.last_day >= period.end  # type: ignore[attr-defined]
        return Silence(source, due, last, period) if was_there and not answered else None
    return None


def _windows(source: Source, now: datetime) -> Iterator[tuple[Period, datetime]]:
    """Yield the latest windows, the newest first, each with the moment at which it was settled."""
    lag = planning.lag_of(source.expectations.all())
    for period in planning.settled_windows(source, now)[: -_MOST_WINDOWS - 1 : -1]:
        day = settling.whole_from(period.end, lag)
        yield period, datetime.combine(day, time(), _zone(source))


def _next(source: Source, after: datetime) -> datetime | None:
    return schedule.first_due(source.schedule, source.time_zone, after=after)


def _zone(source: Source) -> ZoneInfo:
    return schedule.zone(source.time_zone)
