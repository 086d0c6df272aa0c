"""Business days of a source: which day an event belongs to, and when its counterpart is due.

Rules:
- A moment is read in the zone of its source; from the cut-off on it belongs to the next day.
- Saturdays, Sundays and the closed days of the calendar are no business days.
- A counterpart is due the stated number of business days after the day of the event; from a day
  without business one counts on as from the next one.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from evidence.reconcile.errors import RowError

_DAY = timedelta(days=1)
_MIDNIGHT = time(0)
_FRIDAY = 4


def business_day(moment: datetime, zone: ZoneInfo, cut_off: time) -> date:
    """Return the day of its source to which a moment with a zone belongs."""
    local = moment.astimezone(zone)
    late = cut_off != _MIDNIGHT and local.time() >= cut_off
    return local.date() + _DAY if late else local.date()


def in_zone(naive: datetime, zone: ZoneInfo) -> datetime:
    """Return a local time as UTC; raises RowError where the clock showed it twice or never."""
    first = naive.replace(tzinfo=zone, fold=0)
    second = naive.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        raise RowError(
            f"{naive:%Y-%m-%d %H:%M:%S} is no single moment in {zone.key}: the clock was changed;"
            " let the source write its offset from UTC"
        )
    return first.astimezone(UTC)


def due_on(day: date, lag: int, closed: Collection[date]) -> date:
    """Return the day `lag` business days after a day."""
    found = _forward(day, closed)
    for _ in range(lag):
        found = _forward(found + _DAY, closed)
    return found


def is_business_day(day: date, closed: Collection[date]) -> bool:
    """Say whether money moves on a day."""
    return day.weekday() <= _FRIDAY and day not in closed


def _forward(day: date, closed: Collection[date]) -> date:
    while not is_business_day(day, closed):
        day += _DAY
    return day
