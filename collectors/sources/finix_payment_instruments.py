"""Payment instruments at Finix: every one a token, none with a full card number."""

import re
from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import finix
from collectors.vendors.finix import FinixSettings
from collectors.wire.answers import Json
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence
from evidence.screening import cards

COLLECTOR = Declaration(
    title="Payment instruments at Finix",
    asks="Which cards and bank accounts were stored in the period, is each of them a token, and "
    "does any answer carry a full number?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.API_SECURITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "instrument_id": "text",
        "instrument_type": "text",
        "tokenised": "boolean",
        "full_number_present": "boolean",
        "masked_number": "text",
        "disabled_reason": "text",
        "created_at": "timestamp",
    },
    completeness="Every payment instrument created in the period, of every type, until the cursor "
    "is null or a page is empty. Whole answers are searched for full numbers and then let go.",
    permission="An API key with the role ROLE_PARTNER, which sees one application.",
    schedule="45 4 * * *",
    secrets=finix.SECRETS,
    time_limit=timedelta(hours=3),
)
Settings = FinixSettings
_TOKEN = re.compile(r"(PI[A-Za-z0-9]{16,}|payment_instrument_[A-Za-z0-9]{16,})")


def collect(ask: Ask[FinixSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=finix.system(ask),
        query="GET /payment_instruments by created_at; tokenised: known by an id of Finix alone; "
        "full_number_present: some text of the answer is a card number (issuer, length, Luhn)",
        parameters=finix.window(ask),
    )


def _rows(ask: Ask[FinixSettings]) -> Iterator[Row]:
    with finix.opened(ask) as api:
        for found in finix.created(ask, api, "payment_instruments", "payment_instruments"):
            last = found.maybe_text("last_four") or found.maybe_text("masked_account_number")
            yield (
                found.text("id"),
                found.text("instrument_type"),
                _TOKEN.fullmatch(found.text("id")) is not None,
                _has_full_number(found),
                f"…{last[-4:]}" if last else None,
                found.maybe_text("disabled_message") or found.maybe_text("disabled_code"),
                found.moment("created_at"),
            )


def _has_full_number(found: Item) -> bool:
    return any(any(cards.find(text.encode(), headed=True)) for text in _texts(found.content))


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
