"""Which periods a source is to be asked for when it is due.

Rules:
- A collector that asks for the moment is asked for the day of the run.
- One that asks for closed windows is asked for every window of the shortest cadence among the
  source's expectations (monthly without any) that ended before today and has no whole answer yet:
  those that ended since the source was connected, and the last one before that, unless the
  system cannot remember that far.
- A partial answer is asked for again, but not for ever: some gaps can never be closed.
"""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Count

from collectors import schedule
from collectors.base import AsksFor, Declaration
from collectors.models import Run, Source
from collectors.period import Period
from collectors.registry import Collector
from controls.cadence import Cadence, windows

MOST_AT_ONCE = 40
PARTIAL_TRIES = 3
_YEARS = 3

_SHORTEST_FIRST = (
    Cadence.CONTINUOUS,
    Cadence.DAILY,
    Cadence.BUSINESS_DAILY,
    Cadence.WEEKLY,
    Cadence.TWICE_MONTHLY,
    Cadence.MONTHLY,
    Cadence.PER_EVENT,
    Cadence.QUARTERLY,
    Cadence.SEMI_ANNUAL,
    Cadence.ANNUAL,
)


def periods_due(source: Source, collector: Collector, *, now: datetime) -> list[Period]:
    """Return the periods to ask for now, the oldest first."""
    declared = collector.declared
    zone = schedule.zone(source.time_zone)
    today = Period.day(now, zone)
    if declared.asks_for is AsksFor.FILE:
        return []
    if declared.asks_for is AsksFor.MOMENT:
        return [today]
    connected = Period.day(source.created_at, zone).start
    closed = closed_windows(_cadence(source), today.start)
    answered = _settled(source)
    wanted = [period for period in _since(closed, connected, declared) if period not in answered]
    return wanted[:MOST_AT_ONCE]


def last_closed(source: Source, *, now: datetime) -> Period:
    """Return the last window that ended before today."""
    today = Period.day(now, schedule.zone(source.time_zone)).start
    return closed_windows(_cadence(source), today)[-1]


def closed_windows(cadence: Cadence, today: date) -> list[Period]:
    """Return the windows of a cadence that ended before today, of the last years."""
    found = windows(cadence, date(today.year - _YEARS, 1, 1), today, days_allowed=0)
    # The first may be a week that the year cuts. The last is cut at today; whether it would end
    # today or later, it is not closed.
    return [Period(window.start, window.end) for window in found[1:] if window.end < today]


def _since(closed: list[Period], connected: date, declared: Declaration) -> Iterable[Period]:
    first = next(
        (place for place, period in enumerate(closed) if period.end >= connected), len(closed)
    )
    if declared.remembers and first > 0:
        first -= 1
    return closed[first:]


def _cadence(source: Source) -> Cadence:
    asked = {
        Cadence(word) for word in source.expectations.values_list("cadence", flat=True).order_by()
    }
    return next((cadence for cadence in _SHORTEST_FIRST if cadence in asked), Cadence.MONTHLY)


def _settled(source: Source) -> set[Period]:
    """Return the periods that have a whole answer, or too many partial ones."""
    counted = (
        source.runs.filter(period_from__isnull=False)
        .exclude(state=Run.State.FAILED)
        .values_list("period_from", "period_to", "state")
        .annotate(times=Count("pk"))
        .order_by()
    )
    return {
        Period(start, end)
        for start, end, state, times in counted
        if state != Run.State.PARTIAL or times >= PARTIAL_TRIES
    }
