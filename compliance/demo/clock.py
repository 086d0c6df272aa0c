"""The moved clock: inside it, every deed of the rooms happens at another moment.

All rooms ask `django.utils.timezone` for the time, and so do the defaults of the models; so this
one function is all that has to answer otherwise. It is never used outside the loading of a demo.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from unittest.mock import patch

from django.utils import timezone


@contextmanager
def at(moment: datetime) -> Iterator[datetime]:
    """Let it be this moment for everything inside, in every thread."""
    with patch.object(timezone, "now", lambda: moment):
        yield moment


def on(day: date, hour: int = 9, minute: int = 0) -> datetime:
    """Return a moment of a day (UTC)."""
    return datetime.combine(day, time(hour, minute), UTC)
