"""The passes that match: one against one (P1, P2), group against group (P3, P4), candidates (P6).

Rules:
- One against one is exact in key, kind, amount, currency and status; where several would fit, the
  nearest day goes first, then the content of the rows, never the order in which they came.
- Groups share a key; only what is done counts, and the sums of both sides agree by currency, within
  the tolerance of the pass, which is listed where it was used.
- Repeated ids are set apart before, so that no copy can take the place of an item.
- Candidates are shown to a person and close nothing.
"""

from evidence.reconcile.engine import Engine
from evidence.reconcile.plain import SAME
from evidence.reconcile.rules import Comparison, Leg, Pass
from evidence.reconcile.tables import Place, content, keep, quoted

REUSED_AFTER_DAYS = 45
"""Sources give an id once more after years; such a pair is no duplicate."""


def set_duplicates_apart(engine: Engine, place: Place, leg: Leg) -> None:
    """Class every further item with the same unique id, kind, amount and currency as a break."""
    key = leg.unique
    # Ids alone first: nearly all are there once.
    engine.keep(
        "repeated",
        f"SELECT s.{key} AS grp FROM {place.open} s"
        f" WHERE s.{key} IS NOT NULL GROUP BY s.{key} HAVING count(*) > 1",
    )
    if not next(iter(engine.rows("SELECT count(*) FROM repeated")))[0]:
        return
    engine.keep(
        "twice",
        "SELECT s.id, t.grp, s.kind, s.amount, s.currency, s.day, s.due_on"
        f" FROM {place.open} s JOIN repeated t ON s.{key} = t.grp",
    )
    same = "PARTITION BY s.grp, s.kind, s.amount, s.currency"
    engine.execute(
        f"INSERT INTO classed SELECT {_names(place)}, id, 'break', 'duplicate', 'P1', grp, NULL,"
        " due_on FROM (SELECT s.id, s.grp, s.due_on,"
        f" row_number() OVER ({same} ORDER BY {content(engine, 'i')}, s.id) AS place,"
        f" {engine.days(f'max(s.day) OVER ({same})', f'min(s.day) OVER ({same})')} AS days"
        " FROM twice s JOIN item i ON i.id = s.id) ranked"
        f" WHERE place > 1 AND days <= {REUSED_AFTER_DAYS}"
    )


def match(engine: Engine, comparison: Comparison, left: Place, right: Place) -> bool:
    """Run the passes of a comparison in their order, and say whether both sides have open items."""
    are_open = True
    for entry in comparison.passes:
        if entry.id in {"P1", "P2"}:
            _one_to_one(engine, entry, left, right)
        elif entry.id in {"P3", "P4"}:
            _groups(engine, entry, left, right)
        else:
            continue
        are_open = min(keep(engine, place, place.open) for place in (left, right)) > 0
        if not are_open:
            break
    if all(entry.id == "P6" for entry in comparison.passes):
        are_open = min(keep(engine, place, place.open) for place in (left, right)) > 0
    return are_open


def _one_to_one(engine: Engine, entry: Pass, left: Place, right: Place) -> None:
    engine.keep(
        "pair",
        f"SELECT l.id AS l, r.id AS r, l.{entry.left} AS grp"
        f" FROM {left.open} l JOIN {right.open} r ON l.{entry.left} = r.{entry.right} AND {SAME}"
        f" AND {within(engine, entry)}",
    )
    if _is_unambiguous(engine):
        _record_pairs(engine, entry, left, right, "pair")
        return
    _rank(engine)
    while next(iter(engine.rows("SELECT count(*) FROM ranked")))[0]:
        engine.keep(
            "best",
            "SELECT l, r, grp FROM ranked p"
            " WHERE place = (SELECT min(place) FROM ranked q WHERE q.l = p.l)"
            " AND place = (SELECT min(place) FROM ranked q WHERE q.r = p.r)",
        )
        _record_pairs(engine, entry, left, right, "best")
        engine.keep(
            "ranked",
            "SELECT * FROM ranked p WHERE NOT EXISTS (SELECT 1 FROM best b WHERE b.l = p.l)"
            " AND NOT EXISTS (SELECT 1 FROM best b WHERE b.r = p.r)",
        )


def within(engine: Engine, entry: Pass) -> str:
    """Return the condition that two items lie near enough in time."""
    days = entry.within_days
    return f"{engine.days('l.day', 'r.day')} BETWEEN -{days} AND {days}"


def _is_unambiguous(engine: Engine) -> bool:
    sql = "SELECT count(*), count(DISTINCT l), count(DISTINCT r) FROM pair"
    total, lefts, rights = next(iter(engine.rows(sql)))
    return bool(total == lefts == rights)


def _rank(engine: Engine) -> None:
    """Put all pairs into one order; the first of what is left is then the best for both of it."""
    engine.keep(
        "ranked",
        "SELECT p.l, p.r, p.grp, row_number() OVER (ORDER BY"
        f" abs({engine.days('a.day', 'b.day')}), {content(engine, 'a')}, {content(engine, 'b')},"
        " p.l, p.r) AS place"
        " FROM pair p JOIN item a ON a.id = p.l JOIN item b ON b.id = p.r",
    )


def _record_pairs(engine: Engine, entry: Pass, left: Place, right: Place, table: str) -> None:
    for place, column in ((left, "l"), (right, "r")):
        engine.execute(
            f"INSERT INTO classed SELECT {_names(place)}, {column}, 'matched', NULL, '{entry.id}',"
            f" grp, NULL, NULL FROM {table}"
        )


def _groups(engine: Engine, entry: Pass, left: Place, right: Place) -> None:
    amount, currency = measured(entry)
    for place, key, name in ((left, entry.left, "sums_l"), (right, entry.right, "sums_r")):
        engine.keep(
            name,
            f"SELECT {key} AS grp, {currency} AS currency,"
            f" CAST(sum({amount}) AS DECIMAL(38, 0)) AS total FROM {place.open}"
            f" WHERE {key} IS NOT NULL AND status = 'done' GROUP BY {key}, {currency}",
        )
    engine.keep(
        "pair",
        "SELECT l.grp, l.currency, l.total - r.total AS diff"
        " FROM sums_l l JOIN sums_r r ON l.grp = r.grp AND l.currency = r.currency"
        f" WHERE abs(l.total - r.total) <= {_tolerance(entry)}",
    )
    for place, key in ((left, entry.left), (right, entry.right)):
        engine.execute(
            f"INSERT INTO classed SELECT {_names(place)}, s.id, 'matched', NULL, '{entry.id}',"
            f" p.grp, p.diff, NULL FROM {place.open} s JOIN pair p"
            f" ON s.{key} = p.grp AND s.{currency} = p.currency WHERE s.status = 'done'"
        )


def measured(entry: Pass) -> tuple[str, str]:
    """Return the columns that a group is summed by: amount and currency."""
    return ("net", "net_currency") if entry.measure == "net" else ("amount", "currency")


def _tolerance(entry: Pass) -> str:
    if not entry.tolerance:
        return "0"
    cases = " ".join(f"WHEN {quoted(code)} THEN {most}" for code, most in entry.tolerance.items())
    return f"CASE l.currency {cases} ELSE 0 END"


def find_candidates(engine: Engine, comparison: Comparison, left: Place, right: Place) -> None:
    """List pairs that agree in amount, currency, days, merchant and last four, where stated.

    Both sides have items that no pass matched.
    """
    for entry in comparison.passes:
        if entry.id == "P6":
            engine.execute(
                f"INSERT INTO candidate SELECT {quoted(comparison.name)}, l.id, r.id"
                f" FROM {left.rest} l JOIN {right.rest} r ON l.amount = r.amount"
                f" AND l.currency = r.currency AND l.kind = r.kind AND {within(engine, entry)}"
                f" AND {_agree('merchant')} AND {_agree('last_four')}"
                f" WHERE l.id IN ({_unpaired(left)}) AND r.id IN ({_unpaired(right)})"
            )


def _agree(name: str) -> str:
    """Return the condition that both sides say the same, or one of them nothing."""
    return f"(l.{name} = r.{name} OR l.{name} IS NULL OR r.{name} IS NULL)"


def _unpaired(place: Place) -> str:
    """Return the ids of what stands alone: due or not, with no counterpart under any key."""
    return (
        f"SELECT id FROM classed WHERE comparison = {quoted(place.comparison)}"
        f" AND side = {quoted(place.side)} AND pass = 'P7' AND class IN ('break', 'not_due')"
    )


def _names(place: Place) -> str:
    return f"{quoted(place.comparison)}, {quoted(place.side)}"
