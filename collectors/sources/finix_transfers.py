"""Transfers at Finix: every payment, refund and fee that the processor knows."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import finix
from collectors.vendors.finix import FinixSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Transfers at Finix",
    asks="Which payments, refunds and other transfers were made in the period, and how did each "
    "end?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.PROCESSING_INTEGRITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "payment_id": "text",
        "kind_of_payment": "text",
        "created_via": "text",
        "state": "text",
        "amount_minor": "integer",
        "fee_minor": "integer",
        "currency": "text",
        "merchant_id": "text",
        "idempotency_key": "text",
        "trace_id": "text",
        "failure_code": "text",
        "created_at": "timestamp",
        "ready_to_settle_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="Every transfer created in the period, of every type, state and merchant, until "
    "the cursor is null or a page is empty.",
    permission="An API key with the role ROLE_PARTNER, which sees one application.",
    schedule="25 4 * * *",
    secrets=finix.SECRETS,
    time_limit=timedelta(hours=3),
)
Settings = FinixSettings


def collect(ask: Ask[FinixSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=finix.system(ask),
        query="GET /transfers by created_at, all types and states; amounts in minor units",
        parameters=finix.window(ask),
    )


def _rows(ask: Ask[FinixSettings]) -> Iterator[Row]:
    with finix.opened(ask) as api:
        for transfer in finix.created(ask, api, "transfers", "transfers"):
            yield (
                transfer.text("id"),
                transfer.text("type"),
                transfer.maybe_text("subtype"),
                transfer.text("state"),
                transfer.integer("amount"),
                transfer.maybe_integer("fee"),
                transfer.text("currency"),
                transfer.maybe_text("merchant"),
                transfer.maybe_text("idempotency_id"),
                transfer.maybe_text("trace_id"),
                transfer.maybe_text("failure_code"),
                transfer.moment("created_at"),
                transfer.maybe_moment("ready_to_settle_at"),
                ask.now,
            )
