"""The days that a collection is about, and their bounds as moments."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from collectors.errors import AskError


@dataclass(frozen=True, order=True)
class Period:
    """Whole days, both ends included."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            message = (
                f"The period ends on {self.end}, before it starts on {self.start}. "
                "Swap or correct the two dates."
            )
            raise AskError(message)

    def __str__(self) -> str:
        return str(self.start) if self.start == self.end else f"{self.start} to {self.end}"

    @classmethod
    def day(cls, moment: datetime, zone: ZoneInfo) -> "Period":
        """Return the day in which a moment falls, by the clocks of a time zone."""
        day = moment.astimezone(zone).date()
        return cls(day, day)

    def days(self) -> list[date]:
        count = (self.end - self.start).days + 1
        return [self.start + timedelta(days=number) for number in range(count)]

    def months(self) -> "list[Period]":
        """Return the parts of the period that lie in one calendar month each, in order."""
        found, start = [], self.start
        while start <= self.end:
            last = start.replace(day=monthrange(start.year, start.month)[1])
            found.append(Period(start, min(last, self.end)))
            start = last + timedelta(days=1)
        return found

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return the first moment (UTC) and the first moment after the last day."""
        return (
            datetime.combine(self.start, time(), zone).astimezone(UTC),
            datetime.combine(self.end + timedelta(days=1), time(), zone).astimezone(UTC),
        )
