"""What every reader of files hands over: rows in the source's words, and what the file claims."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from evidence.reconcile.amounts import Style
from evidence.reconcile.rules import FileRule, Leg


@dataclass(frozen=True)
class Row:
    """One movement as its file states it; `moment` is a day where the file knows no time."""

    line: int
    fields: Mapping[str, str]
    moment: datetime | date


@dataclass(frozen=True)
class Statement:
    """One statement of a bank account, for the chain of balances; amounts in minor units.

    `number` counts the statements of the account, `part` the pages of one statement.
    """

    account: str
    currency: str
    number: int | None
    opening: int
    closing: int
    day: date
    part: int = 0

    def repeats(self, other: "Statement") -> bool:
        """Say whether the other is this statement once more, as in a file that was sent again."""
        return (self.number, self.part, self.day) == (other.number, other.part, other.day) and (
            (self.opening, self.closing) == (other.opening, other.closing)
        )

    def leaves_gap(self, other: "Statement") -> bool:
        """Say whether numbers between the two show that a statement is missing."""
        if self.number is None or other.number is None or other.number == self.number:
            return False
        restarted = other.number == 1 and other.day.year > self.day.year
        return other.number != self.number + 1 and not restarted


@dataclass
class Reading:
    """One file on its way in: what it holds beside its rows is filled in while they are read."""

    path: Path
    rule: FileRule
    leg: Leg
    style: Style = field(default_factory=Style)
    statements: list[Statement] = field(default_factory=list)


Reader = Callable[[Reading], Iterator[Row]]
"""Yields the rows of a file; raises FileRefusedError with the line, also at its end."""
