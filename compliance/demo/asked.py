"""What a list of the demo is asked to tell: of which days, as of when, and by which dice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from random import Random

from compliance.demo.calendar import Calendar, Span
from compliance.demo.company import COLLEAGUES

Cell = str | int | bool | date | datetime | None
Row = Sequence[Cell]


@dataclass(frozen=True)
class Asked:
    """What a list is to tell: of which days, as of when, in which demo, by which dice."""

    span: Span
    at: datetime
    calendar: Calendar
    dice: Random

    @property
    def day(self) -> date:
        return self.at.date()

    def moment(self, *, hour: int = 10) -> datetime:
        """Return a moment of a random day of the span."""
        length = (self.span.last - self.span.first).days
        day = self.span.day(self.dice.randint(0, length))
        return datetime.combine(day, time(hour, self.dice.randint(0, 59)), UTC)

    def covers(self, day: date) -> bool:
        return self.span.first <= day <= self.span.last

    def number(self, stem: str, place: int) -> str:
        return f"{stem}-{self.span.first:%y%m}{self.span.first.day:02d}-{place:02d}"

    def people(self, count: int) -> list[str]:
        """Return different colleagues, never those who act in the house."""
        return self.dice.sample(COLLEAGUES[7:], count)
