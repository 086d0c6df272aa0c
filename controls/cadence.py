"""How often evidence is expected: a cadence and a period give windows, each with a due day.

Rules:
- Days, weeks and months are those of the calendar; a week is an ISO week, Monday to Sunday; twice
  a month means the 1st to the 15th and the 16th to the end; quarters, halves and years are
  calendar ones.
- The windows of a period lie one behind the other without gap or overlap and fill it. A window
  that only partly lies in the period is cut at its edge and still expected: an auditor who looks
  at 10 March to 9 June asks for what happened from 10 March on.
- Business days are Monday to Friday without the holidays given; other days expect nothing.
- Per event: one window per calendar month, because a population of events is proved month by
  month, an empty month too.
- Continuous: one window per day, because what is measured all the time is judged day by day.
- Evidence is due `days_allowed` calendar days after the last day of its window.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from controls.errors import PeriodError

LONGEST_PERIOD = timedelta(days=20 * 366)
LAST_DAY = date(9000, 12, 31)
MOST_DAYS_ALLOWED = 3660
MOST_LAG_DAYS = 366

_DAY = timedelta(days=1)
_FRIDAY = 4


class Cadence(StrEnum):
    DAILY = "daily"
    BUSINESS_DAILY = "business_daily"
    WEEKLY = "weekly"
    TWICE_MONTHLY = "twice_monthly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    SEMI_ANNUAL = "semi_annual"
    ANNUAL = "annual"
    PER_EVENT = "per_event"
    CONTINUOUS = "continuous"

    @property
    def words(self) -> str:
        """The cadence as people say it."""
        return _WORDS[self]


_WORDS = {
    Cadence.DAILY: "Every day",
    Cadence.BUSINESS_DAILY: "Every business day",
    Cadence.WEEKLY: "Every week",
    Cadence.TWICE_MONTHLY: "Twice a month",
    Cadence.MONTHLY: "Every month",
    Cadence.QUARTERLY: "Every quarter",
    Cadence.SEMI_ANNUAL: "Every half-year",
    Cadence.ANNUAL: "Every year",
    Cadence.PER_EVENT: "Per event, proved month by month",
    Cadence.CONTINUOUS: "All the time, judged day by day",
}

_MONTHS = {
    Cadence.MONTHLY: 1,
    Cadence.PER_EVENT: 1,
    Cadence.QUARTERLY: 3,
    Cadence.SEMI_ANNUAL: 6,
    Cadence.ANNUAL: 12,
}


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """One expected time, both days included, and the last day on which its evidence is in time."""

    start: date
    end: date
    due: date


def windows(
    cadence: Cadence | str,
    start: date,
    end: date,
    *,
    days_allowed: int,
    holidays: frozenset[date] = frozenset(),
) -> list[Window]:
    """Return the windows of a period in order; `start` and `end` are its first and last day.

    Raises PeriodError for a period that ends before it starts, is longer than twenty years or
    lies beyond the year 9000, for days_allowed outside 0 to 3660, and for an unknown cadence.
    """
    rhythm = _cadence(cadence)
    _refuse_odd(start, end, days_allowed)
    allowed = timedelta(days=days_allowed)
    found: list[Window] = []
    first = start
    while first <= end:
        last = min(_last_day(rhythm, first), end)
        if rhythm is not Cadence.BUSINESS_DAILY or _is_business_day(first, holidays):
            found.append(Window(first, last, last + allowed))
        first = last + _DAY
    return found


def latest_window(
    cadence: Cadence | str,
    day: date,
    *,
    days_allowed: int,
    holidays: frozenset[date] = frozenset(),
) -> Window:
    """Return the latest window of the calendar that was over by the end of a day, never cut.

    The day itself may be its last. Raises PeriodError as `windows` does.
    """
    rhythm = _cadence(cadence)
    _refuse_odd(day, day, days_allowed)
    last = day if _last_day(rhythm, day) == day else _first_day(rhythm, day) - _DAY
    while rhythm is Cadence.BUSINESS_DAILY and not _is_business_day(last, holidays):
        last -= _DAY
    return Window(_first_day(rhythm, last), last, last + timedelta(days=days_allowed))


def calendar_span(cadence: Cadence | str, start: date, end: date) -> tuple[date, date]:
    """Return the first day of the window in which `start` lies, and the last of that of `end`."""
    rhythm = _cadence(cadence)
    return _first_day(rhythm, start), _last_day(rhythm, end)


def _cadence(name: Cadence | str) -> Cadence:
    try:
        return Cadence(name)
    except ValueError:
        known = ", ".join(Cadence)
        raise PeriodError(f"There is no cadence {name!r}; choose one of {known}.") from None


def _refuse_odd(start: date, end: date, days_allowed: int) -> None:
    if end < start:
        raise PeriodError(f"The period ends on {end}, before it starts on {start}.")
    if end - start > LONGEST_PERIOD:
        raise PeriodError(f"The period from {start} to {end} is longer than twenty years.")
    if end > LAST_DAY:
        raise PeriodError(f"The period ends on {end}, beyond the year {LAST_DAY.year}.")
    if not 0 <= days_allowed <= MOST_DAYS_ALLOWED:
        raise PeriodError(
            f"{days_allowed} days allowed is not between 0 and {MOST_DAYS_ALLOWED} days."
        )


def _last_day(cadence: Cadence, day: date) -> date:
    """Return the last day of the calendar window in which `day` lies."""
    if cadence in _MONTHS:
        months = _MONTHS[cadence]
        return _end_of_month(day.year, (day.month - 1) // months * months + months)
    if cadence is Cadence.WEEKLY:
        return day + timedelta(days=6 - day.weekday())
    if cadence is Cadence.TWICE_MONTHLY:
        return day.replace(day=15) if day.day <= 15 else _end_of_month(day.year, day.month)
    return day


def _first_day(cadence: Cadence, day: date) -> date:
    """Return the first day of the calendar window in which `day` lies."""
    if cadence in _MONTHS:
        months = _MONTHS[cadence]
        return day.replace(month=(day.month - 1) // months * months + 1, day=1)
    if cadence is Cadence.WEEKLY:
        return day - timedelta(days=day.weekday())
    if cadence is Cadence.TWICE_MONTHLY:
        return day.replace(day=1 if day.day <= 15 else 16)
    return day


def _end_of_month(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _is_business_day(day: date, holidays: frozenset[date]) -> bool:
    return day.weekday() <= _FRIDAY and day not in holidays
