"""Lists about payments in which nothing goes wrong."""

from collections.abc import Callable
from datetime import timedelta

from compliance.demo.asked import Asked, Row
from compliance.demo.company import DOMAIN

_FINN, _MAX = f"finn@{DOMAIN}", f"max@{DOMAIN}"


def _stuck(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for place in range(asked.dice.randint(1, 4)):
        entered = asked.moment(hour=8)
        cleared = entered + timedelta(hours=asked.dice.randint(1, 20))
        outcome = asked.dice.choice(("sent again", "paid back", "account corrected"))
        rows.append((asked.number("ST", place), entered, _FINN, outcome, cleared, asked.at))
    return rows


def _sums(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for place, kind in enumerate(("settlement", "fees", "payouts", "refunds")):
        whole = asked.dice.randint(900_000, 90_000_000)
        rows.append((asked.number("SU", place), kind, "EUR", whole, whole))
    return rows


def _releases(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for place in range(asked.dice.randint(2, 5)):
        queued = asked.moment(hour=9)
        released = queued + timedelta(hours=asked.dice.randint(1, 30))
        amount = asked.dice.randint(10_000, 4_000_000)
        said = ("reserve of a merchant", amount, "EUR", _FINN, _MAX, "treasury")
        rows.append((asked.number("FR", place), *said, queued, released))
    return rows


def _fees(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for place in range(25):
        fee = asked.dice.randint(9, 900)
        plan = asked.dice.choice(("Small", "Middle", "Large"))
        rows.append((asked.number("P", place), plan, "EUR", fee, fee, _FINN))
    return rows


def _settings(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for place in range(asked.dice.randint(1, 3)):
        approved = asked.moment(hour=10)
        said = ("payout delay", "M-014", "2", "3", "New merchant, first month.", _FINN, _MAX)
        changed = approved + timedelta(hours=1)
        rows.append((asked.number("PS", place), *said, approved, changed))
    return rows


TABLES: dict[str, Callable[[Asked], list[Row]]] = {
    "exception-queue": _stuck,
    "settlement-sums": _sums,
    "fund-releases": _releases,
    "fee-recalculation": _fees,
    "processing-settings-changes": _settings,
}
"""By the expectation that the list is for; its cells in the order of the catalogue's columns."""
