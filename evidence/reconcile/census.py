"""What the accepted rows are, counted by one look at the table: the inputs of every proof.

A cell holds the rows that agree in file, currency, kind, account, day, and in whether they could be
mapped. Only accounts that a rule names are told apart, so that a leg with a million accounts has no
million cells.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from evidence.reconcile.engine import Engine
from evidence.reconcile.rules import RuleSet, Side
from evidence.reconcile.tables import listed

Sums = dict[str, tuple[int, int]]
"""Count and amount in minor units, by currency."""


@dataclass(frozen=True)
class Cell:
    """Rows of one sort: how many, and their sum in minor units."""

    leg: str
    file: int
    currency: str
    kind: str
    account: str | None
    day: date
    is_faulty: bool
    count: int
    amount: int

    def takes_part(self, side: Side) -> bool:
        """Say whether these rows belong to a side of a comparison."""
        return self._is_on(side) and not self.is_faulty

    def _is_on(self, side: Side) -> bool:
        fits = self.leg == side.leg and self.kind in side.kinds
        return fits and (not side.account or self.account == side.account)


@dataclass(frozen=True)
class Census:
    """All cells of a run."""

    cells: list[Cell]

    def days(self, side: Side) -> list[date]:
        """Return the days on which something of a side happened."""
        return sorted({cell.day for cell in self.cells if cell.takes_part(side)})

    def latest_day(self) -> date:
        """Return the last day of all; the first that there is, where there are no rows."""
        return max((cell.day for cell in self.cells), default=date.min)

    def participants(self, side: Side) -> int:
        """Return how many rows take part on a side."""
        return sum(cell.count for cell in self.cells if cell.takes_part(side))

    def has_faults(self, leg: str) -> bool:
        """Say whether some row of a leg could not be mapped."""
        return any(cell.is_faulty for cell in self.cells if cell.leg == leg)

    def inputs(self, leg: str) -> Sums:
        """Return all rows of a leg."""
        return self._sums(lambda cell: cell.leg == leg)

    def outside(self, side: Side) -> Sums:
        """Return the rows of a leg that could be mapped and take no part on a side."""
        return self._sums(
            lambda cell: cell.leg == side.leg and not cell.is_faulty and not cell.takes_part(side)
        )

    def by_file(self) -> dict[tuple[int, str], tuple[int, int]]:
        """Return count and amount by number of file and currency."""
        found: dict[tuple[int, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
        for cell in self.cells:
            count, amount = found[cell.file, cell.currency]
            found[cell.file, cell.currency] = count + cell.count, amount + cell.amount
        return dict(found)

    def by_leg(self) -> list[tuple[str, ...]]:
        """Return leg, currency, kind, account, day, fault, count and amount, whatever the files."""
        found: dict[tuple[str, ...], tuple[int, int]] = defaultdict(lambda: (0, 0))
        for cell in self.cells:
            account = "-" if cell.account is None else repr(cell.account)
            fault = "faulty" if cell.is_faulty else "whole"
            name = (cell.leg, cell.currency, cell.kind, account, cell.day.isoformat(), fault)
            count, amount = found[name]
            found[name] = count + cell.count, amount + cell.amount
        return [(*name, *map(str, sums)) for name, sums in sorted(found.items())]

    def _sums(self, wanted: Callable[[Cell], bool]) -> Sums:
        found: Sums = defaultdict(lambda: (0, 0))
        for cell in filter(wanted, self.cells):
            count, amount = found[cell.currency]
            found[cell.currency] = count + cell.count, amount + cell.amount
        return dict(found)


def take(engine: Engine, rules: RuleSet) -> Census:
    """Count the table `item`."""
    named = tuple(sorted({side.account for side in _sides(rules) if side.account}))
    account = f"CASE WHEN account IN ({listed(named)}) THEN account END" if named else "NULL"
    rows = engine.rows(
        f"SELECT min(leg), file, currency, kind, {account}, day, fault IS NOT NULL, count(*),"
        " CAST(sum(amount) AS DECIMAL(38, 0)) FROM item GROUP BY 2, 3, 4, 5, 6, 7"
    )
    # The sum of a database is a decimal number, and everything here counts in whole ones.
    return Census(
        [
            Cell(leg, file, currency, kind, account, day, faulty, count, int(amount))
            for leg, file, currency, kind, account, day, faulty, count, amount in rows
        ]
    )


def _sides(rules: RuleSet) -> Iterator[Side]:
    for comparison in rules.comparisons:
        yield from (comparison.left, comparison.right)
    yield from (rule.of for rule in rules.fees)
    yield from (rule.of for rule in rules.conversions)
