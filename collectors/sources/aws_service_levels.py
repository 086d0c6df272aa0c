"""Availability, latency and error rate of a load balancer for each day, from AWS CloudWatch."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from pydantic import Field

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.period import Period
from collectors.vendors import aws
from collectors.vendors.aws import OnePlaceSettings
from collectors.wire.aws import Place
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Service levels in AWS CloudWatch",
    asks="How many requests did the load balancer answer on each day, how fast, and how many "
    "failed, against what we aim for?",
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
    "its requests, and a day without any makes the run partial.",
    permission=aws.allow("cloudwatch:GetMetricData"),
    schedule="20 5 * * *",
    secrets=aws.SECRETS,
    time_limit=timedelta(minutes=30),
)
_SPACE = "AWS/ApplicationELB"
_ASKED = {
    "requests": ("RequestCount", "Sum"),
    "refused": ("HTTPCode_ELB_5XX_Count", "Sum"),
    "failed": ("HTTPCode_Target_5XX_Count", "Sum"),
    "slow": ("TargetResponseTime", "p95"),
}


class Settings(OnePlaceSettings):
    service: str = Field(title="Service", description="As it is named in reports.", max_length=200)
    load_balancer: str = Field(
        title="Load balancer",
        description="The end of its ARN: app/name/50dc6c495c0c9188.",
        pattern=r"^app/[\w-]+/[0-9a-f]+$",
    )
    latency_objective_ms: int = Field(
        title="Latency objective", description="Milliseconds at the 95th percentile.", ge=1
    )
    error_objective_percent: Decimal = Field(
        title="Error objective", description="Percent of requests that may fail.", ge=0, le=100
    )


def collect(ask: Ask[Settings]) -> Answer:
    ask.trail.source_count = len(ask.period.days())
    return aws.answer(
        ask,
        _rows,
        service="cloudwatch",
        query="GetMetricData of AWS/ApplicationELB for each day: RequestCount, the 5XX of balancer "
        "and targets, and the 95th percentile of TargetResponseTime (the worst, where CloudWatch "
        "parts a day in two)",
        more={"service": ask.settings.service, "load_balancer": ask.settings.load_balancer},
    )


def _rows(ask: Ask[Settings], place: Place) -> Iterator[Row]:
    chosen = ask.settings
    for day in ask.period.days():
        told = _measured(ask, place, day)
        requests = sum(told["requests"])
        if not requests:
            ask.trail.lacks(f"No requests on {day}.")
        failed = sum(told["failed"] + told["refused"])
        errors = round(100 * failed / requests, 4) if requests else None
        yield (
            day,
            chosen.service,
            int(requests),
            None if errors is None else 100 - errors,
            int(max(told["slow"]) * 1000) if told["slow"] else None,
            chosen.latency_objective_ms,
            errors,
            chosen.error_objective_percent,
            None,
        )


def _measured(ask: Ask[Settings], place: Place, day: date) -> dict[str, list[Decimal]]:
    start, end = Period(day, day).bounds(ask.zone)
    balancer = {"Name": "LoadBalancer", "Value": ask.settings.load_balancer}
    wanted = []
    for name, (metric, how) in _ASKED.items():
        what = {"Namespace": _SPACE, "MetricName": metric, "Dimensions": [balancer]}
        stat = {"Metric": what, "Period": int((end - start).total_seconds()), "Stat": how}
        wanted.append({"Id": name, "MetricStat": stat})
    asked = {"MetricDataQueries": wanted, "StartTime": start, "EndTime": end}
    found: dict[str, list[Decimal]] = {name: [] for name in _ASKED}
    for series in place.items("get_metric_data", "MetricDataResults", **asked):
        if series.maybe_text("StatusCode") in {"Forbidden", "InternalError"}:
            ask.trail.lacks(f"CloudWatch does not show {series.text('Id')} of {day}.")
        values = series.value("Values")
        found[series.text("Id")] += values if isinstance(values, list) else []
    return found
