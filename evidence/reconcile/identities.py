"""The equations that every run must prove, each computed from the tables and not from the passes.

files: what was read from each file is what the table holds. once: no item has two classes in one
comparison. classes: inputs = matched + breaks + not due + quarantined + out of scope. matched and
settlement: both sides of what was matched agree but for listed tolerances. ledger: the postings of
an entry sum to zero. chain: a closing balance is the next opening one. roll_forward: see opening.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from evidence.reconcile.acceptance import Accepted
from evidence.reconcile.census import Census
from evidence.reconcile.engine import Engine, Values
from evidence.reconcile.outcome import Identity, Total
from evidence.reconcile.passes import measured
from evidence.reconcile.rules import Comparison, Pass, Role, RuleSet, Side
from evidence.reconcile.tables import Place, quoted

Seat = tuple[Place, Side]


def totals(engine: Engine, census: Census, seats: Sequence[Seat]) -> list[Total]:
    """Return count and amount by comparison, side, currency and class."""
    legs = {(place.comparison, place.side): place.leg for place, _ in seats}
    sums: dict[tuple[str, str, str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    outside = [
        (place.comparison, place.side, currency, "out_of_scope", count, amount)
        for place, side in seats
        for currency, (count, amount) in census.outside(side).items()
    ]
    for *key, count, amount in [*_classed(engine), *_plain(engine), *outside]:
        name = (key[0], key[1], key[2], key[3])
        before = sums[name]
        sums[name] = before[0] + count, before[1] + int(amount)
    return sorted(
        Total(comparison, side, legs[comparison, side], currency, name, *found)
        for (comparison, side, currency, name), found in sums.items()
    )


def _classed(engine: Engine) -> Iterator[Values]:
    yield from engine.rows(
        "SELECT c.comparison, c.side, i.currency, c.class, count(*),"
        " CAST(sum(i.amount) AS DECIMAL(38, 0)) FROM classed c JOIN told i ON i.id = c.id"
        " GROUP BY 1, 2, 3, 4"
    )


def _plain(engine: Engine) -> Iterator[Values]:
    plain = "SELECT comparison, currency, pairs, left_amount, right_amount FROM plain"
    for comparison, currency, pairs, left, right in engine.rows(plain):
        yield comparison, "left", currency, "matched", pairs, left
        yield comparison, "right", currency, "matched", pairs, right


def prove(
    engine: Engine,
    rules: RuleSet,
    accepted: Accepted,
    seats: Sequence[Seat],
    counted: tuple[Census, Sequence[Total]],
) -> list[Identity]:
    """Return all equations of a run, those that hold too."""
    census, summed = counted
    found = [*_files(census, accepted), *_once(engine, census, seats)]
    found += _classes(census, seats, summed)
    for comparison in rules.comparisons:
        found += _matched(engine, comparison)
    for name, leg in rules.legs.items():
        if leg.role is Role.LEDGER:
            found += _ledger(engine, name)
    found += _chain(accepted)
    return sorted(found)


def _files(census: Census, accepted: Accepted) -> Iterator[Identity]:
    held = census.by_file()
    stated = {
        (facts.number, currency): (count, credit + debit)
        for facts in accepted.files
        for currency, (count, credit, debit) in facts.totals.items()
    }
    names = {facts.number: facts.name for facts in accepted.files}
    for key in sorted({*held, *stated}):
        zero = (0, 0)
        yield Identity("files", names[key[0]], key[1], stated.get(key, zero), held.get(key, zero))


def _once(engine: Engine, census: Census, seats: Sequence[Seat]) -> Iterator[Identity]:
    """Yield per side: rows of classes and plain pairs, and the items that these stand for."""
    sql = "SELECT comparison, side, count(*), count(DISTINCT id) FROM classed GROUP BY 1, 2"
    classed = {(name, side): (rows, once) for name, side, rows, once in engine.rows(sql)}
    sql = "SELECT comparison, sum(pairs) FROM plain GROUP BY 1"
    pairs = {name: int(count) for name, count in engine.rows(sql)}
    left_over = {(name, side): items for name, side, items in engine.rows("SELECT * FROM kept")}
    for place, side in seats:
        key = place.comparison, place.side
        rows, once = classed.get(key, (0, 0))
        if key in left_over:
            rows += pairs.get(place.comparison, 0)
            once += census.participants(side) - left_over[key]
        yield Identity("once", " ".join(key), "", (rows, 0), (once, 0))


def _classes(census: Census, seats: Sequence[Seat], summed: Sequence[Total]) -> Iterator[Identity]:
    for place, _ in seats:
        subject = f"{place.comparison} {place.side}"
        mine = [t for t in summed if (t.comparison, t.side) == (place.comparison, place.side)]
        for currency, inputs in census.inputs(place.leg).items():
            classed = [total for total in mine if total.currency == currency]
            right = sum(total.count for total in classed), sum(t.amount for t in classed)
            yield Identity("classes", subject, currency, inputs, right)


def _matched(engine: Engine, comparison: Comparison) -> Iterator[Identity]:
    """Yield the equation of the two sides of each pass; the count is that of the keys."""
    name = "settlement" if comparison.left.leg == comparison.right.leg else "matched"
    for entry in comparison.passes:
        if entry.id == "P6":
            continue
        amount, currency = measured(entry)
        if amount == "net":
            amount = "COALESCE(i.settled_amount, i.amount) - COALESCE(i.fee, 0)"
            currency = "COALESCE(i.settled_currency, i.currency)"
        else:
            amount, currency = "i.amount", "i.currency"
        sql = (
            f"SELECT {currency}, c.side, count(DISTINCT c.grp),"
            f" CAST(sum({amount}) AS DECIMAL(38, 0)) FROM classed c JOIN told i ON i.id = c.id"
            f" WHERE c.comparison = {quoted(comparison.name)} AND c.class = 'matched'"
            f" AND c.pass = '{entry.id}' GROUP BY 1, 2"
        )
        sums = {(code, side): (keys, int(total)) for code, side, keys, total in engine.rows(sql)}
        for code, pairs, *amounts in _pairs(engine, comparison.name, entry):
            for side, total in zip(("left", "right"), amounts, strict=True):
                before = sums.get((code, side), (0, 0))
                sums[code, side] = before[0] + pairs, before[1] + int(total)
        spent = _tolerated(engine, comparison.name, entry.id, currency)
        for code in sorted({code for code, _ in sums}):
            keys, total = sums.get((code, "right"), (0, 0))
            right = keys, total + spent.get(code, 0)
            subject = f"{comparison.name} {entry.id}"
            yield Identity(name, subject, code, sums.get((code, "left"), (0, 0)), right)


def _pairs(engine: Engine, comparison: str, entry: Pass) -> Iterator[Values]:
    yield from engine.rows(
        "SELECT currency, pairs, left_amount, right_amount FROM plain"
        f" WHERE comparison = {quoted(comparison)} AND pass = '{entry.id}'"
    )


def _tolerated(engine: Engine, comparison: str, name: str, currency: str) -> dict[str, int]:
    sql = (
        "SELECT currency, CAST(sum(diff) AS DECIMAL(38, 0)) FROM (SELECT DISTINCT c.grp,"
        f" {currency} AS currency, c.diff FROM classed c JOIN told i ON i.id = c.id"
        f" WHERE c.comparison = {quoted(comparison)} AND c.class = 'matched'"
        f" AND c.pass = '{name}' AND c.diff <> 0) spent GROUP BY 1"
    )
    return {code: int(total) for code, total in engine.rows(sql)}


def _ledger(engine: Engine, leg: str) -> Iterator[Identity]:
    sql = (
        "SELECT currency, sum(CASE WHEN total <> 0 THEN 1 ELSE 0 END),"
        " CAST(sum(abs(total)) AS DECIMAL(38, 0)) FROM"
        " (SELECT entry_id, currency, sum(amount) AS total FROM item"
        f" WHERE leg = {quoted(leg)} AND entry_id IS NOT NULL AND status = 'done'"
        " GROUP BY entry_id, currency) entries GROUP BY 1"
    )
    for currency, unbalanced, total in engine.rows(sql):
        yield Identity("ledger", leg, currency, (int(unbalanced), int(total)), (0, 0))


def _chain(accepted: Accepted) -> Iterator[Identity]:
    for broken in accepted.chain:
        left, right = (1, broken.closing), (1, broken.opening)
        yield Identity("chain", broken.leg, broken.currency, left, right)
    if accepted.links and not accepted.chain:
        yield Identity("chain", "statements", "", (accepted.links, 0), (accepted.links, 0))
