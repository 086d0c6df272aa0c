"""Where the SQL runs: one small interface, and DuckDB in this process behind it.

The passes are written in plain SQL over the tables that they make themselves; what databases spell
differently (digests, ordered concatenation, whole division) each engine writes in its own words.
Another engine is another class with these methods; equal digests prove that it does the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import duckdb

Values = tuple[Any, ...]


class Engine(Protocol):
    """Runs statements of SQL and returns rows."""

    wide: str
    """The widest type of whole numbers, for products before they are divided."""

    def execute(self, sql: str) -> None:
        """Run a statement that returns nothing."""

    def rows(self, sql: str) -> Iterator[Values]:
        """Yield the rows of a query, streaming; one query at a time."""

    def load(self, table: str, columns: Mapping[str, str], files: Sequence[Path]) -> None:
        """Make a table of CSV files with these columns and no header; empty means NULL."""

    def sha256(self, text: str) -> str:
        """Return the expression of the digest of a text, in small hexadecimal digits."""

    def joined(self, text: str, mark: str) -> str:
        """Return the aggregate that joins texts in their own order, by bytes."""

    def divided(self, dividend: str, divisor: str) -> str:
        """Return the expression of a whole quotient; neither number is negative."""


class DuckDB:
    """An in-memory database that spills into one folder and reaches nothing else."""

    wide = "HUGEINT"

    def __init__(self, scratch: Path, *, memory: str, threads: int) -> None:
        self._database = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": memory,
                "threads": str(threads),
                "temp_directory": str(scratch),
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "python_enable_replacements": "false",
                "preserve_insertion_order": "false",
            },
        )
        # Readers get a connection of their own, so that a statement between two rows is no harm.
        self._reader = self._database.cursor()
        for connection in (self._database, self._reader):
            connection.execute("SET enable_progress_bar = false")

    def close(self) -> None:
        """Let go of all tables."""
        self._reader.close()
        self._database.close()

    def execute(self, sql: str) -> None:
        self._database.execute(sql)

    def rows(self, sql: str) -> Iterator[Values]:
        found = self._reader.execute(sql)
        while batch := found.fetchmany(10_000):
            yield from batch

    def load(self, table: str, columns: Mapping[str, str], files: Sequence[Path]) -> None:
        if not files:
            listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            self._database.execute(f"CREATE TABLE {table} ({listed})")
        else:
            self._database.read_csv(
                [str(path) for path in files],  # type: ignore[arg-type]  # The stubs lag.
                header=False,
                sep=",",
                quotechar='"',
                escapechar='"',
                na_values="",
                auto_detect=False,
                columns=dict(columns),
            ).create(table)
        self._database.execute("SET enable_external_access = false")
        self._database.execute("SET lock_configuration = true")

    def sha256(self, text: str) -> str:
        return f"sha256({text})"

    def joined(self, text: str, mark: str) -> str:
        return f"string_agg({text}, '{mark}' ORDER BY {text})"

    def divided(self, dividend: str, divisor: str) -> str:
        return f"(({dividend}) // ({divisor}))"


@contextmanager
def duckdb_engine(scratch: Path, *, memory: str = "1GB", threads: int = 2) -> Iterator[DuckDB]:
    """Yield a database that is gone afterwards."""
    engine = DuckDB(scratch, memory=memory, threads=threads)
    try:
        yield engine
    finally:
        engine.close()
