"""Disputes at Finix with the day by which each must be answered."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import finix
from collectors.vendors.finix import FinixSettings
from collectors.wire.fields import Item
from collectors.wire.http import Client
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Disputes at Finix",
    asks="Which disputes were opened in the period, until when were they to be answered, and when "
    "were they?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.PROCESSING_INTEGRITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "dispute_id": "text",
        "payment_id": "text",
        "state": "text",
        "response_state": "text",
        "reason": "text",
        "amount_minor": "integer",
        "answer_due_at": "timestamp",
        "answered_at": "timestamp",
        "conceded_by": "text",
        "created_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="Every dispute created in the period, of every state, until the cursor is null or "
    "a page is empty; for those that were answered the list of their evidence.",
    permission="An API key with the role ROLE_PARTNER, which sees one application.",
    schedule="35 4 * * *",
    secrets=finix.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = FinixSettings
_CONCEDED = "whoever accepted it at the processor"


def collect(ask: Ask[FinixSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=finix.system(ask),
        query="GET /disputes by created_at; answered_at is the first of /disputes/{id}/evidence "
        "where the dispute is RESPONDED; conceded where it is ACCEPTED, by whom is not told",
        parameters=finix.window(ask),
    )


def _rows(ask: Ask[FinixSettings]) -> Iterator[Row]:
    with finix.opened(ask) as api:
        for dispute in finix.created(ask, api, "disputes", "disputes"):
            answer = dispute.maybe_text("response_state")
            yield (
                dispute.text("id"),
                dispute.maybe_text("transfer"),
                dispute.text("state"),
                answer,
                dispute.maybe_text("reason"),
                dispute.integer("amount"),
                dispute.maybe_moment("respond_by"),
                _answered_at(api, dispute) if answer == "RESPONDED" else None,
                _CONCEDED if answer == "ACCEPTED" else None,
                dispute.moment("created_at"),
                ask.now,
            )


def _answered_at(api: Client, dispute: Item) -> datetime | None:
    handed_in = finix.listed(api, f"disputes/{dispute.text('id')}/evidence", "evidences")
    return min((each.moment("created_at") for each in handed_in), default=None)
