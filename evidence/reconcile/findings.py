"""Lists what a run found, and digests it so that neither order nor place of a row counts.

A break is one item, or all items of one key that differ together. Its id is the digest of what its
items are, so that it stays the same from run to run, and the same under any order of the rows.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from hashlib import sha256

from evidence.reconcile.census import Census
from evidence.reconcile.engine import Engine, Values
from evidence.reconcile.outcome import Break, Candidate, Part, Tolerated
from evidence.reconcile.tables import content

MOST_BREAKS = 100_000
MOST_LISTED = 10_000
_AGES = ((1, "0-1"), (3, "2-3"), (7, "4-7"), (30, "8-30"))
_SHOWN_IDS = 200
_LABEL = "COALESCE(i.own_id, i.processor_id, i.reference, i.settlement_id, i.parent_id, '?')"
# What could not be mapped stands aside in every comparison of its leg, and is told once.
_TOLD = (
    "(c.class = 'break' OR (c.class = 'quarantined' AND NOT EXISTS (SELECT 1 FROM classed d"
    " WHERE d.id = c.id AND d.class = 'quarantined'"
    " AND d.comparison || ' ' || d.side < c.comparison || ' ' || c.side)))"
)
_GROUPED = "c.grp IS NOT NULL AND c.reason <> 'duplicate'"


def age(due: date | None, as_of: date) -> str:
    """Return the bucket of days since something was due; empty where nothing was."""
    if due is None:
        return ""
    days = max((as_of - due).days, 0)
    return next((name for most, name in _AGES if days <= most), "over 30")


def count_breaks(engine: Engine) -> int:
    """Return how many breaks there are, listed or not."""
    sql = (
        "SELECT count(*) FROM (SELECT DISTINCT c.comparison, c.pass, c.reason,"
        f" CASE WHEN {_GROUPED} THEN c.grp END, CASE WHEN {_GROUPED} THEN 0 ELSE c.id END"
        f" FROM classed c WHERE {_TOLD}) found"
    )
    return int(next(iter(engine.rows(sql)))[0])


def breaks(engine: Engine, as_of: date, files: Mapping[int, str]) -> list[Break]:
    """Return the breaks in the order of comparison, reason and id."""
    digest = engine.sha256(content(engine, "i"))
    members = engine.sha256(engine.joined("dig", ","))
    columns = ", ".join(_part(engine, side) for side in ("left", "right"))
    rows = engine.rows(
        f"SELECT comparison, reason, pass, grp, min(due_on), {members},"
        f" {columns} FROM (SELECT c.comparison, c.reason, c.pass, c.side, c.grp, c.due_on,"
        f" CASE WHEN {_GROUPED} THEN 0 ELSE c.id END AS single, {digest} AS dig,"
        f" {_LABEL} AS label, i.amount, i.currency,"
        f" lpad({_text(engine, 'i.file')}, 6, '0') || ':' ||"
        f" lpad({_text(engine, 'i.line')}, 12, '0')"
        " AS spot FROM classed c JOIN told i ON i.id = c.id"
        f" WHERE {_TOLD}) members"
        f" GROUP BY comparison, reason, pass, grp, single ORDER BY 1, 2, 6 LIMIT {MOST_BREAKS}"
    )
    seen: Counter[str] = Counter()
    return [_distinct(_break(row, as_of, files), seen) for row in rows]


def _text(engine: Engine, value: str) -> str:
    return f"CAST({value} AS {engine.text})"


def _part(engine: Engine, side: str) -> str:
    mine = f"side = '{side}'"
    label = f"CASE WHEN {mine} THEN label END"
    return (
        f"sum(CASE WHEN {mine} THEN 1 ELSE 0 END), {engine.joined(label, ', ')},"
        f" CAST(sum(CASE WHEN {mine} THEN amount ELSE 0 END) AS DECIMAL(38, 0)),"
        f" min(CASE WHEN {mine} THEN currency END), min(CASE WHEN {mine} THEN spot END)"
    )


def _break(row: Values, as_of: date, files: Mapping[int, str]) -> Break:
    comparison, reason, name, key, due, digest = row[:6]
    left, right = (_read_part(row[start : start + 5], files) for start in (6, 11))
    identifier = sha256(f"{comparison} {digest}".encode()).hexdigest()[:20]
    found_age = age(due, as_of)
    return Break(identifier, comparison, reason, name, key or "", left, right, due, found_age)


def _read_part(values: Values, files: Mapping[int, str]) -> Part:
    count, ids, amount, currency, spot = values
    shown = (ids or "")[:_SHOWN_IDS]
    if not spot:
        return Part(0, "", 0, "", "")
    file, _, line = spot.partition(":")
    return Part(int(count), shown, int(amount), currency, f"{files[int(file)]}:{int(line)}")


def _distinct(found: Break, seen: Counter[str]) -> Break:
    """Number breaks of items that agree in everything, which share their digest."""
    seen[found.id] += 1
    return replace(found, id=f"{found.id}-{seen[found.id]}") if seen[found.id] > 1 else found


def tolerated(engine: Engine) -> list[Tolerated]:
    """Return what was accepted within a tolerance: one line by key, or by item without one."""
    rows = engine.rows(
        f"SELECT DISTINCT c.comparison, c.pass, COALESCE(c.grp, {_LABEL}), c.diff"
        " FROM classed c JOIN told i ON i.id = c.id WHERE c.class = 'matched' AND c.diff <> 0"
        f" ORDER BY 1, 2, 3, 4 LIMIT {MOST_LISTED}"
    )
    return [Tolerated(name, way, key, int(diff)) for name, way, key, diff in rows]


def candidates(engine: Engine) -> list[Candidate]:
    """Return the pairs that a person may look at."""
    left, right = _LABEL, _LABEL.replace("i.", "j.")
    rows = engine.rows(
        f"SELECT c.comparison, {left}, {right}, i.amount, i.currency FROM candidate c"
        " JOIN told i ON i.id = c.left_id JOIN told j ON j.id = c.right_id"
        f" ORDER BY 1, 2, 3, 4, 5 LIMIT {MOST_LISTED}"
    )
    return [
        Candidate(name, first, second, int(amount), currency)
        for name, first, second, amount, currency in rows
    ]


def digest_lines(engine: Engine, counted: Census) -> Iterator[str]:
    """Yield lines that fix the outcome: inputs and plain pairs by count and sum, all else by item.

    An item that is no part of a plain pair has a digest of its class and of all that it is.
    """
    for totals in counted.by_leg():
        yield f"input {' '.join(totals)}"
    for row in engine.rows("SELECT * FROM plain ORDER BY 1, 2, 3, 4"):
        yield f"plain {' '.join(str(value) for value in row)}"
    line = (
        "c.comparison || '|' || c.side || '|' || c.class || '|' || COALESCE(c.reason, '') || '|'"
        f" || COALESCE(c.pass, '') || '|' || COALESCE({_text(engine, 'c.diff')}, '') || '|'"
        f" || COALESCE({_text(engine, 'c.due_on')}, '') || '|'"
        f" || COALESCE({_text(engine, 'length(c.grp)')} || ':' || c.grp, '-') || '|'"
        f" || {content(engine, 'i')}"
    )
    members = f"SELECT {engine.sha256(line)} AS dig FROM classed c JOIN told i ON i.id = c.id"
    pair = f"{engine.sha256(content(engine, 'i'))} || {engine.sha256(content(engine, 'j'))}"
    pairs = (
        f"SELECT {engine.sha256(f'c.comparison || {pair}')} AS dig FROM candidate c"
        " JOIN told i ON i.id = c.left_id JOIN told j ON j.id = c.right_id"
    )
    for name, source in (("classed", members), ("candidate", pairs)):
        # In buckets by their first digits, so that no list of all digests is ever in one place.
        rows = engine.rows(
            f"SELECT substr(dig, 1, 3) AS bucket, {engine.sha256(engine.joined('dig', ''))}"
            f" FROM ({source}) digests GROUP BY 1 ORDER BY 1"
        )
        for bucket, digest in rows:
            yield f"{name} {bucket} {digest}"
