"""Reconciliation of two legs beside the bare join of the same tables, and beside pandas.

Both legs lie in DuckDB in their canonical form, with 0.1 % of differences of each kind. Ours is all
that a comparison does: duplicates, passes, explanation, residue; and then totals, identities and
digest. The bare join only finds the pairs. pandas is measured where it is installed.
"""

import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from evidence.reconcile import findings, identities, run, tables
from evidence.reconcile.acceptance import Accepted, FileFacts
from evidence.reconcile.engine import DuckDB, duckdb_engine
from evidence.reconcile.items import COLUMNS
from evidence.reconcile.rules import RuleSet
from tests.benchmarks.stopwatch import Measure, Rival, compared, take_turns

SIZES = (1_000_000, 5_000_000)
MEMORY = "1200MB"
AS_OF = date(2026, 3, 31)
_SIDE = {"kinds": ["sale"], "lag_days": 2}
_FILE = {
    "name": "*",
    "format": "csv",
    "columns": {"amount": "a", "occurred_at": "t"},
    "fixed": {"kind": "sale", "status": "done", "currency": "EUR"},
}
RULES = {
    "name": "benchmark",
    "version": 1,
    "currencies": ["EUR"],
    "legs": {
        "a": {"role": "platform", "files": [_FILE]},
        "b": {"role": "processor", "files": [_FILE]},
    },
    "comparisons": [
        {
            "name": "a-b",
            "left": {"leg": "a", **_SIDE},
            "right": {"leg": "b", **_SIDE},
            "passes": [
                {"id": "P1", "left": "own_id", "right": "own_id"},
                {"id": "P2", "left": "processor_id", "right": "processor_id"},
            ],
        }
    ],
}
BARE = (
    "SELECT count(*), sum(CASE WHEN l.amount = r.amount THEN 1 ELSE 0 END)"
    " FROM (SELECT * FROM item WHERE leg = 'a') l"
    " FULL JOIN (SELECT * FROM item WHERE leg = 'b') r ON l.own_id = r.own_id"
)


def measure(quick: bool) -> Iterator[Measure]:
    for size in SIZES[:1] if quick else SIZES:
        yield from _measured(size)


def _measured(size: int) -> Iterator[Measure]:
    rules = RuleSet.model_validate(yaml.safe_load(yaml.safe_dump(RULES)))
    with (
        tempfile.TemporaryDirectory() as scratch,
        duckdb_engine(Path(scratch), memory=MEMORY) as engine,
    ):
        _fill(engine, size)
        tables.create(engine)
        sides = [_matching(engine, rules), _whole(engine, rules), _bare(engine)]
        frames = _frames(engine) if find_spec("pandas") else None
        if frames:
            sides.append(frames)
        seconds = take_turns(sides)
        rows = f"{size:,} x {size:,} rows"
        for name, taken, aim in (
            ("matching and reasons", seconds[0], "<= 1.3"),
            ("with identities and digest", seconds[1], "told"),
        ):
            rival = Rival("bare DuckDB join", seconds[2], aim)
            yield compared(
                f"reconciliation, {name}", rows, (taken, "s"), rival, ratio=taken / seconds[2]
            )
        if frames:
            rival = Rival("pandas merge", seconds[3], ">= 4")
            ratio = seconds[3] / seconds[0]
            yield compared("reconciliation", rows, (seconds[0], "s"), rival, ratio=ratio)


def _fill(engine: DuckDB, size: int) -> None:
    """Make both legs: of the second, every thousandth is missing, differs, or is there twice."""
    given = {
        "leg": "'{leg}'",
        "file": "0",
        "line": "i",
        "own_id": "'tr_' || md5(CAST(i AS VARCHAR))",
        "processor_id": "'px_' || CAST(i AS VARCHAR)",
        "kind": "'sale'",
        "status": "'done'",
        "amount": "i % 100000 + {off}",
        "currency": "'EUR'",
        "occurred_at": "TIMESTAMP '2026-03-02 10:00:00'",
        "day": "DATE '2026-03-02'",
    }
    columns = ", ".join(
        f"CAST({given.get(name, 'NULL')} AS {kind}) AS {name}" for name, kind in COLUMNS.items()
    )
    left = columns.format(leg="a", off="0")
    right = columns.format(leg="b", off="CASE WHEN i % 1000 = 2 THEN 1 ELSE 0 END")
    engine.execute(
        f"CREATE TABLE loaded AS SELECT {left} FROM range({size}) t(i) WHERE i % 1000 <> 3"
        f" UNION ALL SELECT {right} FROM range({size}) t(i) WHERE i % 1000 <> 1"
        f" UNION ALL SELECT {right} FROM range({size}) t(i) WHERE i % 1000 = 4"
    )


def _matching(engine: DuckDB, rules: RuleSet) -> Callable[[], object]:
    def match() -> object:
        for table in ("classed", "due", "candidate"):
            engine.execute(f"DELETE FROM {table}")
        return run.compare(engine, rules, rules.comparisons[0], AS_OF)

    return match


def _whole(engine: DuckDB, rules: RuleSet) -> Callable[[], object]:
    match = _matching(engine, rules)
    made = Accepted([FileFacts(0, "a", "made", "", 0)], [], [], [], 0)

    def reconcile() -> object:
        seats: Any = match()
        summed = identities.totals(engine, seats)
        proved = identities.prove(engine, rules, made, seats, summed)
        return proved, list(findings.digest_lines(engine))

    return reconcile


def _bare(engine: DuckDB) -> Callable[[], object]:
    return lambda: list(engine.rows(BARE))


def _frames(engine: DuckDB) -> Callable[[], object]:
    """Return the same question for pandas, its frames made beforehand."""
    pandas: Any = import_module("pandas")
    columns = ["own_id", "processor_id", "kind", "status", "amount", "currency"]
    left, right = (
        pandas.DataFrame(
            list(engine.rows(f"SELECT {', '.join(columns)} FROM item WHERE leg = '{leg}'")),
            columns=columns,
        )
        for leg in ("a", "b")
    )

    def merge() -> object:
        both = left.merge(right, on="own_id", how="outer", indicator=True)
        same = both["_merge"].eq("both")
        for name in ("amount", "currency", "status", "kind"):
            same &= both[f"{name}_x"].eq(both[f"{name}_y"])
        return (
            int(same.sum()),
            left["own_id"].duplicated().sum(),
            right["own_id"].duplicated().sum(),
        )

    return merge
