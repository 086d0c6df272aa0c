"""Roll-forward of breaks: opening + new - cleared = closing, by count and amount per currency."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evidence.reconcile.errors import OpeningError
from evidence.reconcile.outcome import Break, Identity

MOST_BYTES = 256 * 1024**2


@dataclass(frozen=True)
class Open:
    """One open break of an earlier run: the currency and amount that it was recorded with."""

    currency: str
    amount: int


def read(path: Path) -> dict[str, Open]:
    """Return the open breaks of the report of an earlier run; raises OpeningError."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise OpeningError(f"{path.name} is larger than a report of a run can be.")
        listed = json.loads(path.read_text(encoding="utf-8"))["breaks"]
        return {entry["id"]: _open(entry) for entry in listed}
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path.name} is no report of an earlier run ({type(error).__name__})."
        raise OpeningError(message) from error


def _open(entry: Mapping[str, Mapping[str, str]]) -> Open:
    side = entry["left"] if int(entry["left"]["count"]) else entry["right"]
    return Open(str(side["currency"]), int(side["amount"]))


def of(found: Break) -> Open:
    """Return how a break stands in the roll-forward: by its left side, where it has one."""
    side = found.left if found.left.count else found.right
    return Open(side.currency, side.amount)


def roll_forward(opening: Mapping[str, Open], breaks: Sequence[Break]) -> Iterator[Identity]:
    """Yield the equation of each currency.

    What was open is taken as it was recorded, so that an amount which changed under an open break
    does not hide: the equation fails.
    """
    closing = {found.id: of(found) for found in breaks}
    new = [entry for name, entry in closing.items() if name not in opening]
    cleared = [entry for name, entry in opening.items() if name not in closing]
    left = _sums([*opening.values(), *new])
    gone, right = _sums(cleared), _sums(list(closing.values()))
    for currency in sorted({*left, *right}):
        count, amount = left[currency]
        less, spent = gone[currency]
        yield Identity(
            "roll_forward", "breaks", currency, (count - less, amount - spent), right[currency]
        )


def _sums(entries: Sequence[Open]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for entry in entries:
        count, amount = found[entry.currency]
        found[entry.currency] = count + 1, amount + entry.amount
    return found
