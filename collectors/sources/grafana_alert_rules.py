"""Alert rules that Grafana itself evaluates, with their folders and owners."""

from collections.abc import Iterator

from pydantic import Field, HttpUrl, SecretStr

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.errors import SourceNonsenseError
from collectors.wire import paging
from collectors.wire.fields import Item
from collectors.wire.http import Client
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Alert rules in Grafana",
    asks="Which alert rules does Grafana evaluate, what do they watch, who owns them, and are they "
    "paused?",
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
        "waits": "text",
        "group_name": "text",
        "folder": "text",
        "changed_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="Every rule of the organisation that Grafana itself evaluates, in one answer with "
    "its own count. Rules of data sources that evaluate their own, such as Prometheus, are asked "
    "there.",
    permission="Service account with the role Viewer and the right alert.provisioning:read.",
    schedule="40 5 * * *",
    secrets=("secureJsonData", "basicAuthPassword", "token"),
)


class Settings(SourceSettings):
    url: HttpUrl = Field(title="Address", description="Base address: https://grafana.example.com.")
    token: SecretStr = Field(title="Token", description="Token of a service account.")
    owner_label: str = Field(
        default="owner",
        title="Label of the owner",
        description="Which label of a rule names who answers for it.",
        max_length=100,
        pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$",
    )


def collect(ask: Ask[Settings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=f"Grafana at {ask.settings.url.host}",
        query="GET /api/v1/provisioning/alert-rules, and /api/folders for their names; active: not "
        "paused; watches: the expressions of the rule's queries",
        parameters={"owner_label": ask.settings.owner_label},
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    token = ask.settings.token.get_secret_value()
    with ask.http(str(ask.settings.url), headers={"Authorization": f"Bearer {token}"}) as api:
        folders = _folders(api)
        page = api.get_page("api/v1/provisioning/alert-rules")
        if not isinstance(page.content, list):
            raise SourceNonsenseError(f"{page.reply.asked} answered without the list of rules.")
        ask.trail.source_count = len(page.content)
        for each in page.content:
            rule = Item(each, page.reply.asked)
            folder = rule.text("folderUID")
            labels = rule.part("labels") if rule.value("labels") else Item({}, rule.asked)
            yield (
                rule.text("title"),
                "; ".join(_watched(rule)),
                labels.maybe_text(ask.settings.owner_label),
                not rule.boolean("isPaused"),
                labels.maybe_text("severity"),
                rule.maybe_text("for"),
                rule.text("ruleGroup"),
                folders.get(folder, folder),
                rule.maybe_moment("updated"),
                ask.now,
            )


def _folders(api: Client) -> dict[str, str]:
    turn = paging.by_number()
    found = paging.items(api, "api/folders", params={"limit": "1000", "page": "1"}, turn=turn)
    return {each.text("uid"): each.text("title") for each in found}


def _watched(rule: Item) -> Iterator[str]:
    """Yield what a rule's queries ask; each kind of data source names it in its own way."""
    for query in rule.members("data"):
        model = query.part("model")
        told = model.maybe_text("expr") or model.maybe_text("query") or model.maybe_text("rawSql")
        yield told or f"{query.text('refId')} ({model.maybe_text('type') or 'query'})"
