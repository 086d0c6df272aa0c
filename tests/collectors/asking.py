"""Puts one question to one collector, without runs and evidence around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from collectors import configuration, registry
from collectors.base import Answer, Ask
from collectors.deadline import Deadline
from collectors.period import Period
from collectors.trail import Trail
from evidence.population import Column

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))


@dataclass(frozen=True)
class Told:
    """A whole answer, its rows read to the end."""

    answer: Answer
    rows: list[dict[str, Any]]
    trail: Trail


def ask(
    slug: str,
    scratch: Path,
    *,
    period: Period | None = None,
    zone: str = "UTC",
    now: datetime = NOW,
    seconds: float = 60,
    source: str = "source",
    file: Path | None = None,
    **values: Any,
) -> Told:
    """Ask a collector with these settings; rows come as dictionaries."""
    collector = registry.get(slug)
    place = ZoneInfo(zone)
    folder = scratch / f"asked-{len(list(scratch.iterdir()))}"
    folder.mkdir(mode=0o700)
    question: Ask[Any] = Ask(
        settings=configuration.validate(collector, values),
        source=source,
        period=period or Period.day(now, place),
        zone=place,
        now=now,
        scratch=folder,
        deadline=Deadline.after(timedelta(seconds=seconds)),
        file=file,
    )
    answer = collector.collect(question)
    columns: Sequence[Column] = collector.columns or answer.columns
    names = [column.name for column in columns]
    rows = [dict(zip(names, row, strict=True)) for row in answer.rows]
    return Told(answer, rows, question.trail)
