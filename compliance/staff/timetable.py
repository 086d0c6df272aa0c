"""Schedules of sources in words, and when each is due next."""

from datetime import datetime

from cronsim import CronSim, CronSimError

from collectors import registry, schedule
from collectors.base import AsksFor
from collectors.errors import CollectorError
from collectors.models import Source


def words_of(source: Source) -> str:
    """Say when a source is asked, as people say it."""
    if _takes_files(source):
        return "Whenever a file is put into its folder"
    if not source.schedule:
        return "Only when somebody asks for it"
    try:
        said = CronSim(source.schedule, datetime.now(schedule.zone(source.time_zone))).explain()
    except (CronSimError, CollectorError):
        return f"Not readable: {source.schedule}"
    return f"{said} ({source.time_zone})"


def next_due(source: Source) -> datetime | None:
    """Return when the source is asked next; None where nothing is scheduled."""
    if not source.enabled or not source.schedule or _takes_files(source):
        return None
    try:
        clock = datetime.now(schedule.zone(source.time_zone))
        return next(CronSim(source.schedule, clock))
    except (CronSimError, CollectorError, StopIteration):
        return None


def _takes_files(source: Source) -> bool:
    try:
        return registry.get(source.collector).declared.asks_for is AsksFor.FILE
    except CollectorError:
        return False
