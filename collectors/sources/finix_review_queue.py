"""Review queue at Finix: who decided what about merchants and settlements."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import finix
from collectors.vendors.finix import FinixSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Review queue at Finix",
    asks="Which merchants and settlements came up for review in the period, who decided, "
    "how, and when?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.PROCESSING_INTEGRITY,
    columns={
        "review_id": "text",
        "subject_id": "text",
        "subject_type": "text",
        "outcome": "text",
        "reviewed_by": "text",
        "raised_at": "timestamp",
        "ended_at": "timestamp",
    },
    completeness="Every item of the queue created in the period, of any outcome, until the cursor "
    "is null or a page is empty.",
    permission="An API key with the role ROLE_PARTNER, which sees one application.",
    schedule="30 4 * * *",
    secrets=finix.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = FinixSettings


def collect(ask: Ask[FinixSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=finix.system(ask),
        query="GET /review_queue by created_at, all outcomes",
        parameters=finix.window(ask),
    )


def _rows(ask: Ask[FinixSettings]) -> Iterator[Row]:
    with finix.opened(ask) as api:
        for item in finix.created(ask, api, "review_queue", "review_queue_items"):
            yield (
                item.text("id"),
                item.text("entity_id"),
                item.text("entity_type"),
                item.text("outcome"),
                item.maybe_text("reviewed_by"),
                item.moment("created_at"),
                item.maybe_moment("completed_at"),
            )
