"""When a day's events are all there to be retrieved: the one rule of it, and its words; pure.

Rules:

1. A source gains events of a day until the day is over, and for the days of its lag after that.
2. So what is retrieved on a day knows all events up to the day before it, less the lag.
3. Days are whole days of the organisation: retrieved on the very day a period ends is too early.
"""

from datetime import date, timedelta

_DAY = timedelta(days=1)


def known_until(retrieved: date, lag_days: int) -> date:
    """Return the last day of which all events were there when the source was asked."""
    return retrieved - _DAY - timedelta(days=lag_days)


def whole_from(last: date, lag_days: int) -> date:
    """Return the first day on which the source can be asked for all events up to a day."""
    return last + _DAY + timedelta(days=lag_days)


def passed(lag_days: int) -> str:
    """Say what had not passed besides the days themselves, as the end of a sentence; or nothing."""
    if not lag_days:
        return ""
    return f" and {lag_days} day{'s' if lag_days > 1 else ''} had passed for its source to settle"
