"""Balance transactions of a Stripe account: amount less fee is what the balance gains."""

from collections.abc import Iterator
from datetime import timedelta

from pydantic import Field, HttpUrl, SecretStr

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.wire import paging
from controls.models import Area, Expectation
from evidence.models import Evidence

VERSION = "2025-03-31.basil"
COLLECTOR = Declaration(
    title="Balance transactions at Stripe",
    asks="What moved the balance in the period, and does each amount less its fee equal what the "
    "balance gained?",
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
        "source_id": "text",
        "created_at": "timestamp",
        "available_at": "timestamp",
    },
    completeness="Every balance transaction created in the period, of every type, until has_more "
    "is false.",
    permission="A restricted key that may read balance transaction sources, and nothing else.",
    schedule="55 4 * * *",
    secrets=("client_secret", "secret", "url"),
    time_limit=timedelta(hours=3),
)


class Settings(SourceSettings):
    url: HttpUrl = Field(
        default=HttpUrl("https://api.stripe.com"),
        title="Address",
        description="https://api.stripe.com.",
    )
    token: SecretStr = Field(
        title="Restricted key", description="Begins with rk_; reads balance transaction sources."
    )
    account: str = Field(
        default="",
        title="Connected account",
        description="Begins with acct_. Empty: the account of the key itself.",
        max_length=100,
        pattern=r"^(acct_[A-Za-z0-9]+)?$",
    )


def collect(ask: Ask[Settings]) -> Answer:
    since, before = ask.bounds
    return Answer(
        rows=_rows(ask),
        source_system=f"Stripe {ask.settings.account}".strip() + f" at {ask.settings.url.host}",
        query="GET /v1/balance_transactions by created; parts_minor is amount less fee, "
        "whole_minor is net",
        parameters={
            "stripe_version": VERSION,
            "account": ask.settings.account,
            "since": since.isoformat(),
            "before": before.isoformat(),
        },
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    chosen, (since, before) = ask.settings, ask.bounds
    headers = {
        "Authorization": f"Bearer {chosen.token.get_secret_value()}",
        "Stripe-Version": VERSION,
    }
    if chosen.account:
        headers["Stripe-Account"] = chosen.account
    window = {
        "created[gte]": str(int(since.timestamp())),
        "created[lt]": str(int(before.timestamp())),
        "limit": "100",
    }
    turn = paging.by_last_id(sends="starting_after", more="has_more")
    with ask.http(str(chosen.url), headers=headers) as api:
        for each in paging.items(
            api, "v1/balance_transactions", params=window, where="data", turn=turn
        ):
            amount, fee = each.integer("amount"), each.integer("fee")
            yield (
                each.text("id"),
                f"balance transaction: {each.text('type')}",
                each.text("currency").upper(),
                amount - fee,
                each.integer("net"),
                amount,
                fee,
                each.maybe_text("status"),
                each.maybe_text("source"),
                each.since_1970("created"),
                each.since_1970("available_on"),
            )
