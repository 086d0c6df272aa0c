"""Roll-forward of breaks: opening + new - cleared = closing, by count and amount per currency.

Rules:
- Opening, new and cleared are summed from the history, which nobody can change; closing is counted
  break by break: from those that stand open, or for a span that is past, from the last step that
  each had by then. Where both agree the identity holds.
- A step counts to its business day: a run to the day that it is about, a person to the day of the
  deed. Breaks without an amount stand under a currency of no name.
- A leg is named by its comparison; the parts of all legs add up to those of the currency.
- What was cleared is told by how: by a run, resolved, accepted, written off.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from registers.models import Break, BreakEvent, Reconciliation

_BATCH = 2000
Sum = tuple[int, int]


@dataclass
class Rolled:
    """One currency of a span of days, or of one leg of it: count and amount of each part."""

    currency: str
    leg: str = ""
    opening: Sum = (0, 0)
    new: Sum = (0, 0)
    cleared: dict[str, Sum] = field(default_factory=dict)
    closing: Sum = (0, 0)

    @property
    def gone(self) -> Sum:
        """All that was cleared, however."""
        return _added(self.cleared.values())

    @property
    def expected(self) -> Sum:
        """What should be open in the end."""
        return _added([self.opening, self.new, _negative(self.gone)])

    @property
    def holds(self) -> bool:
        return self.expected == self.closing

    def said(self) -> dict[str, object]:
        """Return it as JSON values: amounts as text, since they may be large."""
        return {
            **({"leg": self.leg} if self.leg else {}),
            "currency": self.currency,
            "opening": _told(self.opening),
            "new": _told(self.new),
            "cleared": {how: _told(each) for how, each in sorted(self.cleared.items())},
            "closing": _told(self.closing),
            "holds": self.holds,
        }


def forward(reconciliation: Reconciliation, first: date, last: date) -> list[Rolled]:
    """Roll the breaks of a reconciliation over a span of days, both ends included."""
    return together(forward_by_leg(reconciliation, first, last))


def forward_by_leg(reconciliation: Reconciliation, first: date, last: date) -> list[Rolled]:
    """Roll them likewise, apart for each comparison (for a break of a file, its leg)."""
    rolled: dict[tuple[str, str], Rolled] = {}
    events = BreakEvent.objects.filter(broken__reconciliation=reconciliation, day__lte=last)
    rows = events.exclude(change=0).values_list(
        "day", "broken__comparison", "currency", "amount", "change", "word"
    )
    for day, leg, currency, amount, change, word in rows.order_by().iterator(_BATCH):
        each = rolled.setdefault((leg, currency), Rolled(currency, leg))
        if day < first:
            each.opening = _added([each.opening, (change, change * amount)])
        elif change > 0:
            each.new = _added([each.new, (1, amount)])
        else:
            how = word or Break.State.CLEARED.value
            each.cleared[how] = _added([each.cleared.get(how, (0, 0)), (1, amount)])
    for (leg, currency), total in _standing(reconciliation, last).items():
        rolled.setdefault((leg, currency), Rolled(currency, leg)).closing = total
    return [rolled[key] for key in sorted(rolled)]


def together(legs: Iterable[Rolled]) -> list[Rolled]:
    """Add up all legs of each currency."""
    rolled: dict[str, Rolled] = {}
    for each in legs:
        whole = rolled.setdefault(each.currency, Rolled(each.currency))
        whole.opening = _added([whole.opening, each.opening])
        whole.new = _added([whole.new, each.new])
        for how, one in each.cleared.items():
            whole.cleared[how] = _added([whole.cleared.get(how, (0, 0)), one])
        whole.closing = _added([whole.closing, each.closing])
    return [rolled[currency] for currency in sorted(rolled)]


def month_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of the month of a day."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _standing(reconciliation: Reconciliation, last: date) -> Mapping[tuple[str, str], Sum]:
    """Count what was open at the end of a day, break by break, by leg and currency."""
    steps = BreakEvent.objects.filter(broken__reconciliation=reconciliation).exclude(change=0)
    if steps.filter(day__gt=last).exists():
        past = (
            steps.filter(day__lte=last)
            .order_by("id")
            .values_list("broken_id", "change", "broken__comparison", "currency", "amount")
        )
        stood = {
            key: (change, leg, currency, amount)
            for key, change, leg, currency, amount in past.iterator(_BATCH)
        }
        open_then = [told[1:] for told in stood.values() if told[0] > 0]
    else:
        now = Break.objects.filter(reconciliation=reconciliation, is_open=True).order_by()
        open_then = list(now.values_list("comparison", "currency", "amount").iterator(_BATCH))
    found: dict[tuple[str, str], Sum] = defaultdict(lambda: (0, 0))
    for leg, currency, amount in open_then:
        found[leg, currency] = _added([found[leg, currency], (1, amount)])
    return found


def _added(sums: Iterable[Sum]) -> Sum:
    count, amount = 0, 0
    for more, further in sums:
        count, amount = count + more, amount + further
    return count, amount


def _negative(one: Sum) -> Sum:
    return -one[0], -one[1]


def _told(one: Sum) -> dict[str, object]:
    return {"count": one[0], "amount": str(one[1])}
