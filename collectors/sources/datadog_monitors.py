"""Monitors of a Datadog organisation with their owners and mutes."""

from collections.abc import Iterator

from pydantic import Field, HttpUrl, SecretStr

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.wire import paging
from collectors.wire.fields import Item
from collectors.wire.http import Client
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Monitors in Datadog",
    asks="Which monitors exist, what do they watch, who owns them, do they tell anybody, and are "
    "they muted?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.CONFIG_EXPORT,
    area=Area.AVAILABILITY,
    columns={
        "rule_name": "text",
        "watches": "text",
        "owner": "text",
        "active": "boolean",
        "severity": "text",
        "tells_somebody": "boolean",
        "state": "text",
        "made_by": "text",
        "changed_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="Every monitor that the keys may see, page by page to an empty one; as many rows "
    "as Datadog's own search counts.",
    permission="API key, and an application key limited to the scope monitors_read.",
    schedule="45 5 * * *",
    secrets=("restricted_roles", "api_key", "application_key"),
)
_PER_PAGE = "100"


class Settings(SourceSettings):
    url: HttpUrl = Field(
        default=HttpUrl("https://api.datadoghq.com"),
        title="Address",
        description="https://api.datadoghq.com, or that of your site, such as api.datadoghq.eu.",
    )
    api_key: SecretStr = Field(title="API key", description="API key of the organisation.")
    application_key: SecretStr = Field(
        title="Application key", description="Application key with the scope monitors_read."
    )
    owner_tag: str = Field(
        default="team",
        title="Tag of the owner",
        description="Which tag of a monitor names who answers for it: team of team:payments.",
        max_length=100,
        pattern=r"^[a-zA-Z][a-zA-Z0-9_./-]*$",
    )


def collect(ask: Ask[Settings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=f"Datadog at {ask.settings.url.host}",
        query="GET /api/v1/monitor page by page; its count by GET /api/v1/monitor/search; active: "
        "not muted as a whole; tells_somebody: its message has an @ that Datadog notifies",
        parameters={"owner_tag": ask.settings.owner_tag},
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    headers = {
        "DD-API-KEY": ask.settings.api_key.get_secret_value(),
        "DD-APPLICATION-KEY": ask.settings.application_key.get_secret_value(),
    }
    asked = {"page": "0", "page_size": _PER_PAGE}
    turn = paging.by_number(first=0)
    with ask.http(str(ask.settings.url), headers=headers) as api:
        ask.trail.source_count = _count(api)
        for monitor in paging.items(api, "api/v1/monitor", params=asked, turn=turn):
            priority = monitor.maybe_integer("priority")
            made_by = monitor.value("creator")
            yield (
                monitor.text("name"),
                monitor.text("query"),
                _owner(monitor, ask.settings.owner_tag),
                not _is_muted(monitor),
                f"P{priority}" if priority else None,
                "@" in (monitor.maybe_text("message") or ""),
                monitor.maybe_text("overall_state"),
                monitor.maybe_text("creator.email") if made_by else None,
                monitor.maybe_moment("modified"),
                ask.now,
            )


def _count(api: Client) -> int:
    page = api.get_page("api/v1/monitor/search", params={"per_page": "1"})
    return Item(page.content, page.reply.asked).integer("metadata.total_count")


def _owner(monitor: Item, tag: str) -> str | None:
    named = [each.partition(":") for each in monitor.texts("tags")]
    return "; ".join(sorted(value for name, _, value in named if name == tag and value)) or None


def _is_muted(monitor: Item) -> bool:
    """A mute of a single host or group leaves the monitor at work; one of everything does not."""
    options = monitor.part("options") if monitor.value("options") else Item({}, monitor.asked)
    silenced = options.value("silenced")
    return isinstance(silenced, dict) and "*" in silenced
