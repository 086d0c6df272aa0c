"""The organisation's own days: its time zone, today, and the day of an instant."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone


def zone() -> ZoneInfo:
    """Return the time zone in which this organisation counts days."""
    return ZoneInfo(settings.ORGANISATION_TIME_ZONE)


def day_of(instant: datetime) -> date:
    return instant.astimezone(zone()).date()


def today() -> date:
    return day_of(timezone.now())
