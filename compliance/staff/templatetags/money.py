"""Amounts as people read them, out of whole minor units."""

from django import template

from evidence.reconcile.amounts import written
from evidence.reconcile.currencies import EXPONENTS

register = template.Library()


@register.simple_tag
def money(amount: object, currency: str) -> str:
    """-1,234.50 EUR; what has no currency is shown as no amount."""
    if not currency:
        return "no amount"
    number = int(str(amount))
    whole, point, part = written(abs(number), EXPONENTS.get(currency, 0)).partition(".")
    return f"{'-' if number < 0 else ''}{int(whole):,}{point}{part} {currency}"
