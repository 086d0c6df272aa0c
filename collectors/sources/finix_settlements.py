"""Settlements at Finix, each with its sum: total less fees is what is paid out."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import finix
from collectors.vendors.finix import FinixSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Settlements at Finix",
    asks="Which settlements were made in the period, and does each total less its fees equal what "
    "is paid out?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.TEST_RESULT,
    area=Area.PROCESSING_INTEGRITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "sum_id": "text",
        "kind_of_sum": "text",
        "currency": "text",
        "parts_minor": "integer",
        "whole_minor": "integer",
        "total_minor": "integer",
        "fee_minor": "integer",
        "status": "text",
        "merchant_id": "text",
        "created_at": "timestamp",
    },
    completeness="Every settlement created in the period, of every merchant and status, until the "
    "cursor is null or a page is empty.",
    permission="An API key with the role ROLE_PARTNER, which sees one application.",
    schedule="15 4 * * *",
    secrets=finix.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = FinixSettings


def collect(ask: Ask[FinixSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=finix.system(ask),
        query="GET /settlements by created_at; parts_minor is total_amount less total_fee, "
        "whole_minor is net_amount",
        parameters=finix.window(ask),
    )


def _rows(ask: Ask[FinixSettings]) -> Iterator[Row]:
    with finix.opened(ask) as api:
        for settlement in finix.created(ask, api, "settlements", "settlements"):
            total, fee = settlement.integer("total_amount"), settlement.integer("total_fee")
            yield (
                settlement.text("id"),
                "settlement",
                settlement.text("currency"),
                total - fee,
                settlement.integer("net_amount"),
                total,
                fee,
                settlement.maybe_text("status"),
                settlement.maybe_text("merchant_id"),
                settlement.moment("created_at"),
            )
