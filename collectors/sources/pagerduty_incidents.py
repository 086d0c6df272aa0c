"""Incidents of PagerDuty with the times at which they were noticed, taken and resolved."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import Field, HttpUrl, SecretStr

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.wire import paging
from collectors.wire.fields import Item
from collectors.wire.http import Client
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Alarms in PagerDuty",
    asks="Which alarms were raised in the period, how urgent were they, and when did somebody take "
    "and resolve them?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.AVAILABILITY,
    columns={
        "alert_id": "text",
        "rule_name": "text",
        "title": "text",
        "severity": "text",
        "raised_at": "timestamp",
        "taken_at": "timestamp",
        "taken_by": "text",
        "resolved_at": "timestamp",
        "outcome": "text",
    },
    completeness="Every incident created in the period, of every state, team and urgency, until "
    "PagerDuty says that there are no more; as many rows as it counts itself. Of each the log.",
    permission="A read-only REST API key.",
    schedule="25 5 * * *",
    secrets=("token", "integration_key", "conference_bridge"),
    time_limit=timedelta(hours=1),
)


class Settings(SourceSettings):
    url: HttpUrl = Field(
        default=HttpUrl("https://api.pagerduty.com"),
        title="Address",
        description="https://api.pagerduty.com, or https://api.eu.pagerduty.com.",
    )
    token: SecretStr = Field(title="API key", description="A read-only REST API key.")


def collect(ask: Ask[Settings]) -> Answer:
    since, before = ask.bounds
    window = {"since": since.isoformat(), "until": before.isoformat()}
    return Answer(
        rows=_rows(ask, window),
        source_system=f"PagerDuty at {ask.settings.url.host}",
        query="GET /incidents by creation, all states; taken: the first acknowledgement in the log "
        "of each; severity: its priority, or else its urgency; outcome: its state",
        parameters={**window, "api_version": 2},
    )


def _rows(ask: Ask[Settings], window: dict[str, str]) -> Iterator[Row]:
    since, before = ask.bounds
    headers = {"Authorization": f"Token token={ask.settings.token.get_secret_value()}"}
    with ask.http(str(ask.settings.url), headers=headers) as api:
        left_out = 0
        asked = {**window, "sort_by": "created_at:asc", "limit": "100", "total": "true"}
        for page in _pages(api, "incidents", asked):
            for incident in page.items:
                if not since <= incident.moment("created_at") < before:
                    left_out += 1
                    continue
                yield _row(api, incident)
            ask.trail.source_count = page.whole.integer("total") - left_out


def _row(api: Client, incident: Item) -> Row:
    taken_at, taken_by = _taken(api, incident.text("id"))
    priority = incident.value("priority")
    resolved = incident.text("status") == "resolved"
    return (
        incident.text("id"),
        incident.maybe_text("service.summary"),
        incident.maybe_text("title"),
        incident.text("priority.summary" if priority else "urgency"),
        incident.moment("created_at"),
        taken_at,
        taken_by,
        incident.maybe_moment("last_status_change_at") if resolved else None,
        incident.text("status") if resolved else None,
    )


def _taken(api: Client, incident: str) -> tuple[datetime | None, str | None]:
    """Return when and by whom an incident was taken first; the log may come in any order."""
    log = _pages(api, f"incidents/{incident}/log_entries", {"limit": "100"})
    entries = (entry for page in log for entry in page.items)
    taken = [
        (entry.moment("created_at"), entry.maybe_text("agent.summary"))
        for entry in entries
        if entry.text("type").startswith("acknowledge_log_entry")
    ]
    return min(taken, default=(None, None), key=lambda each: each[0])


def _pages(api: Client, path: str, params: dict[str, str]) -> Iterator[paging.Listed]:
    where = path.rsplit("/", 1)[-1]
    turn = paging.by_offset(more="more")
    return paging.pages(api, path, params=params, where=where, turn=turn)
