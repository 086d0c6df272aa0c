"""Usage plans of AWS API Gateway, and the stages that no plan limits."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import aws
from collectors.vendors.aws import AwsSettings
from collectors.wire.aws import Place, listed
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Usage plans of AWS API Gateway",
    asks="Which stages of which APIs are limited by which plan, to how many calls?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.CONFIG_EXPORT,
    area=Area.API_SECURITY,
    columns={
        "limit_name": "text",
        "guards": "text",
        "system_name": "text",
        "per_minute": "decimal",
        "burst": "integer",
        "quota": "integer",
        "quota_period": "text",
        "refuses": "boolean",
        "collected_at": "timestamp",
    },
    completeness="Every plan and every stage of every REST API until there is no next page, in "
    "every region; a stage without any limit has a row without one. HTTP and WebSocket APIs have "
    "no plans and are not among them.",
    permission=aws.allow("apigateway:GET"),
    schedule="55 3 * * *",
    secrets=aws.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = AwsSettings
_ALL_CALLS = "*/*"


def collect(ask: Ask[AwsSettings]) -> Answer:
    return aws.answer(
        ask,
        _rows,
        service="apigateway",
        query="GetUsagePlans, a row for each stage of a plan; GetRestApis and GetStages, a row for "
        "each stage that no plan names: its own limit of all methods, or none",
    )


def _rows(ask: Ask[AwsSettings], place: Place) -> Iterator[Row]:
    limited = set()
    for plan in place.items("get_usage_plans", "items"):
        for stage in plan.parts("apiStages"):
            guarded = f"{stage.text('apiId')}/{stage.text('stage')}"
            limited.add(guarded)
            yield _of_plan(ask, place, plan, guarded)
    for api in place.items("get_rest_apis", "items"):
        stages = place.ask("get_stages", restApiId=api.text("id"))
        for stage in listed(stages, "item"):
            guarded = f"{api.text('id')}/{stage.text('stageName')}"
            if guarded not in limited:
                yield _of_stage(ask, place, stage, guarded)


def _of_plan(ask: Ask[AwsSettings], place: Place, plan: Item, guarded: str) -> Row:
    throttle, quota = Item(plan.value("throttle") or {}, plan.asked), plan.value("quota")
    allowance = Item(quota or {}, plan.asked)
    rate = throttle.maybe_decimal("rateLimit")
    return (
        plan.text("name"),
        guarded,
        f"AWS {place.account} {place.region}",
        None if rate is None else rate * 60,
        throttle.maybe_integer("burstLimit"),
        allowance.maybe_integer("limit"),
        allowance.maybe_text("period"),
        rate is not None or quota is not None,
        ask.now,
    )


def _of_stage(ask: Ask[AwsSettings], place: Place, stage: Item, guarded: str) -> Row:
    settings = stage.value("methodSettings")
    told = settings.get(_ALL_CALLS) if isinstance(settings, dict) else None
    own = Item(told or {}, stage.asked)
    rate = own.maybe_decimal("throttlingRateLimit")
    # A limit below nothing is how API Gateway writes that there is none.
    limit = rate * 60 if rate is not None and rate > 0 else None
    return (
        None if limit is None else "the stage itself",
        guarded,
        f"AWS {place.account} {place.region}",
        limit,
        own.maybe_integer("throttlingBurstLimit") if limit else None,
        None,
        None,
        limit is not None,
        ask.now,
    )
