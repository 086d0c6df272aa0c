"""Disturbances that a vendor tells of on its public status page (the format of Statuspage)."""

from collections.abc import Iterator
from datetime import datetime

from pydantic import Field, HttpUrl

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Public status page of a vendor",
    asks="Which disturbances did the vendor tell of in the period, how grave were they, and what "
    "did they touch?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.VENDOR,
    columns={
        "vendor": "text",
        "incident_id": "text",
        "title": "text",
        "impact": "text",
        "state": "text",
        "began_at": "timestamp",
        "told_at": "timestamp",
        "resolved_at": "timestamp",
        "components": "text",
        "last_words": "text",
    },
    completeness="The page shows its last fifty disturbances and no more: where the oldest of "
    "fifty is younger than the period, the run is partial. What a vendor does not tell is in no "
    "list.",
    permission="None: the page is public.",
    schedule="50 5 * * *",
    secrets=("page_id",),
)
_MOST = 50


class Settings(SourceSettings):
    url: HttpUrl = Field(
        title="Address", description="Address of the page: https://status.vendor.example."
    )
    vendor: str = Field(
        title="Vendor", description="Its name as the list of vendors has it.", max_length=100
    )


def collect(ask: Ask[Settings]) -> Answer:
    since, before = ask.bounds
    return Answer(
        rows=_rows(ask),
        source_system=f"status page {ask.settings.url.host}",
        query="GET /api/v2/status.json and /api/v2/incidents.json; begun within the period",
        parameters={"since": since.isoformat(), "before": before.isoformat()},
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    since, before = ask.bounds
    with ask.http(str(ask.settings.url)) as api:
        state = api.get_page("api/v2/status.json")
        # A page that is shut down may go on to answer with an empty list.
        Item(state.content, state.reply.asked).text("status.indicator")
        page = api.get_page("api/v2/incidents.json")
    told = list(Item(page.content, page.reply.asked).members("incidents"))
    began = [_began(each) for each in told]
    if len(told) >= _MOST and min(began) >= since:
        ask.trail.lacks("The page shows only its last fifty disturbances, all within the period.")
    for incident, moment in zip(told, began, strict=True):
        if since <= moment < before:
            updates = list(incident.parts("incident_updates"))
            yield (
                ask.settings.vendor,
                incident.text("id"),
                incident.text("name"),
                incident.text("impact"),
                incident.text("status"),
                moment,
                incident.moment("created_at"),
                incident.maybe_moment("resolved_at"),
                "; ".join(each.text("name") for each in incident.parts("components")) or None,
                updates[0].maybe_text("body") if updates else None,
            )


def _began(incident: Item) -> datetime:
    return incident.maybe_moment("started_at") or incident.moment("created_at")
