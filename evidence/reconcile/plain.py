"""Sets aside what the first pass matches without doubt: one join, and no copy of any row.

Rules:
- A pair is plain where its key stands once on either side, and both items are of one kind, amount,
  currency and status, within the days of the pass. No other item shares its key, so that no later
  rule could say anything else of it.
- The join compares the keys themselves, and writes down the numbers of the rows that met. A number
  that is there twice shows a key that stands twice; all that met it is left to the exact passes.
  So are items without a key, and items whose own unique id may stand twice.
- Counts and sums of both sides come from the pairs, for the identities.
"""

from evidence.reconcile.engine import Engine
from evidence.reconcile.rules import Leg, Pass, Side
from evidence.reconcile.tables import Place, in_scope, keep, quoted

SAME = "l.kind = r.kind AND l.amount = r.amount AND l.currency = r.currency AND l.status = r.status"
"""When two items with one key agree."""

ROWS_OF_A_JOIN = 5_000_000
"""How many items of both sides one join takes; with these 700 MB are enough for it."""

_HASHES = 1 << 62

Seat = tuple[Place, Side, Leg]


def set_aside(engine: Engine, entry: Pass, left: Seat, right: Seat) -> None:
    """Count the plain pairs of a pass into `plain`, and leave the other items open."""
    others = [
        _open_plain(engine, seat, str(key))
        for seat, key in ((left, entry.left), (right, entry.right))
    ]
    _take_out_repeated(engine, _join(engine, entry))
    engine.execute(
        f"INSERT INTO plain SELECT {quoted(left[0].comparison)}, '{entry.id}', currency, status,"
        " count(*), sum(left_amount), sum(right_amount) FROM meeting WHERE is_plain"
        " GROUP BY currency, status"
    )
    for (place, _, _), never in zip((left, right), others, strict=True):
        _keep_others(engine, place, never)


def _open_plain(engine: Engine, seat: Seat, key: str) -> str:
    """Make the view of the items of a side that may be plain; return the query of the others."""
    place, side, leg = seat
    mapped = f"FROM item i WHERE i.fault IS NULL AND {in_scope(side)}"
    once, others = "", f"SELECT i.id {mapped} AND i.{key} IS NULL"
    if leg.unique != key:
        twice = _twice(engine, place, side, leg)
        once = f" AND NOT COALESCE({twice}, FALSE)" if twice else ""
        others += f" UNION SELECT i.id {mapped} AND {twice}" if twice else ""
    engine.show(
        f"plain_{place.side}",
        f"SELECT i.id, i.{key} AS key, i.kind, i.amount, i.currency, i.status, i.day"
        f" {mapped} AND i.{key} IS NOT NULL{once}",
    )
    return others


def _twice(engine: Engine, place: Place, side: Side, leg: Leg) -> str:
    """Return the condition that the unique id may stand twice; empty where none does."""
    # Two ids of one hash are taken for one here: both then go the exact way, and none is lost.
    mark = engine.bucket(f"i.{leg.unique}", _HASHES)
    doubled = f"doubled_{place.side}"
    engine.keep(
        doubled,
        f"SELECT {mark} AS mark FROM item i"
        f" WHERE {in_scope(side)} AND i.{leg.unique} IS NOT NULL GROUP BY 1 HAVING count(*) > 1",
    )
    if not next(iter(engine.rows(f"SELECT count(*) FROM {doubled}")))[0]:
        return ""
    return f"{mark} IN (SELECT mark FROM {doubled})"


def _join(engine: Engine, entry: Pass) -> int:
    """Make the view `met`: the numbers of the rows that share a key, or have none to share it with.

    Many rows are joined in buckets of their keys, so that the memory of a join has a bound;
    how many buckets there are is returned.
    """
    days = entry.within_days
    columns = (
        "SELECT l.id AS l, r.id AS r, l.currency, l.status, l.amount AS left_amount,"
        f" r.amount AS right_amount, COALESCE({SAME}"
        f" AND {engine.days('l.day', 'r.day')} BETWEEN -{days} AND {days}, FALSE) AS is_plain"
    )
    buckets = _buckets(next(iter(engine.rows("SELECT count(*) FROM item")))[0])
    for number in range(buckets):
        mine = f" WHERE {engine.bucket('key', buckets)} = {number}" if buckets > 1 else ""
        sides = [f"(SELECT * FROM plain_{side}{mine})" for side in ("left", "right")]
        query = f"{columns} FROM {sides[0]} l FULL JOIN {sides[1]} r ON l.key = r.key"
        engine.keep(f"met_{number}", query)
    engine.show("met", _of_all("met", buckets))
    return buckets


def _of_all(table: str, buckets: int) -> str:
    return " UNION ALL ".join(f"SELECT * FROM {table}_{number}" for number in range(buckets))


def _buckets(rows: int) -> int:
    """Return a power of two of buckets, none of which has many more rows than one join takes."""
    return 1 << max(-(-rows // ROWS_OF_A_JOIN) - 1, 0).bit_length()


def _take_out_repeated(engine: Engine, buckets: int) -> None:
    """Make the view `meeting`: `met`, with no pair plain where a row of it met several others.

    All that a row met shares its key and so its bucket: each bucket is counted by itself.
    """
    sql = (
        "SELECT count(l), count(r), (SELECT count(*) FROM plain_left),"
        " (SELECT count(*) FROM plain_right) FROM met"
    )
    lefts, rights, all_left, all_right = next(iter(engine.rows(sql)))
    once, joins = "m.is_plain", ""
    for column, is_repeated in (("l", lefts != all_left), ("r", rights != all_right)):
        if is_repeated:
            for number in range(buckets):
                engine.keep(
                    f"often_{column}_{number}",
                    f"SELECT {column} AS id FROM met_{number} WHERE {column} IS NOT NULL"
                    f" GROUP BY {column} HAVING count(*) > 1",
                )
            engine.show(f"often_{column}", _of_all(f"often_{column}", buckets))
            once += f" AND often_{column}.id IS NULL"
            joins += f" LEFT JOIN often_{column} ON often_{column}.id = m.{column}"
    engine.show(
        "meeting",
        f"SELECT m.l, m.r, m.currency, m.status, m.left_amount, m.right_amount, {once} AS is_plain"
        f" FROM met m{joins}",
    )


def _keep_others(engine: Engine, place: Place, never: str) -> None:
    """Leave open what met nothing, what met another or several, and what the join never saw."""
    column = "l" if place.side == "left" else "r"
    engine.keep(
        f"away_{place.side}",
        f"SELECT {column} AS id FROM meeting WHERE NOT is_plain AND {column} IS NOT NULL"
        f" UNION {never}",
    )
    source = f"{place.scope} s WHERE s.id IN (SELECT id FROM away_{place.side})"
    items = keep(engine, place, source)
    engine.execute(
        f"INSERT INTO kept VALUES ({quoted(place.comparison)}, {quoted(place.side)}, {items})"
    )
