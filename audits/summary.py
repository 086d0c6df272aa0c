"""The coverage of an engagement summed up by control and month, kept until the log grows.

Every fact that coverage rests on leaves a leaf (items, checks, reviews, the catalogue, skips and
moves, the engagement itself), so the last leaf of the log, the day, the calendar settings and the
engagement name one answer. The leaf is named by its hash, because a log that was restored from a
backup may grow to the same size with other leaves.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.cache import cache

from audits import days
from audits.coverage import State, worst
from audits.facts import CoverageReport, coverage_of
from audits.models import Engagement
from evidence.models import LedgerEntry

_KEPT_SECONDS = 24 * 3600

Counts = dict[str, int]
"""How many occurrences are in each state (by its value); states without any are left out."""


@dataclass(frozen=True)
class Row:
    """One control: its areas, and the counts of each month."""

    ref: str
    title: str
    areas: list[str]
    cells: list[Counts]


@dataclass(frozen=True)
class Summary:
    """What the heat map and the overview say of an engagement."""

    months: list[str]
    """The first day of each month, in ISO 8601."""
    rows: list[Row]
    totals: Counts
    gaps: list[list[str]]
    """Reference and title of each criterion that no control serves."""

    @property
    def days(self) -> list[date]:
        return [date.fromisoformat(month) for month in self.months]


def of(engagement: Engagement, day: date | None = None) -> Summary:
    """Return the summary as of the end of a day, or of now; a computed one is kept."""
    asked = "now" if day is None else day.isoformat()
    key = f"audits.coverage/3:{engagement.pk}:{known()}:{asked}"
    kept: str | None = cache.get(key)
    if kept is not None:
        return _read(json.loads(kept))
    summary = _summed(coverage_of(engagement, days.end_of(day) if day else None))
    cache.set(key, json.dumps(asdict(summary)), _KEPT_SECONDS)
    return summary


def state_of(cell: Counts) -> State | None:
    """The worst state of a cell, which decides its sign and colour; None where it is empty."""
    return worst(State(state) for state in cell) if cell else None


def moment_of(day: date | None) -> datetime | None:
    """The moment as of which a day is asked for; None for now."""
    return days.end_of(day) if day else None


def known() -> str:
    """Name all that is known today in one word."""
    last = LedgerEntry.objects.order_by("-index").values_list("leaf_hash", flat=True).first()
    calendar = (
        settings.ORGANISATION_TIME_ZONE,
        settings.HOLIDAY_COUNTRY,
        settings.HOLIDAY_REGION,
        sorted(settings.OWN_HOLIDAYS),
    )
    facts = (bytes(last or b"").hex(), days.today().isoformat(), calendar)
    return sha256(repr(facts).encode()).hexdigest()


def _summed(report: CoverageReport) -> Summary:
    return Summary(
        months=[month.isoformat() for month in report.months],
        rows=[
            Row(
                ref=line.ref,
                title=line.title,
                areas=sorted({one.control.area for one in line.expectations}),
                cells=[
                    {state.value: cell.counts[state] for state in cell.counts}
                    for cell in line.cells
                ],
            )
            for line in report.controls
        ],
        totals={state.value: count for state, count in report.totals.items()},
        gaps=[[line.ref, line.title] for line in report.criteria if not line.controls],
    )


def _read(kept: dict[str, Any]) -> Summary:
    return Summary(**{**kept, "rows": [Row(**row) for row in kept["rows"]]})
