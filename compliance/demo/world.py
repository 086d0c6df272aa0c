"""What all parts of a demo share: its calendar, its people, its diary, and its dice."""

from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random

from audits.models import Engagement
from compliance.demo.calendar import Calendar
from compliance.demo.company import Company
from compliance.demo.diary import Diary

SEED = "Saltmarsh Pay"


@dataclass
class World:
    """One demo in the making."""

    calendar: Calendar
    diary: Diary
    company: Company = field(default_factory=Company)
    engagements: list[Engagement] = field(default_factory=list)

    @property
    def engagement(self) -> Engagement:
        return self.engagements[0]

    def dice(self, *about: str | date | datetime) -> Random:
        """Return dice for one thing: the same thing is always thrown alike."""
        return Random(":".join([SEED, *map(str, about)]))  # noqa: S311  # made-up data, no secret
