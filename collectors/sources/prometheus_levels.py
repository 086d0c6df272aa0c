"""Availability, latency and error rate of a service for each day, from Prometheus."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.period import Period
from collectors.vendors import prometheus
from collectors.vendors.prometheus import PrometheusSettings
from collectors.wire.http import Client
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Service levels in Prometheus",
    asks="How available was the service on each day, how fast did it answer, and how often did it "
    "fail, against what we aim for?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.METRIC_SERIES,
    area=Area.AVAILABILITY,
    columns={
        "day": "date",
        "service": "text",
        "samples": "integer",
        "availability_percent": "decimal",
        "p95_ms": "integer",
        "p95_objective_ms": "integer",
        "error_percent": "decimal",
        "error_objective_percent": "decimal",
        "followed_by": "text",
    },
    completeness="One row for every day of the period by the clocks of the source; samples counts "
    "the scrapes that the day stands on, and a day without any makes the run partial.",
    permission="To read the HTTP API (/api/v1/query) of the server; there is no narrower right.",
    schedule="5 5 * * *",
    secrets=prometheus.SECRETS,
    time_limit=timedelta(minutes=30),
)
Query = Annotated[str, StringConstraints(max_length=2000, pattern=r"\[\{window\}\]")]
_HINT = "PromQL with one result; [{window}] stands for the length of the day. "


class Settings(PrometheusSettings):
    service: str = Field(title="Service", description="As it is named in reports.", max_length=200)
    up_query: Query = Field(
        title="Availability",
        description=_HINT + "A series that is 1 while up: up{job=…}[{window}].",
    )
    latency_query: Query = Field(
        title="Latency", description=_HINT + "The 95th percentile in seconds."
    )
    error_query: Query = Field(title="Errors", description=_HINT + "Percent of requests that fail.")
    latency_objective_ms: int = Field(
        title="Latency objective", description="Milliseconds at the 95th percentile.", ge=1
    )
    error_objective_percent: Decimal = Field(
        title="Error objective", description="Percent of requests that may fail.", ge=0, le=100
    )


def collect(ask: Ask[Settings]) -> Answer:
    chosen = ask.settings
    ask.trail.source_count = len(ask.period.days())
    return Answer(
        rows=_rows(ask),
        source_system=prometheus.system(ask),
        query="GET /api/v1/query at the end of each day, [{window}] being the day's length",
        parameters={
            "service": chosen.service,
            "up_query": chosen.up_query,
            "latency_query": chosen.latency_query,
            "error_query": chosen.error_query,
        },
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    chosen = ask.settings
    with prometheus.opened(ask) as api:
        for day in ask.period.days():
            ask.progress(0, note=str(day))
            samples = _asked(ask, api, f"sum(count_over_time({chosen.up_query}))", day)
            if not samples:
                ask.trail.lacks(f"No samples on {day}.")
            up = _asked(ask, api, f"100 * avg(avg_over_time({chosen.up_query}))", day)
            latency = _asked(ask, api, chosen.latency_query, day)
            yield (
                day,
                chosen.service,
                int(samples or 0),
                _rounded(up),
                None if latency is None else int((latency * 1000).to_integral_value()),
                chosen.latency_objective_ms,
                _rounded(_asked(ask, api, chosen.error_query, day)),
                chosen.error_objective_percent,
                None,
            )


def _asked(ask: Ask[Settings], api: Client, query: str, day: date) -> Decimal | None:
    start, end = Period(day, day).bounds(ask.zone)
    window = f"{int((end - start).total_seconds())}s"
    return prometheus.value(ask, api, query.replace("{window}", window), at=end)


def _rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN)
