"""Alerts of Opsgenie with the times at which they were raised, taken and closed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pydantic import Field, HttpUrl, SecretStr

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.wire import paging
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Alarms in Opsgenie",
    asks="Which alarms were raised in the period, how urgent were they, and when did somebody take "
    "and close them?",
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
    completeness="Every alert created in the period, of every state, priority and team that the "
    "key may see, oldest first until Opsgenie names no next page. It shows no more than 20,000 of "
    "one question and refuses to go on, which fails the run: ask for a smaller window then.",
    permission="An API integration key with read access, of no team, so that it sees all of them.",
    schedule="30 5 * * *",
    secrets=("apiKey", "entity", "extraProperties"),
    time_limit=timedelta(hours=1),
)


class Settings(SourceSettings):
    url: HttpUrl = Field(
        default=HttpUrl("https://api.opsgenie.com"),
        title="Address",
        description="https://api.opsgenie.com, or https://api.eu.opsgenie.com.",
    )
    token: SecretStr = Field(title="API key", description="A key with read access.")


def collect(ask: Ask[Settings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=f"Opsgenie at {ask.settings.url.host}",
        query="GET /v2/alerts by creation, all states; taken: its first acknowledgement; rule: its "
        "alias; outcome: its state",
        parameters={"query": _query(ask)},
    )


def _query(ask: Ask[Settings]) -> str:
    """The filter takes whole milliseconds; what lies at its ends is sorted out here."""
    since, before = (int(moment.timestamp() * 1000) for moment in ask.bounds)
    return f"createdAt >= {since} AND createdAt <= {before}"


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    since, before = ask.bounds
    asked = {"query": _query(ask), "sort": "createdAt", "order": "asc", "limit": "100"}
    headers = {"Authorization": f"GenieKey {ask.settings.token.get_secret_value()}"}
    with ask.http(str(ask.settings.url), headers=headers) as api:
        for page in paging.pages(
            api, "v2/alerts", params=asked, where="data", turn=paging.by_address("paging.next")
        ):
            for alert in page.items:
                if since <= alert.moment("createdAt") < before:
                    yield _row(alert)


def _row(alert: Item) -> Row:
    report = alert.value("report")
    raised = alert.moment("createdAt")
    closed = alert.text("status") == "closed"
    return (
        alert.text("id"),
        alert.maybe_text("alias"),
        alert.maybe_text("message"),
        alert.text("priority"),
        raised,
        _after(raised, alert.maybe_integer("report.ackTime")) if report else None,
        alert.maybe_text("report.acknowledgedBy") if report else None,
        _after(raised, alert.maybe_integer("report.closeTime")) if report and closed else None,
        alert.text("status") if closed else None,
    )


def _after(raised: datetime, milliseconds: int | None) -> datetime | None:
    if milliseconds is None:
        return None
    return (raised + timedelta(milliseconds=milliseconds)).astimezone(UTC)
