"""P5 and its kin: what a fee or a converted amount should be, computed anew from its own row.

Rules:
- A fee is the fixed part plus basis points of the amount, rounded as the contract says; a
  converted amount is the amount times the rate of its row, half to even.
- Whole numbers only. What is off by no more than the tolerance is matched and listed with its
  difference; beyond the cap of its batch no line of that batch is tolerated.
"""

from evidence.reconcile.amounts import RATE_DECIMALS
from evidence.reconcile.currencies import EXPONENTS
from evidence.reconcile.engine import Engine
from evidence.reconcile.rules import Conversion, Currency, Fees
from evidence.reconcile.tables import Place, quoted

_WIDE = "DECIMAL(38, 0)"
_HUNDRED_PERCENT = 10_000


def recalculate_fees(engine: Engine, rule: Fees, place: Place) -> None:
    """Class each item by whether its fee is what the rules make of its amount."""
    base = "COALESCE(i.settled_amount, i.amount)"
    currency = "COALESCE(i.settled_currency, i.currency)"
    product = f"abs({base}) * CAST({rule.basis_points} AS {engine.wide})"
    share = _rounded(engine, product, str(_HUNDRED_PERCENT), half_even=rule.rounding == "half_even")
    fixed = _by_currency(currency, rule.fixed)
    engine.keep(
        "recalculated",
        "SELECT s.id, i.settlement_id AS batch,"
        f" {currency} AS currency, {rule.tolerance} AS most,"
        f" CAST(COALESCE(i.fee, 0) - ({share} + {fixed}) AS {_WIDE}) AS diff"
        f" FROM {place.open} s JOIN item i ON i.id = s.id WHERE s.status = 'done'",
    )
    if rule.batch_cap:
        cap = _by_currency("currency", rule.batch_cap, other=str(2**62))
        engine.keep(
            "recalculated",
            "SELECT r.id, r.diff, CASE WHEN o.batch IS NULL THEN r.most ELSE 0 END AS most"
            " FROM recalculated r LEFT JOIN (SELECT batch, currency"
            " FROM recalculated WHERE abs(diff) <= most GROUP BY batch, currency"
            f" HAVING sum(abs(diff)) > {cap}) o"
            " ON o.batch = r.batch AND o.currency = r.currency",
        )
    _record(engine, place, "fee_variance")


def recalculate_conversions(engine: Engine, rule: Conversion, place: Place) -> None:
    """Class each converted item by whether its amount is what its rate makes of it."""
    up, down = _scales("i.settled_currency"), _scales("i.currency")
    product = f"CAST(abs(i.amount) AS {engine.wide}) * i.rate_e9 * {up}"
    expected = _rounded(engine, product, f"{10**RATE_DECIMALS} * {down}", half_even=True)
    engine.keep(
        "recalculated",
        "SELECT id, CAST(abs(settled) - expected AS"
        f" {_WIDE}) AS diff, {engine.divided(f'expected * {rule.basis_points}', '10000')} AS most"
        f" FROM (SELECT s.id, i.settled_amount AS settled, {expected} AS expected"
        f" FROM {place.open} s JOIN item i ON i.id = s.id WHERE s.status = 'done'"
        " AND i.settled_currency IS NOT NULL AND i.settled_currency <> i.currency) converted",
    )
    _record(engine, place, "fx_rounding")


def _record(engine: Engine, place: Place, reason: str) -> None:
    names = f"{quoted(place.comparison)}, {quoted(place.side)}"
    # What has no rate, or no amount to compare with, cannot be shown to be right.
    engine.execute(
        f"INSERT INTO classed SELECT {names}, id, CASE WHEN abs(diff) <= most THEN 'matched'"
        f" ELSE 'break' END, CASE WHEN abs(diff) <= most THEN NULL ELSE '{reason}' END,"
        " 'P5', NULL, diff, NULL FROM recalculated"
    )
    engine.execute(
        f"INSERT INTO classed SELECT {names}, id, 'out_of_scope', NULL, 'P5', NULL, NULL, NULL"
        f" FROM {place.open}"
    )


def _rounded(engine: Engine, dividend: str, divisor: str, *, half_even: bool) -> str:
    """Return the expression of a quotient of whole numbers that are not negative, rounded."""
    whole = engine.divided(dividend, divisor)
    twice = f"2 * (({dividend}) - {whole} * ({divisor}))"
    if not half_even:
        return f"({whole} + CASE WHEN {twice} >= {divisor} THEN 1 ELSE 0 END)"
    odd = f"{whole} - 2 * {engine.divided(whole, '2')} = 1"
    return (
        f"({whole} + CASE WHEN {twice} > {divisor} OR ({twice} = {divisor} AND {odd})"
        " THEN 1 ELSE 0 END)"
    )


def _by_currency(column: str, amounts: dict[Currency, int], other: str = "0") -> str:
    cases = " ".join(f"WHEN {quoted(code)} THEN {most}" for code, most in amounts.items())
    return f"CASE {column} {cases} ELSE {other} END" if cases else other


def _scales(column: str) -> str:
    """Return the expression of 10 to the power of a currency's decimals."""
    cases = " ".join(
        f"WHEN {quoted(code)} THEN {10**decimals}"
        for code, decimals in EXPONENTS.items()
        if decimals != 2
    )
    return f"CASE {column} {cases} ELSE 100 END"
