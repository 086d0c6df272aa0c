"""Tickets of a help desk, those opened in a period, page by page."""

from collections.abc import Iterator

from pydantic import Field, HttpUrl, SecretStr

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.wire import paging
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Tickets of the help desk",
    asks="Which tickets were opened in the period, and when were they closed?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.AVAILABILITY,
    columns={
        "ticket_id": "text",
        "queue": "text",
        "opened_at": "timestamp",
        "closed_at": "timestamp",
    },
    completeness="All pages until the cursor is null; the rows equal the count of the help desk.",
    permission="An API token that may read tickets, and nothing else.",
    schedule="40 3 * * *",
    secrets=("requester_phone",),
)


class Settings(SourceSettings):
    url: HttpUrl = Field(title="Address", description="Base address of the help desk.")
    token: SecretStr = Field(title="Token", description="API token with the right to read.")


def collect(ask: Ask[Settings]) -> Answer:
    since, before = ask.bounds
    asked = {"opened_from": since.isoformat(), "opened_before": before.isoformat()}
    return Answer(
        rows=_rows(ask, asked),
        source_system=str(ask.settings.url),
        query="GET /api/tickets by opening, all queues and states",
        parameters=asked,
    )


def _rows(ask: Ask[Settings], asked: dict[str, str]) -> Iterator[Row]:
    headers = {"Authorization": f"Bearer {ask.settings.token.get_secret_value()}"}
    with ask.http(str(ask.settings.url), headers=headers) as api:
        turn = paging.by_cursor("page.next", sends="after")
        for page in paging.pages(api, "api/tickets", params=asked, where="tickets", turn=turn):
            ask.trail.source_count = page.whole.integer("page.total")
            for ticket in page.items:
                yield (
                    ticket.text("id"),
                    ticket.text("queue.name"),
                    ticket.moment("opened_at"),
                    ticket.maybe_moment("closed_at"),
                )
