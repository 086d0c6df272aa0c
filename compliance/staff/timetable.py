"""Schedules of sources in words, and when each is due next."""

from datetime import datetime, timedelta

from cronsim import CronSim, CronSimError

from collectors import registry, schedule
from collectors.base import AsksFor
from collectors.errors import CollectorError
from collectors.models import Source


def words_of(source: Source, *, lag_days: int = 0) -> str:
    """Say when a source is asked, as people say it; `lag_days` is what its lists need to settle."""
    if _takes_files(source):
        return "Whenever a file is put into its folder"
    if not source.schedule:
        return "Only when somebody asks for it"
    try:
        said = CronSim(source.schedule, datetime.now(schedule.zone(source.time_zone))).explain()
    except (CronSimError, CollectorError):
        return f"Not readable: {source.schedule}"
    if not lag_days:
        return f"{said} ({source.time_zone})"
    days = f"{lag_days} day{'s' if lag_days > 1 else ''}"
    return f"{said} ({source.time_zone}), and {days} later, when its lists have settled"


def next_due(source: Source, *, lag_days: int = 0) -> datetime | None:
    """Return when the source is asked next; None where nothing is scheduled."""
    if not source.enabled or not source.schedule or _takes_files(source):
        return None
    try:
        clock = datetime.now(schedule.zone(source.time_zone))
        shifts = (timedelta(0), timedelta(days=lag_days))
        return min(next(CronSim(source.schedule, clock - shift)) + shift for shift in shifts)
    except (CronSimError, CollectorError, StopIteration):
        return None


def _takes_files(source: Source) -> bool:
    try:
        return registry.get(source.collector).declared.asks_for is AsksFor.FILE
    except CollectorError:
        return False
