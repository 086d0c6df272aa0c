"""Reconciliation of two legs beside a bare join, pandas and `sort | join`, from the same files.

Two CSV files with 0.1 % of differences of each kind: missing on either side, another amount, a row
twice. Ours is a whole run: control totals, SHA-256 of the files, matching, reasons, identities, and
the digest. Pandas does the same job (pandas_reconcile.py). The bare peers read the same files,
join on the id, and compare amount and currency; none of them checks a cell, looks for copies, says
why or proves anything. Then, on tables that are loaded already, the parts of ours beside the bare
join of the same tables tell what each part costs.

BENCH_ROWS says how many rows a side has, in one size or several: BENCH_ROWS=1000000,5000000.
BENCH_MEMORY is what DuckDB may use in ours and in the bare join before it writes to the disk; the
process takes some 300 MB beside it. BENCH_SECONDS is how long a side may take, BENCH_PEERS which
peers take part (bare, sort, pandas, merge). The largest:
BENCH_ROWS=20000000 BENCH_PEERS=bare BENCH_SECONDS=3600, with 15 GB of disk.
"""

import math
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from resource import RLIMIT_DATA, RUSAGE_CHILDREN, getrusage, setrlimit
from typing import Any

import duckdb
import yaml

from evidence.reconcile import census, findings, identities, run, tables
from evidence.reconcile.acceptance import Accepted, FileFacts
from evidence.reconcile.engine import DuckDB, column_types, duckdb_engine
from evidence.reconcile.rules import RuleSet
from tests.benchmarks import pandas_reconcile
from tests.benchmarks.stopwatch import Measure, Rival, compared, take_turns

Side = Callable[[Path, Path], object]
MOST_SECONDS = int(os.environ.get("BENCH_SECONDS", "900"))
MOST_BYTES = 8 << 30
"""What one side may take in all; one that takes more is left out of the report."""
MEMORY = os.environ.get("BENCH_MEMORY", "850MB")
THREADS = 2
AS_OF = date(2026, 3, 31)
HEADER = ("id", "transaction", "kind", "status", "amount", "currency", "time")
_SIDE = {"kinds": ["sale"], "lag_days": 2}
_FILE = {
    "name": "*",
    "format": "csv",
    "columns": {
        "own_id": "id",
        "processor_id": "transaction",
        "kind": "kind",
        "status": "status",
        "amount": "amount",
        "currency": "currency",
        "occurred_at": "time",
    },
}
_WORDS = {"kinds": {"SALE": "sale"}, "statuses": {"SETTLED": "done"}}
RULES = {
    "name": "benchmark",
    "version": 1,
    "currencies": ["EUR", "USD", "JPY"],
    "legs": {
        "a": {"role": "platform", "files": [_FILE], **_WORDS},
        "b": {"role": "processor", "files": [_FILE], **_WORDS},
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
_SAME = "l.amount = r.amount AND l.currency = r.currency"
BARE_FILES = (
    f"SELECT count(*), count(*) FILTER ({_SAME}) FROM {{left}} l FULL JOIN {{right}} r"
    " ON l.id = r.id"
)
BARE_TABLES = (
    f"SELECT count(*), count(*) FILTER ({_SAME}) FROM (SELECT * FROM item WHERE leg = 'a') l"
    " FULL JOIN (SELECT * FROM item WHERE leg = 'b') r ON l.own_id = r.own_id"
)
SORT_AND_JOIN = (
    "join -t, -a1 -a2 -e- -o 0,1.5,1.6,2.5,2.6"
    " <(sort -t, -k1,1 --parallel=2 -S 400M {left}) <(sort -t, -k1,1 --parallel=2 -S 400M {right})"
    " | awk -F, '$2 == $4 && $3 == $5 {{ same++ }} END {{ print NR, same }}'"
)


def measure(quick: bool) -> Iterator[Measure]:
    default = "200000" if quick else "1000000,5000000"
    sizes = [int(text) for text in os.environ.get("BENCH_ROWS", default).split(",")]
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            yield from _from_files(Path(folder), size)
    with tempfile.TemporaryDirectory() as folder:
        yield from _from_tables(Path(folder), min(1_000_000, *sizes))


def _from_files(folder: Path, size: int) -> Iterator[Measure]:
    left, right = _write(folder, size)
    known = _peers()
    sides: list[Side] = [_whole, *(peer.side for peer in known)]
    # Sides take turns, so that drift hits all alike; each runs alone, so that none fills another's.
    rounds = 3 if size <= 1_000_000 else 1
    taken = [[_alone(side, left, right) for side in sides] for _ in range(rounds)]
    seconds = [statistics.median(turn[place][0] for turn in taken) for place in range(len(sides))]
    peaks = [max(turn[place][1] for turn in taken) for place in range(len(sides))]
    if seconds[0] == math.inf:
        raise RuntimeError(f"Ours did not come to an end of {size:,} rows in {MOST_SECONDS} s.")
    for place, peer in enumerate(known, start=1):
        if seconds[place] == math.inf:
            continue
        ratio = seconds[0] / seconds[place]
        yield compared(
            "reconciliation, files to digest",
            f"{size:,} x {size:,} rows within {MEMORY}",
            (seconds[0], "s"),
            Rival(f"{peer.name} of the same files ({peaks[place]} MB)", seconds[place], peer.aim),
            ratio=ratio if peer.aim.startswith("<") else 1 / ratio,
            memory_mb=peaks[0],
        )


@dataclass(frozen=True)
class Peer:
    """What ours is held against; an aim of at most is of our time by theirs."""

    name: str
    side: Side
    aim: str


def _peers() -> list[Peer]:
    known = {
        "bare": Peer("bare DuckDB join", _bare, "<= 1.3"),
        "sort": Peer("sort | join", _sort_and_join, "told"),
        "pandas": Peer("the same job in pandas", _pandas, ">= 4"),
        "merge": Peer("bare pandas merge", _merge, "told"),
    }
    wanted = os.environ.get("BENCH_PEERS", "bare,sort,pandas,merge").split(",")
    return [known[name] for name in wanted]


def _alone(side: Side, left: Path, right: Path) -> tuple[float, int]:
    """Return seconds and peak megabytes of a side in a process of its own; inf where it failed."""
    context = get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=_tell, args=(side, left, right, answers))
    process.start()
    process.join(MOST_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
    return answers.get() if process.exitcode == 0 else (math.inf, 0)


def _tell(side: Side, left: Path, right: Path, answers: Any) -> None:
    # Whatever one of them does, the machine is not brought down.
    setrlimit(RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    if side in (_pandas, _merge):
        import_module("pandas")
    start = time.perf_counter()
    side(left, right)
    taken = time.perf_counter() - start
    answers.put((taken, max(_own_peak(), getrusage(RUSAGE_CHILDREN).ru_maxrss) // 1024))


def _own_peak() -> int:
    """Return the most kilobytes that this process ever held since it began to be itself."""
    # The peak that getrusage tells begins with that of the process which started this one.
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def _write(folder: Path, size: int) -> tuple[Path, Path]:
    """Write both files: of the second, every thousandth is missing, differs, or is there twice."""
    columns = (
        "'tr_' || md5(CAST(i AS VARCHAR)) AS id, 'px_' || i AS transaction, 'SALE' AS kind,"
        " 'SETTLED' AS status, (i % 100000 + {off}) || '.' || (10 + i % 90) AS amount,"
        " 'EUR' AS currency, strftime(TIMESTAMP '2026-03-02 08:00:00' + to_seconds(i % 36000),"
        " '%Y-%m-%dT%H:%M:%S') || '+00:00' AS time"
    )
    left = columns.replace("{off}", "0")
    right = columns.replace("{off}", "CASE WHEN i % 1000 = 2 THEN 1 ELSE 0 END")
    numbers = f"range({size}) t(i)"
    queries = {
        "a.csv": f"SELECT {left} FROM {numbers} WHERE i % 1000 <> 3",
        "b.csv": (
            f"SELECT {right} FROM {numbers} WHERE i % 1000 <> 1"
            f" UNION ALL SELECT {right} FROM {numbers} WHERE i % 1000 = 4"
        ),
    }
    # Who writes the files is not measured, and may take what sorting the largest of them needs.
    with duckdb.connect(config=_limits(folder) | {"memory_limit": "4GB"}) as database:
        for name, query in queries.items():
            database.execute(
                # Neither leg has its rows in the order of the other.
                f"COPY (SELECT * FROM ({query}) ORDER BY hash(id || '{name}')) TO"
                f" '{folder / name}' (HEADER, DELIMITER ',')"
            )
    return folder / "a.csv", folder / "b.csv"


def _rules() -> RuleSet:
    return RuleSet.model_validate(yaml.safe_load(yaml.safe_dump(RULES)))


def _whole(left: Path, right: Path) -> object:
    found = run.reconcile(
        _rules(),
        {"a": [left], "b": [right]},
        scratch=left.parent,
        terms=run.Terms(AS_OF, memory=MEMORY, threads=THREADS),
    )
    assert not found.failed_identities
    assert not found.file_breaks
    return found.digest


def _bare(left: Path, right: Path) -> object:
    types = dict.fromkeys(HEADER, "VARCHAR") | {"amount": "DECIMAL(18, 2)"}
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    sources = {
        name: f"read_csv('{path}', header = true, auto_detect = false, columns = {{{columns}}})"
        for name, path in (("left", left), ("right", right))
    }
    config = _limits(left.parent) | {"preserve_insertion_order": "false"}
    with duckdb.connect(config=config) as database:
        return database.execute(BARE_FILES.format(**sources)).fetchall()


def _limits(folder: Path) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "memory_limit": MEMORY,
        "threads": str(THREADS),
        "temp_directory": str(folder / "spill"),
    }


def _sort_and_join(left: Path, right: Path) -> object:
    command = SORT_AND_JOIN.format(left=left, right=right)
    return subprocess.run(
        ["bash", "-c", command], check=True, capture_output=True, env={"LC_ALL": "C"}
    ).stdout


def _pandas(left: Path, right: Path) -> object:
    return pandas_reconcile.reconcile(left, right)


def _merge(left: Path, right: Path) -> object:
    pandas: Any = import_module("pandas")
    a, b = (pandas.read_csv(path) for path in (left, right))
    both = a.merge(b, on="id", how="outer", indicator=True)
    same = both["_merge"].eq("both")
    for name in ("amount", "currency"):
        same &= both[f"{name}_x"].eq(both[f"{name}_y"])
    return int(same.sum())


def _from_tables(folder: Path, size: int) -> Iterator[Measure]:
    with duckdb_engine(folder, memory=MEMORY, threads=THREADS) as engine:
        _fill(engine, size)
        engine.number("loaded", "item")
        tables.create(engine)
        parts = _Parts(engine)
        seconds = take_turns(
            [parts.match, parts.prove, parts.digest, lambda: list(engine.rows(BARE_TABLES))],
            rounds=3,
        )
    rows = f"{size:,} x {size:,} rows"
    names = ("matching and reasons", "totals and identities", "digest of all")
    for name, taken, aim in zip(names, seconds, ("<= 1.3", "told", "told"), strict=False):
        yield compared(
            f"reconciliation of tables, {name}",
            rows,
            (taken, "s"),
            Rival("bare DuckDB join of the same tables", seconds[3], aim),
            ratio=taken / seconds[3],
        )


class _Parts:
    """The parts of a run over loaded tables, each as it follows the one before."""

    def __init__(self, engine: DuckDB) -> None:
        self._engine, self._rules = engine, _rules()
        self._seats: list[identities.Seat] = []

    def match(self) -> None:
        for table in ("classed", "due", "candidate", "plain", "kept"):
            self._engine.execute(f"DELETE FROM {table}")
        self._engine.execute("DROP TABLE IF EXISTS told")
        self._census = census.take(self._engine, self._rules)
        comparison = self._rules.comparisons[0]
        self._seats = run.compare(self._engine, self._rules, comparison, self._census, AS_OF)

    def prove(self) -> None:
        self._engine.execute("DROP TABLE IF EXISTS told")
        tables.gather(self._engine)
        files = [FileFacts(number, name, name, "", 0) for number, name in enumerate("ab")]
        made = Accepted(files, [], [], [], 0)
        summed = identities.totals(self._engine, self._census, self._seats)
        identities.prove(self._engine, self._rules, made, self._seats, (self._census, summed))

    def digest(self) -> None:
        list(findings.digest_lines(self._engine, self._census))


def _fill(engine: DuckDB, size: int) -> None:
    """Load both legs as they are in the files."""
    given = {
        "leg": "'{leg}'",
        "file": "{file}",
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
        f"CAST({given.get(name, 'NULL')} AS {kind}) AS {name}"
        for name, kind in column_types().items()
    )
    left = columns.format(leg="a", file=0, off="0")
    right = columns.format(leg="b", file=1, off="CASE WHEN i % 1000 = 2 THEN 1 ELSE 0 END")
    engine.execute(
        f"CREATE TABLE loaded AS SELECT {left} FROM range({size}) t(i) WHERE i % 1000 <> 3"
        f" UNION ALL SELECT {right} FROM range({size}) t(i) WHERE i % 1000 <> 1"
        f" UNION ALL SELECT {right} FROM range({size}) t(i) WHERE i % 1000 = 4"
    )
    engine.execute("SET preserve_insertion_order = false")
