"""The canonical form of a leg: one typed row per movement of money, in integer minor units.

Rules:
- An amount is a whole number of minor units with its sign as the merchant's balance feels it:
  sales positive, refunds, chargebacks, fees and holds negative, a payout as the positive total.
- Ids are text with their leading zeros. No value is None, never an empty text.
- `occurred_at` is UTC; `day` is the business day of the source, by its zone and its cut-off.
- `fault` names what could not be mapped; such a row is quarantined and never ignored.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from evidence.reconcile.currencies import EXPONENTS

GREATEST = 2**63 - 1
"""The largest amount of one row: what a column of 64 bits holds."""


class Kind(StrEnum):
    """What moved the money."""

    SALE = "sale"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    CHARGEBACK_REVERSAL = "chargeback_reversal"
    FEE = "fee"
    ADJUSTMENT = "adjustment"
    RESERVE_HOLD = "reserve_hold"
    RESERVE_RELEASE = "reserve_release"
    SPLIT = "split"
    PAYOUT = "payout"
    RETURN = "return"
    CORRECTION = "correction"
    MOVEMENT = "movement"
    OTHER = "other"


OUTGOING = frozenset(
    {Kind.REFUND, Kind.CHARGEBACK, Kind.FEE, Kind.RESERVE_HOLD, Kind.RETURN},
)
"""Kinds that lower the merchant's balance, where a source states amounts without a sign."""


class Status(StrEnum):
    """How far a movement came; failed and void ones moved no money."""

    DONE = "done"
    PENDING = "pending"
    FAILED = "failed"
    VOID = "void"


class Item(NamedTuple):
    """One row of a leg; COLUMNS gives the type of each field."""

    leg: str
    file: int
    line: int
    own_id: str | None
    processor_id: str | None
    settlement_id: str | None
    parent_id: str | None
    reference: str | None
    kind: str
    status: str
    amount: int
    currency: str
    fee: int | None
    settled_amount: int | None
    settled_currency: str | None
    rate_e9: int | None
    occurred_at: datetime
    day: date
    merchant: str | None
    last_four: str | None
    account: str | None
    entry_id: str | None
    fault: str | None


_WHOLE = ("amount", "fee", "settled_amount", "rate_e9", "file", "line")
COLUMNS = {
    name: "BIGINT"
    if name in _WHOLE
    else {"occurred_at": "TIMESTAMP", "day": "DATE"}.get(name, "VARCHAR")
    for name in Item._fields
}

WORDS = {
    "kind": tuple(sorted(Kind)),
    "status": tuple(sorted(Status)),
    "currency": tuple(sorted(EXPONENTS)),
    "settled_currency": tuple(sorted(EXPONENTS)),
}
"""Fields with few words, in their order: an engine may keep their numbers instead of text."""

KEYS = ("own_id", "processor_id", "settlement_id", "parent_id", "reference", "entry_id")
"""The fields by which two legs may be matched."""

CONTENT = tuple(name for name in Item._fields if name not in {"file", "line"})
"""What an item is, wherever it stood: rows that agree in all of it may stand for each other."""
