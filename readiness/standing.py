"""How well something is shown by evidence, as a pure function of facts that are handed in.

Rules:
- An item of evidence is in force until the next one is due by the rhythm of its expectation: the
  last day that it covers, plus one period of the cadence, plus the days allowed.
- It shows its expectation when it is in force and no check of it found exceptions or failed to run;
  as long as nobody has accepted it, it is unreviewed.
- Several expectations are shown together as well as the worst of them: contradicted where one is,
  proven where all are, partly shown where only some are, and a mere claim where none is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from controls.cadence import Cadence

_DAYS = {
    Cadence.DAILY: 1,
    Cadence.BUSINESS_DAILY: 4,  # From a Friday over a weekend with a holiday.
    Cadence.WEEKLY: 7,
    Cadence.TWICE_MONTHLY: 16,
    Cadence.MONTHLY: 31,
    Cadence.QUARTERLY: 92,
    Cadence.SEMI_ANNUAL: 184,
    Cadence.ANNUAL: 366,
    Cadence.PER_EVENT: 31,
    Cadence.CONTINUOUS: 1,
}


class Backing(StrEnum):
    """What stands behind a statement, from the best to the worst."""

    PROVEN = "proven"
    UNREVIEWED = "unreviewed"
    PARTLY = "partly"
    CLAIM = "claim"
    CONTRADICTED = "contradicted"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {
    Backing.PROVEN: "Shown by evidence",
    Backing.UNREVIEWED: "Evidence awaits review",
    Backing.PARTLY: "Shown in part",
    Backing.CLAIM: "A mere claim",
    Backing.CONTRADICTED: "Evidence speaks against it",
}


@dataclass(frozen=True)
class Item:
    """The newest version that was neither returned nor replaced and that an expectation rests on.

    `failed` names its checks that found exceptions or could not run.
    """

    key: int
    ref: str
    title: str
    owner: str
    covers_to: date
    collected_at: datetime
    received_at: datetime
    is_accepted: bool
    failed: tuple[str, ...] = ()
    covers_from: date | None = None


@dataclass(frozen=True)
class Standing:
    """One expectation as it stands today."""

    key: int
    slug: str
    title: str
    control: str
    control_key: int
    control_title: str
    cadence: str
    days_allowed: int
    collector: str
    owner_role: str
    item: Item | None = None

    @property
    def in_force_until(self) -> date | None:
        if self.item is None:
            return None
        length = timedelta(days=_DAYS[Cadence(self.cadence)] + self.days_allowed)
        return self.item.covers_to + length

    def backing(self, today: date) -> Backing:
        until = self.in_force_until
        if self.item is None or until is None or until < today:
            return Backing.CLAIM
        if self.item.failed:
            return Backing.CONTRADICTED
        return Backing.PROVEN if self.item.is_accepted else Backing.UNREVIEWED

    def is_in_force(self, today: date) -> bool:
        """Whether there is an item that is not too old, whatever its checks say of it."""
        return self.backing(today) is not Backing.CLAIM

    def lack(self, today: date) -> str:
        """Say in words what keeps it from being proven; empty where nothing does."""
        if self.item is None:
            return "no evidence has come yet"
        said = {
            Backing.CLAIM: f"{self.item.ref} was in force until {self.in_force_until}",
            Backing.CONTRADICTED: f"{self.item.ref} did not pass {', '.join(self.item.failed)}",
            Backing.UNREVIEWED: f"nobody has reviewed {self.item.ref} yet",
        }
        return said.get(self.backing(today), "")


def together(standings: Sequence[Standing], today: date) -> Backing:
    """Return what stands behind a statement that rests on several expectations."""
    found = {standing.backing(today) for standing in standings}
    if Backing.CONTRADICTED in found:
        return Backing.CONTRADICTED
    if Backing.CLAIM in found or not found:
        return Backing.PARTLY if found - {Backing.CLAIM} else Backing.CLAIM
    return Backing.UNREVIEWED if Backing.UNREVIEWED in found else Backing.PROVEN
