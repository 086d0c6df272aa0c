"""The days of a demo: the audited window, its quarters and months, and the days until today."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """Some days, both ends included."""

    first: date
    last: date

    def day(self, number: int) -> date:
        """Return the day that lies so many days after the first, and never after the last."""
        return min(self.first + number * DAY, self.last)

    def days(self) -> Iterator[date]:
        """Yield every day."""
        day = self.first
        while day <= self.last:
            yield day
            day += DAY

    def business_days(self) -> Iterator[date]:
        """Yield Mondays to Fridays."""
        return (day for day in self.days() if day.weekday() < 5)


@dataclass(frozen=True)
class Calendar:
    """The last whole quarters before today are the window; the year goes on until today."""

    today: date
    quarters_in_window: int = 4
    reconciles_from: date | None = None
    """None: from the first day of the window on."""

    @property
    def window(self) -> Span:
        quarters = self.quarters
        return Span(quarters[0].first, quarters[-1].last)

    @property
    def quarters(self) -> list[Span]:
        """Return the quarters of the window, the oldest first."""
        first = date(self.today.year, 3 * ((self.today.month - 1) // 3) + 1, 1)
        found: list[Span] = []
        for _ in range(self.quarters_in_window):
            last = first - DAY
            first = date(last.year, last.month - 2, 1)
            found.insert(0, Span(first, last))
        return found

    @property
    def books_begin(self) -> date:
        """The first day that is reconciled."""
        return self.reconciles_from or self.window.first

    def quarter(self, number: int) -> Span:
        """Return a quarter of the window; a window with fewer gives its last one."""
        return self.quarters[min(number, len(self.quarters) - 1)]

    @property
    def begins(self) -> date:
        """The day on which the company sets its programme up, before the window."""
        return self.window.first - 5 * DAY

    def months(self) -> list[Span]:
        """Return the months of the window and those after it, the last one perhaps not over."""
        found, first = [], self.window.first
        while first <= self.today:
            following = (first.replace(day=1) + 32 * DAY).replace(day=1)
            found.append(Span(first, following - DAY))
            first = following
        return found

    def weeks(self) -> list[Span]:
        """Return the weeks, Monday to Sunday, that touch the window or the time after it."""
        monday = self.window.first - self.window.first.weekday() * DAY
        found = []
        while monday <= self.today:
            found.append(Span(monday, monday + 6 * DAY))
            monday += 7 * DAY
        return found

    def quarters_until_today(self) -> list[Span]:
        """Return the quarters of the window and the one that is running."""
        first = self.window.last + DAY
        last = (first + 95 * DAY).replace(day=1) - DAY
        return [*self.quarters, Span(first, last)]
