"""Where the SQL runs: one small interface, and DuckDB in this process behind it.

The passes are written in plain SQL over the tables that they make themselves; what databases spell
differently (digests, ordered concatenation, whole division) each engine writes in its own words.
PostgreSQL and Spark stand beside; equal digests prove that each does the same. Files are always
accepted here, in DuckDB: another engine gets the accepted items, and does all that follows.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from controls import late_duckdb as duckdb
from evidence.reconcile.items import COLUMNS, WORDS

Values = tuple[Any, ...]


class Engine(Protocol):
    """Runs statements of SQL and returns rows."""

    wide: str
    """The widest type of whole numbers, for products before they are divided."""

    text: str
    """The type of texts, to cast to."""

    def execute(self, sql: str) -> None:
        """Run a statement that returns nothing."""

    def rows(self, sql: str) -> Iterator[Values]:
        """Yield the rows of a query; one query at a time."""

    def make(self, table: str, columns: Mapping[str, str]) -> None:
        """Make an empty table; the types of its columns are in DuckDB's words."""

    def keep(self, table: str, query: str) -> None:
        """Make a table of a query, in place of one of this name, which the query may ask."""

    def show(self, view: str, query: str) -> None:
        """Make a view of a query, in place of one of this name."""

    def days(self, later: str, earlier: str) -> str:
        """Return the expression of the whole days from one date to another."""

    def bucket(self, text: str, buckets: int) -> str:
        """Return the expression of a text's bucket by some hash; `buckets` is a power of two."""

    def sha256(self, text: str) -> str:
        """Return the expression of the digest of a text, in small hexadecimal digits."""

    def joined(self, text: str, mark: str) -> str:
        """Return the aggregate that joins texts in their own order, by bytes."""

    def divided(self, dividend: str, divisor: str) -> str:
        """Return the expression of a whole quotient; neither number is negative."""


class Receiver(Engine, Protocol):
    """An engine beside DuckDB, which takes over the accepted items."""

    def receive(self, staged: "DuckDB", folder: Path) -> None:
        """Make the table `item` of what was accepted; files may lie in the folder."""


class DuckDB:
    """An in-memory database that spills into one folder and reaches nothing else."""

    wide = "HUGEINT"
    text = "VARCHAR"

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
                # Rows of one file lie in their order, so that the place of a row tells its line.
                "preserve_insertion_order": "true",
            },
        )
        self.first_rows: dict[int, int] = {}
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

    def make(self, table: str, columns: Mapping[str, str]) -> None:
        listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        self._database.execute(f"CREATE TABLE IF NOT EXISTS {table} ({listed})")

    def keep(self, table: str, query: str) -> None:
        self._database.execute(f"CREATE OR REPLACE TABLE {table} AS {query}")

    def show(self, view: str, query: str) -> None:
        self._database.execute(f"CREATE OR REPLACE VIEW {view} AS {query}")

    def days(self, later: str, earlier: str) -> str:
        return f"({later} - {earlier})"

    def load(self, table: str, files: Sequence[Path]) -> None:
        """Make a table of items from CSV files without header; empty means NULL."""
        columns = column_types()
        self.make(table, columns)
        if files:
            self._database.read_csv(
                [str(path) for path in files],  # type: ignore[arg-type]  # The stubs lag.
                header=False,
                sep=",",
                quotechar='"',
                escapechar='"',
                na_values="",
                auto_detect=False,
                columns=columns,
            ).insert_into(table)
        self._database.execute("SET preserve_insertion_order = false")

    def close_doors(self) -> None:
        """Let no statement from here on reach a file or change a setting."""
        self._database.execute("SET enable_external_access = false")
        self._database.execute("SET lock_configuration = true")

    def write(self, name: str, target: Path, form: str) -> None:
        """Write a table or view into a file; `form` are the options of COPY."""
        path = str(target).replace("'", "''")
        self._database.execute(f"COPY (SELECT * FROM {name}) TO '{path}' ({form})")

    def csv(self, path: Path, delimiter: str, width: int) -> str:
        """Return the source of the rows of a file without quotes; columns are c0, c1, ..."""
        columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(width))
        return (
            f"read_csv('{source_path(path)}', columns = {{{columns}}}, auto_detect = false,"
            f" header = true, delim = '{delimiter}', quote = '', escape = '', compression = 'none')"
        )

    def number(self, table: str, name: str) -> None:
        """Show a table under another name, with a whole number `id` for each row."""
        # The place of a row in its table is a number already, and costs no copy of the table.
        cases = " ".join(
            f"WHEN {file} THEN rowid - {first - 2}" for file, first in self.first_rows.items()
        )
        line = f"CASE file {cases} ELSE line END" if cases else "line"
        columns = ", ".join(f"{line} AS line" if each == "line" else each for each in COLUMNS)
        self._database.execute(f"CREATE VIEW {name} AS SELECT rowid AS id, {columns} FROM {table}")

    def bucket(self, text: str, buckets: int) -> str:
        return f"CAST(hash({text}) & {buckets - 1} AS BIGINT)"

    def sha256(self, text: str) -> str:
        return f"sha256({text})"

    def joined(self, text: str, mark: str) -> str:
        return f"string_agg({text}, '{mark}' ORDER BY {text})"

    def divided(self, dividend: str, divisor: str) -> str:
        return f"(({dividend}) // ({divisor}))"


def source_path(path: Path) -> str:
    """Return the name of one file inside a literal: no sign in it stands for other files."""
    name = "".join(f"[{mark}]" if mark in "*?[" else mark for mark in str(path))
    return name.replace("'", "''")


def column_types() -> dict[str, str]:
    """Return how DuckDB keeps the columns of an item: few words as their numbers."""
    words = {
        name: f"ENUM ({', '.join(repr(str(word)) for word in known)})"
        for name, known in WORDS.items()
    }
    return {name: words.get(name, kind) for name, kind in COLUMNS.items()}


@contextmanager
def duckdb_engine(scratch: Path, *, memory: str = "850MB", threads: int = 2) -> Iterator[DuckDB]:
    """Yield a database that is gone afterwards."""
    engine = DuckDB(scratch, memory=memory, threads=threads)
    try:
        yield engine
    finally:
        engine.close()
