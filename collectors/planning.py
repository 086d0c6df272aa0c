"""Which periods a source is to be asked for when it is due.

Rules:
- A collector that asks for the moment is asked for the day of the run.
- One that asks for closed windows is asked for every window of the shortest cadence among the
  source's expectations (monthly without any) that is over and settled (`controls.settling`, with
  the longest lag of these expectations) and has no whole answer yet: those that ended since the
  source was connected, and the last one before that, unless the system cannot remember that far.
- For every business day means every day here: money moves on Saturdays too, and the run of the
  next business day reads what came of them.
- What was asked before its window was settled is no answer, whole as it may look: coverage does
  not take it.
- A partial answer is asked for again, but not for ever: some gaps can never be closed.
- A day is over when it is over by the clocks of the source and by those of the organisation, in
  whose days coverage counts.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from collectors import schedule
from collectors.base import AsksFor, Declaration
from collectors.models import Run, Source
from collectors.period import Period
from collectors.registry import Collector
from controls import settling
from controls.cadence import Cadence, windows
from controls.models import Expectation

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
    closed = settled_windows(source, now)
    answered = _answered(source)
    wanted = [period for period in _since(closed, connected, declared) if period not in answered]
    return wanted[:MOST_AT_ONCE]


def last_closed(source: Source, *, now: datetime) -> Period:
    """Return the last window that is over and settled."""
    return settled_windows(source, now)[-1]


def asked_on(zone: ZoneInfo, now: datetime) -> date:
    """Return the day as of which an answer counts: the earlier by the two clocks."""
    ours = ZoneInfo(settings.ORGANISATION_TIME_ZONE)
    return min(now.astimezone(zone).date(), now.astimezone(ours).date())


def lag_of(expectations: Iterable[Expectation]) -> int:
    """Return the days that must pass until all these take a list of events for whole."""
    lags = [one.lag_days for one in expectations if one.kind == Expectation.Kind.EVENT]
    return max(lags, default=0)


def settled_windows(source: Source, now: datetime) -> list[Period]:
    """Return the windows of the last years that are over and settled, the oldest first."""
    known = asked_on(schedule.zone(source.time_zone), now) - timedelta(
        days=lag_of(source.expectations.all())
    )
    return closed_windows(_cadence(source), known)


def closed_windows(cadence: Cadence, today: date) -> list[Period]:
    """Return the windows of a cadence that ended before a day, of the last years."""
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
    asked = {Cadence(one.cadence) for one in source.expectations.all()}
    shortest = next((cadence for cadence in _SHORTEST_FIRST if cadence in asked), Cadence.MONTHLY)
    return Cadence.DAILY if shortest is Cadence.BUSINESS_DAILY else shortest


def _answered(source: Source) -> set[Period]:
    """Return the periods that have a whole answer, or too many partial ones."""
    zone, lag = schedule.zone(source.time_zone), lag_of(source.expectations.all())
    times: Counter[Period] = Counter()
    runs = source.runs.filter(period_from__isnull=False).exclude(state=Run.State.FAILED)
    for start, end, state, asked in runs.values_list(
        "period_from", "period_to", "state", "started_at"
    ).order_by():
        if start and end and asked_on(zone, asked) >= settling.whole_from(end, lag):
            times[Period(start, end)] += 1 if state == Run.State.PARTIAL else PARTIAL_TRIES
    return {period for period, count in times.items() if count >= PARTIAL_TRIES}
