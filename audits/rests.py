"""Days without business as they were recorded: a day that has passed stays what it was.

Rules:

1. The calendar is recorded when its settings, or the public holidays that they stand for, change,
   and never altered: the concrete days, so that a newer list of public holidays changes nothing.
2. A day is judged by the calendar that was in force on it: the last one recorded by its end. Days
   of before the first recording are judged by the first.
3. As of a moment only what was recorded by then counts, so days ahead are judged by the latest.
4. Days of which a calendar does not speak follow from the settings; as long as nothing is recorded,
   all do.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from audits import days
from audits.models import HolidayCalendar
from evidence import ledger

_DAY = timedelta(days=1)
_YEARS_BEFORE, _YEARS_AHEAD = 5, 2


class Calendar(NamedTuple):
    """A recorded calendar: when it was recorded, the days it speaks of, and which are off."""

    recorded_at: datetime
    first: date
    last: date
    off: frozenset[date]

    def within(self, start: date, end: date) -> frozenset[date]:
        """Return the days off from `start` to `end`, both included."""
        told = {day for day in self.off if start <= day <= end}
        before, after = (start, min(end, self.first - _DAY)), (max(start, self.last + _DAY), end)
        beyond = [days.off(*span) for span in (before, after) if span[0] <= span[1]]
        return frozenset(told).union(*beyond)


def off(
    calendars: Iterable[Calendar], start: date, end: date, as_of: datetime | None = None
) -> frozenset[date]:
    """Return the days without business from `start` to `end`, as they were known at a moment.

    The calendars come in the order of their recording.
    """
    recorded = list(calendars)
    known = [one for one in recorded if as_of is None or one.recorded_at <= as_of] or recorded[:1]
    if not known:
        return days.off(start, end)
    begins = [date.min, *(days.day_of(one.recorded_at) for one in known[1:]), date.max]
    found: frozenset[date] = frozenset()
    for calendar, (since, until) in zip(known, pairwise(begins), strict=True):
        first, last = max(start, since), min(end, until - _DAY)
        if first <= last:
            found |= calendar.within(first, last)
    return found


def between(start: date, end: date) -> frozenset[date]:
    """Return the days without business from `start` to `end`, as they are known now."""
    return off(recorded(), start, end)


def recorded() -> list[Calendar]:
    """Return every calendar that was recorded, in order."""
    return [
        Calendar(row.recorded_at, row.first, row.last, days_of(row.days))
        for row in HolidayCalendar.objects.all()
    ]


def days_of(text: str) -> frozenset[date]:
    """Read the days as a calendar keeps them."""
    return frozenset(map(date.fromisoformat, text.split()))


def record(now: datetime) -> HolidayCalendar | None:
    """Record the calendar of the settings where it is not the one that was recorded last."""
    if _is_recorded(recorded(), days.day_of(now)):
        return None
    with transaction.atomic():
        ledger.lock()
        known = recorded()
        today = days.day_of(now)
        if _is_recorded(known, today):
            return None
        first = date(today.year - (0 if known else _YEARS_BEFORE), 1, 1)
        last = date(today.year + _YEARS_AHEAD, 12, 31)
        text = " ".join(day.isoformat() for day in sorted(days.off(first, last)))
        country, region = settings.HOLIDAY_COUNTRY, settings.HOLIDAY_REGION
        entry = ledger.append(
            "calendar.recorded",
            subject="calendar",
            body={
                "country": country,
                "region": region,
                "first": first.isoformat(),
                "last": last.isoformat(),
                "days": len(text.split()),
                "days_sha256": sha256(text.encode()).hexdigest(),
            },
            actor="system",
        )
        return HolidayCalendar.objects.create(
            country=country,
            region=region,
            first=first,
            last=last,
            days=text,
            recorded_at=now,
            ledger_entry=entry,
        )


def _is_recorded(known: Sequence[Calendar], today: date) -> bool:
    """Say whether the latest calendar says what the settings say of today and of the days ahead."""
    if not known or known[-1].last.year <= today.year:
        return False
    last = known[-1].last
    return known[-1].within(today, last) == days.off(today, last)
