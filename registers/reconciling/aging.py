"""How old a break is, and who has to look at it: pure functions.

Rules:
- A break ages in calendar days from the day on which it was due, else from that of its finding.
- Buckets: 0 to 1, 2 to 3, 4 to 7, 8 to 30, over 30 days.
- Up to 3 days it is its owner's. From 4 days on, or from a large amount on, the compliance lead
  looks too; from 31 days on, or from a huge amount on, the executive.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum


@dataclass(frozen=True)
class Bucket:
    """Days from and to, both included; without an end where `most` is empty."""

    slug: str
    label: str
    least: int
    most: int | None

    def span(self, today: date) -> tuple[date | None, date | None]:
        """Return the first and the last day from which what is in it ages; None where open.

        The youngest bucket holds what ages from a day to come, too.
        """
        first = None if self.most is None else today - timedelta(days=self.most)
        last = None if self.least == 0 else today - timedelta(days=self.least)
        return first, last


BUCKETS = (
    Bucket("0-1", "0 to 1 days", 0, 1),
    Bucket("2-3", "2 to 3 days", 2, 3),
    Bucket("4-7", "4 to 7 days", 4, 7),
    Bucket("8-30", "8 to 30 days", 8, 30),
    Bucket("over-30", "Over 30 days", 31, None),
)
LEAD_DAYS, EXECUTIVE_DAYS = 4, 31


class Level(IntEnum):
    """Who has to look."""

    OWNER = 0
    LEAD = 1
    EXECUTIVE = 2


def days_of(aged_from: date, today: date) -> int:
    """Return the age in days; 0 for what is not due yet."""
    return max((today - aged_from).days, 0)


def level_of(
    aged_from: date,
    today: date,
    *,
    size: int,
    currency: str,
    large: Mapping[str, int],
    huge: Mapping[str, int],
) -> Level:
    """Say who has to look at a break of this age and amount (minor units, without sign)."""
    days = days_of(aged_from, today)
    if days >= EXECUTIVE_DAYS or _reaches(size, currency, huge):
        return Level.EXECUTIVE
    if days >= LEAD_DAYS or _reaches(size, currency, large):
        return Level.LEAD
    return Level.OWNER


def _reaches(size: int, currency: str, limits: Mapping[str, int]) -> bool:
    return currency in limits and size >= limits[currency]
