"""Who is on call in PagerDuty at the moment, level by level of every escalation policy."""

from collections import defaultdict
from collections.abc import Iterator

from pydantic import Field, HttpUrl, SecretStr

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.wire import paging
from collectors.wire.fields import Item
from collectors.wire.http import Client
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="On call in PagerDuty",
    asks="Which escalation policies are there, whom does each call at which level, and is anybody "
    "on call now?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.AVAILABILITY,
    columns={
        "schedule_name": "text",
        "level": "integer",
        "enabled": "boolean",
        "on_call": "text",
        "by_schedule": "text",
        "on_call_from": "timestamp",
        "on_call_until": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="Every escalation policy and everybody who is on call now, each list until "
    "PagerDuty says that there are no more; as many policies as it counts itself. A level with "
    "nobody on call has a row without a name.",
    permission="A read-only REST API key.",
    schedule="5 9 * * *",
    secrets=("token", "integration_key", "html_url"),
)
_People = dict[tuple[str, int], list[Item]]


class Settings(SourceSettings):
    url: HttpUrl = Field(
        default=HttpUrl("https://api.pagerduty.com"),
        title="Address",
        description="https://api.pagerduty.com, or https://api.eu.pagerduty.com.",
    )
    token: SecretStr = Field(title="API key", description="A read-only REST API key.")


def collect(ask: Ask[Settings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=f"PagerDuty at {ask.settings.url.host}",
        query="GET /oncalls of this moment and /escalation_policies; enabled: some service calls "
        "by the policy; schedule_name: the policy; who has no end is on call for ever",
        parameters={"api_version": 2},
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    headers = {"Authorization": f"Token token={ask.settings.token.get_secret_value()}"}
    called: _People = defaultdict(list)
    with ask.http(str(ask.settings.url), headers=headers) as api:
        for page in _pages(api, "oncalls"):
            for one in page.items:
                called[one.text("escalation_policy.id"), one.integer("escalation_level")].append(
                    one
                )
        policies = 0
        for page in _pages(api, "escalation_policies"):
            for policy in page.items:
                policies += 1
                yield from _levels(ask, policy, called)
            counted = page.whole.integer("total")
        if policies != counted:
            ask.trail.lacks(f"PagerDuty counts {counted} policies, but {policies} arrived.")


def _levels(ask: Ask[Settings], policy: Item, called: _People) -> Iterator[Row]:
    in_use = any(True for _ in policy.members("services"))
    for level, _rule in enumerate(policy.members("escalation_rules"), 1):
        start: list[Item | None] = [*called.get((policy.text("id"), level), [])]
        for one in start or [None]:
            by_schedule = one is not None and one.value("schedule") is not None
            yield (
                policy.text("name"),
                level,
                in_use,
                one.text("user.summary") if one else None,
                one.text("schedule.summary") if one and by_schedule else None,
                one.maybe_moment("start") if one else None,
                one.maybe_moment("end") if one else None,
                ask.now,
            )


def _pages(api: Client, path: str) -> Iterator[paging.Listed]:
    asked, turn = {"limit": "100", "total": "true"}, paging.by_offset(more="more")
    return paging.pages(api, path, params=asked, where=path, turn=turn)
