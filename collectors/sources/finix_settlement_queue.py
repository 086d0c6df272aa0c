"""Settlement queue at Finix: what is held back before it is settled, and what was released."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import finix
from collectors.vendors.finix import FinixSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Settlement queue at Finix",
    asks="Which entries came into the queue before settlement in the period, of which "
    "merchant, and were they released?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.PROCESSING_INTEGRITY,
    columns={
        "entry_id": "text",
        "payment_id": "text",
        "kind_of_payment": "text",
        "merchant_id": "text",
        "state": "text",
        "raised_at": "timestamp",
        "ready_after": "timestamp",
        "changed_at": "timestamp",
    },
    completeness="Every entry created in the period, of every state and merchant, until the cursor "
    "is null or a page is empty.",
    permission="An API key with the role ROLE_PARTNER, which sees one application.",
    schedule="40 4 * * *",
    secrets=finix.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = FinixSettings


def collect(ask: Ask[FinixSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=finix.system(ask),
        query="GET /settlement_queue_entries by created_at, all states",
        parameters=finix.window(ask),
    )


def _rows(ask: Ask[FinixSettings]) -> Iterator[Row]:
    with finix.opened(ask) as api:
        for item in finix.created(ask, api, "settlement_queue_entries", "settlement_queue_entries"):
            yield (
                item.text("id"),
                item.text("entity_id"),
                item.text("entity_type"),
                item.text("merchant_id"),
                item.text("state"),
                item.moment("created_at"),
                item.maybe_moment("ready_to_settle_after"),
                item.maybe_moment("updated_at"),
            )
