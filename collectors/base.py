"""What a collector declares, what it is asked, and what it answers.

A collector is one file in collectors/sources/ (or a module that an installed package names in the
entry point group "countersign.collectors"). Being there registers it; its name is its slug. It has
- `COLLECTOR`, a Declaration;
- `Settings`, a subclass of SourceSettings: what a person fills in to connect a source. Fields of
  type SecretStr are sealed at rest and never shown again;
- `collect(ask: Ask[Settings]) -> Answer`: one question put to one system.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from ssl import SSLContext
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from django.core.cache.backends.base import BaseCache
from pydantic import BaseModel, ConfigDict

from collectors.deadline import Deadline
from collectors.period import Period
from collectors.trail import Trail
from collectors.wire import pauses
from collectors.wire.http import MOST_BYTES, REQUEST_SECONDS, Client
from controls.models import Area
from evidence.handling import Handling
from evidence.models import Evidence
from evidence.population import Cell, Column

Row = Sequence[Cell]
Tell = Callable[[int, int, str], None]


class AsksFor(StrEnum):
    """Which days a scheduled run of the collector is about."""

    MOMENT = "moment"
    """The day of the collection: a state, or an event that the collector itself brings about."""

    CLOSED_WINDOW = "closed_window"
    """A window of the expectation's cadence that has ended: events are complete only then."""

    FILE = "file"
    """Whatever period a file in the source's inbox declares."""


class SourceSettings(BaseModel):
    """What a person fills in to connect a source; every field has a title and a description."""

    # An error must not repeat its input: the input may be a secret.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


S_co = TypeVar("S_co", bound=SourceSettings, covariant=True)


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What a collector says of itself; shown to the person who connects a source."""

    title: str
    asks: str
    """The question, in one sentence."""
    kind: Evidence.Kind
    asks_for: AsksFor
    evidence_type: str
    area: Area
    columns: Mapping[str, str]
    """Name to type (see evidence.population.TYPES); empty where the answer declares its own."""
    completeness: str
    """What proves that nothing is missing, in words."""
    permission: str
    """The least privilege to grant."""
    schedule: str
    """A sensible cron expression; empty where nothing is scheduled."""
    sensitivity: Evidence.Sensitivity = Evidence.Sensitivity.INTERNAL
    secrets: tuple[str, ...] = ()
    """Fields that the system may answer with and that are secret: they are dropped from what it
    sends before anything is kept, and no column may be named so. Empty only where it has none."""
    remembers: bool = True
    """Whether the system can answer about days before it was connected."""
    time_limit: timedelta = timedelta(minutes=10)


def quiet(_done: int, _total: int, _note: str) -> None:
    """Tell nobody about the progress."""


@dataclass(frozen=True, kw_only=True)
class Ask(Generic[S_co]):
    """One question: the settings of a source, the days it is about, and the means to answer."""

    settings: S_co
    source: str
    """The slug of the source; stable, so that a collector may keep a cache by it."""
    period: Period
    zone: ZoneInfo
    now: datetime
    scratch: Path
    """An empty folder that goes away with the run."""
    deadline: Deadline
    secrets: tuple[str, ...] = ()
    """The fields to drop, as the collector declares them."""
    trail: Trail = field(default_factory=Trail)
    file: Path | None = None
    tell: Tell = quiet
    shared: BaseCache = field(default_factory=pauses.nowhere)
    """Where workers tell one another which sources want to be left alone."""

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """The first moment of the period (UTC) and the first moment after it."""
        return self.period.bounds(self.zone)

    def progress(self, done: int, total: int = 0, note: str = "") -> None:
        """Say how far the work is; also the place where a run that takes too long is stopped."""
        self.deadline.left()
        self.tell(done, total, note)

    def http(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        trust: SSLContext | None = None,
        most_bytes: int = MOST_BYTES,
        request_seconds: float = REQUEST_SECONDS,
        authorise: Callable[[], str] | None = None,
    ) -> Client:
        """Return a client that notes every answer in the trail and keeps deadline and pauses."""
        shown = pauses.who(auth=auth, headers=headers, otherwise=self.source)
        return Client(
            base_url,
            deadline=self.deadline,
            trail=self.trail,
            headers=headers,
            auth=auth,
            trust=trust,
            most_bytes=most_bytes,
            request_seconds=request_seconds,
            secrets=self.secrets,
            authorise=authorise,
            quota=pauses.Quota(self.shared, base_url, shown),
        )


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The rows and where they came from; the trail of the ask holds the rest."""

    rows: Iterable[Row]
    """May be a generator: rows are written as they come, never held together."""
    source_system: str
    query: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[Column, ...] = ()
    """Only where the declaration has none."""
    period: Period | None = None
    """Only where the answer itself says which days it is about."""
    asked_at: datetime | None = None
    """Only where the answer itself says when it was made, before it came here."""
    original: Path | None = None
    """The file that the rows were read from, when it is to be kept as the evidence."""
    filename: str = ""
    handling: Handling | None = None
    """Only where the answer itself says what was done to it after it was exported."""
    secrets: tuple[str, ...] = ()
    """Columns to drop beside the declared ones, where the settings name them. A file that had one
    is not kept as it came."""
