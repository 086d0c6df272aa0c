"""Refuses times of an item that cannot be true."""

from datetime import date, datetime, timedelta

from django.utils import timezone

from evidence.errors import PeriodError, TimeError

CLOCK_SKEW = timedelta(minutes=5)


def check(covers_from: date, covers_to: date, collected_at: datetime) -> None:
    """Raise PeriodError or TimeError where an item could not say so of itself."""
    if covers_to < covers_from:
        message = (
            f"The period ends on {covers_to}, before it starts on {covers_from}. "
            "Swap or correct the two dates."
        )
        raise PeriodError(message)
    if collected_at.tzinfo is None:
        message = "The time of collection has no zone. Write it with an offset, or with Z for UTC."
        raise TimeError(message)
    if collected_at > timezone.now() + CLOCK_SKEW:
        message = (
            f"The time of collection, {collected_at.isoformat()}, lies in the future. "
            "Correct the clock of the sender, or the field."
        )
        raise TimeError(message)
