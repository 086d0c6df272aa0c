"""Runs the rules in Spark SQL, for a warehouse of which Spark is the engine.

Rules:
- What is asked again is kept on the disks of the workers; tables that grow are Parquet in a folder
  that goes with the run.
- Amounts are decimals of 19 digits, because Spark refuses a sum of whole numbers beyond 64 bits.
"""

import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from evidence.reconcile.engine import DuckDB, Values
from evidence.reconcile.errors import ReconcileError
from evidence.reconcile.items import COLUMNS

_TYPES = {"VARCHAR": "STRING", "TIMESTAMP": "TIMESTAMP_NTZ"}
_MONEY = ("amount", "fee", "settled_amount", "rate_e9")
_CONFIG = {
    "spark.ui.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.legacy.createHiveTableByDefault": "false",
    "spark.sql.parquet.compression.codec": "zstd",
}


class Spark:
    """One session; `receive` brings the items."""

    wide = "DECIMAL(38, 0)"
    text = "STRING"

    def __init__(self, session: Any, level: Any, folder: Path) -> None:
        self._session, self._level, self._folder = session, level, folder

    def execute(self, sql: str) -> None:
        self._session.sql(sql)

    def rows(self, sql: str) -> Iterator[Values]:
        for row in self._session.sql(sql).collect():
            yield tuple(row)

    def make(self, table: str, columns: Mapping[str, str]) -> None:
        listed = ", ".join(f"{name} {_TYPES.get(kind, kind)}" for name, kind in columns.items())
        place = quoted_path(self._folder / table)
        self.execute(f"CREATE TABLE {table} ({listed}) USING parquet LOCATION '{place}'")

    def keep(self, table: str, query: str) -> None:
        kept = self._session.sql(query).localCheckpoint(True, self._level)
        kept.createOrReplaceTempView(table)

    def show(self, view: str, query: str) -> None:
        self.execute(f"CREATE OR REPLACE TEMPORARY VIEW {view} AS {query}")

    def days(self, later: str, earlier: str) -> str:
        return f"datediff({later}, {earlier})"

    def bucket(self, text: str, buckets: int) -> str:
        return f"(xxhash64({text}) & {buckets - 1})"

    def sha256(self, text: str) -> str:
        return f"sha2({text}, 256)"

    def joined(self, text: str, mark: str) -> str:
        return f"array_join(array_sort(collect_list({text})), '{mark}')"

    def divided(self, dividend: str, divisor: str) -> str:
        # DIV of Spark answers in 64 bits, and its division rounds: only what divides is divided.
        whole = f"({dividend}) - (({dividend}) % ({divisor}))"
        return f"CAST(({whole}) / ({divisor}) AS {self.wide})"

    def receive(self, staged: DuckDB, folder: Path) -> None:
        """Take over the table `item` from DuckDB."""
        path = folder / "items.parquet"
        staged.write("item", path, "FORMAT parquet, COMPRESSION zstd")
        words = {name: kind for name, kind in COLUMNS.items() if kind == "VARCHAR"}
        casts = dict.fromkeys(words, "STRING") | dict.fromkeys(_MONEY, "DECIMAL(19, 0)")
        casts["occurred_at"] = "TIMESTAMP_NTZ"
        columns = ", ".join(
            f"CAST({name} AS {casts[name]}) AS {name}" if name in casts else name
            for name in ("id", *COLUMNS)
        )
        self.keep("item", f"SELECT {columns} FROM parquet.`{path}`")


def quoted_path(path: Path) -> str:
    """Return a path inside a literal of SQL."""
    return str(path).replace("\\", "\\\\").replace("'", "\\'")


@contextmanager
def spark_engine(
    scratch: Path, *, master: str = "", settings: Mapping[str, str] | None = None
) -> Iterator[Spark]:
    """Yield an engine in a session of its own; without a master, the one of Spark's configuration.

    Raises ReconcileError where Spark is not installed, or gave up.
    """
    try:
        spark: Any = import_module("pyspark.sql")
        storage: Any = import_module("pyspark.storagelevel")
        failures: tuple[type[Exception], ...] = (
            import_module("pyspark.errors").PySparkException,
            import_module("py4j.protocol").Py4JError,
        )
    except ImportError as error:
        message = 'Install the extra "spark", and a Java of version 17, to reconcile in Spark.'
        raise ReconcileError(message) from error
    folder = scratch / "spark"
    builder = spark.SparkSession.builder.appName("countersign-reconcile")
    if master:
        builder = builder.master(master)
    for name, value in (_CONFIG | dict(settings or {})).items():
        builder = builder.config(name, value)
    # A session may serve several runs, one after the other: each has a schema of its own.
    name = f"reconcile_{secrets.token_hex(8)}"
    try:
        session = builder.getOrCreate().newSession()
        session.sql(f"CREATE SCHEMA {name} LOCATION '{quoted_path(folder)}'")
        session.sql(f"USE {name}")
        try:
            yield Spark(session, storage.StorageLevel.DISK_ONLY, folder)
        finally:
            session.sql(f"DROP SCHEMA {name} CASCADE")
    except failures as error:
        first = str(error).strip().partition("\n")[0]
        raise ReconcileError(f"Spark gave up: {first[:500]}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
