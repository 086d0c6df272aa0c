"""The tables of a run and the views of the two sides of a comparison, as SQL.

`item` holds every accepted row; `classed` says of an item in a comparison what became of it:
matched, break, not_due, quarantined or out_of_scope, with reason, pass and the key that was used.
Plain pairs, which are nearly all, have no row there: `plain` holds their number and sums, `kept`
how many items of a side were left to the other passes. `told` holds the items of `classed`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from evidence.reconcile.calendars import due_on
from evidence.reconcile.engine import Engine
from evidence.reconcile.items import CONTENT, KEYS
from evidence.reconcile.rules import RuleSet, Side

_SUM = "DECIMAL(38, 0)"
_SIDE = {"comparison": "VARCHAR", "side": "VARCHAR"}
_TABLES = {
    "classed": _SIDE
    | {"id": "BIGINT", "class": "VARCHAR", "reason": "VARCHAR", "pass": "VARCHAR"}
    | {"grp": "VARCHAR", "diff": _SUM, "due_on": "DATE"},
    "due": _SIDE | {"day": "DATE", "due_on": "DATE", "lost_on": "DATE"},
    "candidate": {"comparison": "VARCHAR", "left_id": "BIGINT", "right_id": "BIGINT"},
    "plain": {
        "comparison": "VARCHAR",
        "pass": "VARCHAR",
        "currency": "VARCHAR",
        "status": "VARCHAR",
    }
    | {"pairs": "BIGINT", "left_amount": _SUM, "right_amount": _SUM},
    "kept": _SIDE | {"items": "BIGINT"},
}
_FIELDS = (*KEYS, "kind", "status", "amount", "currency", "merchant", "last_four", "occurred_at")


@dataclass(frozen=True)
class Place:
    """One side of one comparison: where its rows are."""

    comparison: str
    side: str
    leg: str

    @property
    def scope(self) -> str:
        """The view of all items that take part."""
        return f"scope_{self.side}"

    @property
    def rest(self) -> str:
        """The table of those that were still open when a pass was last over."""
        return f"rest_{self.side}"

    @property
    def open(self) -> str:
        """The view or table of those that no pass has classed yet."""
        return f"open_{self.side}"


def quoted(text: str) -> str:
    """Return a text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def listed(words: Iterator[str] | tuple[str, ...]) -> str:
    """Return texts as a list of literals of SQL."""
    return ", ".join(quoted(word) for word in words)


def content(engine: Engine, alias: str, names: Sequence[str] = CONTENT) -> str:
    """Return the expression of all that an item is; unlike items never share it."""
    # No text of an item holds a control character, so that these marks keep the values apart.
    parts = [f"COALESCE(CAST({alias}.{name} AS {engine.text}), chr(30))" for name in names]
    return f"concat_ws(chr(31), {', '.join(parts)})"


def create(engine: Engine) -> None:
    """Make the tables that all comparisons share; `item` is there already."""
    for name, columns in _TABLES.items():
        engine.make(name, columns)


def gather(engine: Engine) -> None:
    """Put the items that have a row in `classed` beside it: what is told of them asks no other."""
    engine.keep("told", "SELECT * FROM item WHERE id IN (SELECT id FROM classed)")


def in_scope(side: Side) -> str:
    """Return the condition on an item `i` for taking part on a side."""
    condition = f"i.leg = {quoted(side.leg)} AND i.kind IN ({listed(side.kinds)})"
    return condition + (f" AND i.account = {quoted(side.account)}" if side.account else "")


def open_side(engine: Engine, place: Place, side: Side) -> None:
    """Make the views of one side."""
    fields = ", ".join(f"i.{name}" for name in _FIELDS)
    engine.show(
        place.scope,
        f"SELECT i.id, {fields}, i.day,"
        " d.due_on, d.lost_on,"
        " COALESCE(i.settled_amount, i.amount) - COALESCE(i.fee, 0) AS net,"
        " COALESCE(i.settled_currency, i.currency) AS net_currency"
        f" FROM item i JOIN due d ON d.day = i.day AND d.comparison = {quoted(place.comparison)}"
        f" AND d.side = {quoted(place.side)} WHERE i.fault IS NULL AND {in_scope(side)}",
    )
    _open(engine, place, place.scope)


def quarantine(engine: Engine, place: Place) -> None:
    """Class what could not be mapped; of unknown kind, it may belong to any comparison."""
    engine.execute(
        f"INSERT INTO classed SELECT {quoted(place.comparison)}, {quoted(place.side)}, i.id,"
        " 'quarantined', 'mapping_unknown', 'P0', NULL, NULL, NULL FROM item i"
        f" WHERE i.leg = {quoted(place.leg)} AND i.fault IS NOT NULL"
    )


def keep(engine: Engine, place: Place, source: str) -> int:
    """Put the items that are still open into a table of their own, and say how many there are."""
    engine.keep(place.rest, f"SELECT * FROM {source}")
    _open(engine, place, place.rest)
    return int(next(iter(engine.rows(f"SELECT count(*) FROM {place.rest}")))[0])


def _open(engine: Engine, place: Place, source: str) -> None:
    engine.show(place.open, f"SELECT * FROM {source} s WHERE {_not_classed(place)}")


def _not_classed(place: Place) -> str:
    return (
        "NOT EXISTS (SELECT 1 FROM classed c WHERE c.id = s.id"
        f" AND c.comparison = {quoted(place.comparison)} AND c.side = {quoted(place.side)})"
    )


def fill_due(
    engine: Engine, rules: RuleSet, seat: tuple[Place, Side], days: Sequence[date], grace: int
) -> None:
    """Say for each day of a side when a counterpart is due, and from when it counts as missing."""
    place, side = seat
    closed = rules.closed(side.leg)
    rows = [_due_row(place, day, due_on(day, side.lag_days, closed), grace, closed) for day in days]
    if rows:
        engine.execute(f"INSERT INTO due VALUES {', '.join(rows)}")


def _due_row(place: Place, day: date, due: date, grace: int, closed: frozenset[date]) -> str:
    days = ", ".join(f"DATE '{each}'" for each in (day, due, due_on(due, grace, closed)))
    return f"({quoted(place.comparison)}, {quoted(place.side)}, {days})"
