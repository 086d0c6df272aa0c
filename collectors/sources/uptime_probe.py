"""Availability and latency of an address, sampled every minute and reported per day."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_DOWN, Decimal

from pydantic import Field, HttpUrl

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.models import ProbeSample
from collectors.redaction import redact
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Uptime of an address",
    asks="How often was the address up on each day, and how fast did it answer?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.METRIC_SERIES,
    area=Area.AVAILABILITY,
    columns={
        "day": "date",
        "url": "text",
        "samples": "integer",
        "successes": "integer",
        "failures": "integer",
        "uptime_percent": "decimal",
        "latency_p50_ms": "integer",
        "latency_p95_ms": "integer",
        "latency_max_ms": "integer",
    },
    completeness="One row for every day of the period; the column samples says how many of the "
    "day's 1440 minutes were looked at, and days without any make the run partial.",
    permission="None: it asks like any visitor.",
    schedule="45 0 * * *",
    secrets=("password",),
    remembers=False,
)


class Settings(SourceSettings):
    url: HttpUrl = Field(title="Address", description="The http or https address to ask.")
    expected_status: int = Field(
        default=200, title="Status", description="The HTTP status that means up.", ge=100, le=599
    )
    timeout_seconds: float = Field(
        default=10, title="Patience", description="Seconds until it counts as down.", gt=0, le=30
    )


def collect(ask: Ask[Settings]) -> Answer:
    start, end = ask.bounds
    samples = ProbeSample.objects.filter(
        source__slug=ask.source, at__gte=start, at__lt=end
    ).order_by("at")
    per_day: dict[date, list[ProbeSample]] = defaultdict(list)
    for sample in samples.iterator():
        per_day[sample.at.astimezone(ask.zone).date()].append(sample)
    days = ask.period.days()
    silent = [day for day in days if day not in per_day]
    if silent:
        ask.trail.lacks(f"No samples on {len(silent)} of {len(days)} days, first on {silent[0]}.")
    ask.trail.source_count = len(days)
    return Answer(
        rows=_rows(ask, per_day),
        source_system=f"probe of {redact(str(ask.settings.url))}",
        query="GET once a minute, no redirects to other hosts; grouped by day",
        parameters={
            "url": redact(str(ask.settings.url)),
            "expected_status": ask.settings.expected_status,
            "timeout_seconds": str(ask.settings.timeout_seconds),
        },
    )


def _rows(ask: Ask[Settings], per_day: dict[date, list[ProbeSample]]) -> Iterator[Row]:
    for day in ask.period.days():
        samples = per_day.get(day, [])
        up = sum(sample.up for sample in samples)
        latencies = sorted(each.latency_ms for each in samples if each.latency_ms is not None)
        yield (
            day,
            redact(str(ask.settings.url)),
            len(samples),
            up,
            len(samples) - up,
            _percent(up, len(samples)),
            _rank(latencies, 50),
            _rank(latencies, 95),
            latencies[-1] if latencies else None,
        )


def _percent(part: int, whole: int) -> Decimal | None:
    """Round down: a day with one failure never shows 100."""
    if not whole:
        return None
    return (Decimal(100) * part / whole).quantize(Decimal("0.001"), rounding=ROUND_DOWN)


def _rank(ordered: Sequence[int], percent: int) -> int | None:
    """Return the nearest-rank percentile."""
    return ordered[math.ceil(len(ordered) * percent / 100) - 1] if ordered else None
