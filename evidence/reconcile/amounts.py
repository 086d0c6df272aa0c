"""Reads amounts into whole minor units; no float ever holds money.

Rules:
- Marks for decimals and thousands are those that the rules state: 1,234 is refused where the comma
  was not declared, and 1.234 is refused for a currency with two decimals.
- A minus stands before or behind, or brackets around the number.
- What does not fit into 64 bits is refused.
"""

import re
from dataclasses import dataclass

from evidence.reconcile.errors import RowError
from evidence.reconcile.items import GREATEST

RATE_DECIMALS = 9


@dataclass(frozen=True)
class Style:
    """How a source writes numbers; in minor units it writes no decimals."""

    decimal: str = "."
    thousands: str = ""
    is_minor: bool = False


MINOR = Style(is_minor=True)
_SHOWN = 40


def parse(text: str, exponent: int, style: Style) -> int:
    """Return a signed amount in minor units of a currency with `exponent` decimals."""
    digits, negative = _unsigned(text)
    whole, _, fraction = (digits, "", "") if style.is_minor else digits.partition(style.decimal)
    whole = _ungrouped(whole, style.thousands)
    if not whole or not _are_digits(whole + fraction):
        raise RowError(f"{text[:_SHOWN]!r} is no number as the rules describe it")
    if len(fraction) > exponent and fraction[exponent:].strip("0"):
        raise RowError(f"{text[:_SHOWN]!r} has more decimals than the {exponent} of its currency")
    if len(fraction) > exponent and style.thousands == "" and len(fraction) == 3:
        # Three digits behind the mark may as well be a thousands mark of another country.
        raise RowError(f"{text[:_SHOWN]!r} has 3 decimals where its currency has {exponent}")
    value = (
        int(whole + fraction[:exponent].ljust(exponent, "0")) if not style.is_minor else int(whole)
    )
    if value > GREATEST:
        raise RowError(f"{text[:_SHOWN]!r} is larger than an amount may be")
    return -value if negative else value


def rate(text: str) -> int:
    """Return a rate of exchange as a whole number of billionths."""
    whole, _, fraction = text.strip().partition(".")
    if not whole or not _are_digits(whole + fraction) or len(fraction) > RATE_DECIMALS:
        raise RowError(f"{text[:_SHOWN]!r} is no rate with up to {RATE_DECIMALS} decimals")
    value = int(whole + fraction.ljust(RATE_DECIMALS, "0"))
    if value > GREATEST:
        raise RowError(f"{text[:_SHOWN]!r} is larger than a rate may be")
    return value


def written(amount: int, exponent: int) -> str:
    """Return minor units as people read them: 1234 with two decimals is 12.34."""
    digits = str(abs(amount)).rjust(exponent + 1, "0")
    sign = "-" if amount < 0 else ""
    return sign + (f"{digits[:-exponent]}.{digits[-exponent:]}" if exponent else digits)


def _unsigned(text: str) -> tuple[str, bool]:
    bare = text.strip()
    if bare.startswith("(") and bare.endswith(")"):
        return bare[1:-1].strip(), True
    for mark in ("-", "\u2212"):
        if bare.startswith(mark):
            return bare[1:].strip(), True
    if bare.endswith("-"):
        return bare[:-1].strip(), True
    return bare.removeprefix("+"), False


def _ungrouped(whole: str, mark: str) -> str:
    if mark and mark in whole:
        if not re.fullmatch(rf"\d{{1,3}}({re.escape(mark)}\d{{3}})+", whole, re.ASCII):
            return ""
        return whole.replace(mark, "")
    return whole


def _are_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
