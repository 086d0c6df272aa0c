"""When a source is asked: cron expressions by the clocks of a time zone.

A time that the clocks skip is asked right after the gap, one that they repeat is asked once (as
Debian's cron does). Of several times that were missed only the latest is made up for.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from collectors.errors import ScheduleError

_FIELDS = 5


def zone(name: str) -> ZoneInfo:
    """Return an IANA time zone; ScheduleError for an unknown name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"{name!r} is no time zone. Write one as in Europe/Berlin, or UTC."
        raise ScheduleError(message) from error


def check(cron: str, zone_name: str) -> None:
    """Raise ScheduleError unless both can be used; an empty expression means: nothing scheduled."""
    latest_due(cron, zone_name, after=datetime(2026, 1, 1, tzinfo=UTC), now=datetime.now(UTC))


def latest_due(
    cron: str, zone_name: str, *, after: datetime, now: datetime, days_later: int = 0
) -> datetime | None:
    """Return the latest due time in (after, now] as UTC, or None.

    Due is so many days after each time of the expression, at the same hour by the clocks.
    """
    place = zone(zone_name)
    if not cron.strip():
        return None
    _refuse_other_fields(cron)
    try:
        # Counting backwards starts below `now`; a due time that is exactly now counts as well.
        shift = timedelta(days=days_later)
        start = now.astimezone(place).replace(microsecond=1) - shift
        due = (next(CronSim(cron, start, reverse=True)) + shift).astimezone(UTC)
    except (CronSimError, StopIteration) as error:
        raise _unusable(cron, error) from error
    # Where the clocks jump, a shifted time may exist only later.
    return due if after < due <= now else None


def first_due(cron: str, zone_name: str, *, after: datetime) -> datetime | None:
    """Return the first due time after a moment as UTC; None where nothing is scheduled."""
    place = zone(zone_name)
    if not cron.strip():
        return None
    _refuse_other_fields(cron)
    try:
        return next(CronSim(cron, after.astimezone(place))).astimezone(UTC)
    except StopIteration:
        return None
    except CronSimError as error:
        raise _unusable(cron, error) from error


def _refuse_other_fields(cron: str) -> None:
    if len(cron.split()) != _FIELDS:
        message = (
            f"{cron!r} is no cron expression of five fields, such as 30 2 * * * (02:30 daily)."
        )
        raise ScheduleError(message)


def _unusable(cron: str, error: Exception) -> ScheduleError:
    message = f"{cron!r} is no usable cron expression: {error}. Example: 30 2 * * * (daily)."
    return ScheduleError(message)
