"""The organisation's own days: its time zone, today, the day of an instant, and its holidays."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
from django.conf import settings
from django.utils import timezone

REACH = timedelta(days=60)
"""No organisation rests for so long that its last business day lies further back."""


def zone() -> ZoneInfo:
    """Return the time zone in which this organisation counts days."""
    return ZoneInfo(settings.ORGANISATION_TIME_ZONE)


def day_of(instant: datetime) -> date:
    return instant.astimezone(zone()).date()


def today() -> date:
    return day_of(timezone.now())


def end_of(day: date) -> datetime:
    """Return the last moment of a day of the organisation."""
    return datetime.combine(day, time(23, 59, 59, 999999), zone())


def off(start: date, end: date) -> frozenset[date]:
    """Return the days from `start` to `end` (both included) on which this organisation rests.

    They are the public holidays of its country and region, where it named them, and its own days.
    Weekends are not among them.
    """
    found = {day for day in settings.OWN_HOLIDAYS if start <= day <= end}
    if settings.HOLIDAY_COUNTRY:
        public = holidays.country_holidays(
            settings.HOLIDAY_COUNTRY,
            subdiv=settings.HOLIDAY_REGION or None,
            years=range(start.year, end.year + 1),
        )
        found |= {day for day in public if start <= day <= end}
    return frozenset(found)
