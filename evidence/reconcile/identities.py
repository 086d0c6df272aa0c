"""The equations that every run must prove, each computed from the tables and not from the passes.

files: what was read from each file is what the table holds. once: no item has two classes in one
comparison. classes: inputs = matched + breaks + not due + quarantined + out of scope. matched and
settlement: both sides of what was matched agree but for listed tolerances. ledger: the postings of
an entry sum to zero. chain: a closing balance is the next opening one. roll_forward: see opening.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from evidence.reconcile.acceptance import Accepted
from evidence.reconcile.engine import Engine
from evidence.reconcile.outcome import Identity, Total
from evidence.reconcile.passes import measured
from evidence.reconcile.rules import Comparison, Role, RuleSet, Side
from evidence.reconcile.tables import Place, in_scope, quoted

Seat = tuple[Place, Side]


def totals(engine: Engine, seats: Sequence[Seat]) -> list[Total]:
    """Return count and amount by comparison, side, currency and class."""
    found = []
    for place, side in seats:
        rows = engine.rows(
            "SELECT i.currency, c.class, count(*), CAST(sum(i.amount) AS DECIMAL(38, 0))"
            f" FROM classed c JOIN item i ON i.id = c.id WHERE {_of(place)} GROUP BY 1, 2"
        )
        sums: dict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
        for currency, name, count, amount in [*rows, *_outside(engine, place, side)]:
            before = sums[currency, name]
            sums[currency, name] = (before[0] + count, before[1] + int(amount))
        found += [
            Total(place.comparison, place.side, place.leg, currency, name, *sums[currency, name])
            for currency, name in sums
        ]
    return sorted(found)


def _outside(engine: Engine, place: Place, side: Side) -> Iterator[tuple[str, str, int, int]]:
    """Yield what lies in the leg and takes no part in the comparison."""
    yield from engine.rows(
        "SELECT i.currency, 'out_of_scope', count(*), CAST(sum(i.amount) AS DECIMAL(38, 0))"
        f" FROM item i WHERE i.leg = {quoted(place.leg)} AND i.fault IS NULL"
        f" AND COALESCE({in_scope(side)}, FALSE) = FALSE GROUP BY 1"
    )


def prove(
    engine: Engine,
    rules: RuleSet,
    accepted: Accepted,
    seats: Sequence[Seat],
    summed: Sequence[Total],
) -> list[Identity]:
    """Return all equations of a run, those that hold too."""
    found = [*_files(engine, accepted), *_classes(engine, seats, summed)]
    for comparison in rules.comparisons:
        found += _matched(engine, comparison)
    for name, leg in rules.legs.items():
        if leg.role is Role.LEDGER:
            found += _ledger(engine, name)
    found += _chain(accepted)
    return sorted(found)


def _of(place: Place) -> str:
    return f"c.comparison = {quoted(place.comparison)} AND c.side = {quoted(place.side)}"


def _files(engine: Engine, accepted: Accepted) -> Iterator[Identity]:
    held = {
        (file, currency): (count, int(amount))
        for file, currency, count, amount in engine.rows(
            "SELECT file, currency, count(*), CAST(sum(amount) AS DECIMAL(38, 0)) FROM item"
            " GROUP BY 1, 2"
        )
    }
    stated = {
        (facts.number, currency): (count, credit + debit)
        for facts in accepted.files
        for currency, (count, credit, debit) in facts.totals.items()
    }
    names = {facts.number: facts.name for facts in accepted.files}
    for key in sorted({*held, *stated}):
        zero = (0, 0)
        yield Identity("files", names[key[0]], key[1], stated.get(key, zero), held.get(key, zero))


def _classes(engine: Engine, seats: Sequence[Seat], summed: Sequence[Total]) -> Iterator[Identity]:
    for place, _ in seats:
        subject = f"{place.comparison} {place.side}"
        sql = f"SELECT count(*), count(DISTINCT c.id) FROM classed c WHERE {_of(place)}"
        rows, once = next(iter(engine.rows(sql)))
        yield Identity("once", subject, "", (rows, 0), (once, 0))
        inputs = engine.rows(
            "SELECT currency, count(*), CAST(sum(amount) AS DECIMAL(38, 0)) FROM item"
            f" WHERE leg = {quoted(place.leg)} GROUP BY 1"
        )
        mine = [t for t in summed if (t.comparison, t.side) == (place.comparison, place.side)]
        for currency, count, amount in inputs:
            classed = [total for total in mine if total.currency == currency]
            right = sum(total.count for total in classed), sum(t.amount for t in classed)
            yield Identity("classes", subject, currency, (count, int(amount)), right)


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
            f" CAST(sum({amount}) AS DECIMAL(38, 0)) FROM classed c JOIN item i ON i.id = c.id"
            f" WHERE c.comparison = {quoted(comparison.name)} AND c.class = 'matched'"
            f" AND c.pass = '{entry.id}' GROUP BY 1, 2"
        )
        sums = {(code, side): (keys, int(total)) for code, side, keys, total in engine.rows(sql)}
        spent = _tolerated(engine, comparison.name, entry.id, currency)
        for code in sorted({code for code, _ in sums}):
            keys, total = sums.get((code, "right"), (0, 0))
            right = keys, total + spent.get(code, 0)
            subject = f"{comparison.name} {entry.id}"
            yield Identity(name, subject, code, sums.get((code, "left"), (0, 0)), right)


def _tolerated(engine: Engine, comparison: str, name: str, currency: str) -> dict[str, int]:
    sql = (
        "SELECT currency, CAST(sum(diff) AS DECIMAL(38, 0)) FROM (SELECT DISTINCT c.grp,"
        f" {currency} AS currency, c.diff FROM classed c JOIN item i ON i.id = c.id"
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
