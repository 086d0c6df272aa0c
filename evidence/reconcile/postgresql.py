"""Runs the rules inside PostgreSQL: everything lies in temporary tables of one session.

Rules:
- The role needs to sign in and may make temporary tables; it reads and writes nothing else.
- All of it is one transaction that is rolled back at the end, so that nothing stays behind.
- The address is looked at by the one guard of the house, like that of any other source.
- Texts are ordered by their bytes, whatever the collation of the database is.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evidence import addresses
from evidence.errors import AddressError
from evidence.reconcile.engine import DuckDB, Values
from evidence.reconcile.errors import ReconcileError
from evidence.reconcile.items import COLUMNS

try:
    import psycopg
except ImportError:  # The extra "postgres" is not installed.
    psycopg = None  # type: ignore[assignment]

_TEXT = 'TEXT COLLATE "C"'
_CHUNK = 1 << 20
_CONNECT_SECONDS = 20
_SETTINGS = (
    # What is made without the name of a schema is temporary, and no table of others is found.
    "search_path = pg_temp",
    "datestyle = 'ISO, YMD'",
    "client_encoding = 'UTF8'",
    # The planner knows little of tables that fill while it looks: hashes and sorts never go wrong.
    "enable_nestloop = off",
    "jit = off",
)


class PostgreSQL:
    """One session of a server; `receive` brings the items."""

    wide = "NUMERIC"
    text = "TEXT"

    def __init__(self, connection: Any, *, memory: str) -> None:
        self._connection = connection
        for setting in (*_SETTINGS, f"work_mem = '{memory}'", f"temp_buffers = '{memory}'"):
            self.execute(f"SET {setting}")

    def execute(self, sql: str) -> None:
        # Bytes are sent as they are: a sign of percent in a rule is no placeholder.
        self._connection.execute(sql.encode())

    def rows(self, sql: str) -> Iterator[Values]:
        yield from self._connection.execute(sql.encode()).fetchall()

    def make(self, table: str, columns: Mapping[str, str]) -> None:
        listed = ", ".join(
            f"{name} {_TEXT if kind == 'VARCHAR' else kind}" for name, kind in columns.items()
        )
        self.execute(f"CREATE TEMPORARY TABLE {table} ({listed})")

    def keep(self, table: str, query: str) -> None:
        self.execute(f"CREATE TEMPORARY TABLE next_of_all AS {query}")
        # Views of the table before go with it; who needs one makes it anew.
        self.execute(f"DROP TABLE IF EXISTS {table} CASCADE")
        self.execute(f"ALTER TABLE next_of_all RENAME TO {table}")
        self.execute(f"ANALYZE {table}")

    def show(self, view: str, query: str) -> None:
        self.execute(f"DROP VIEW IF EXISTS {view} CASCADE")
        self.execute(f"CREATE TEMPORARY VIEW {view} AS {query}")

    def days(self, later: str, earlier: str) -> str:
        return f"({later} - {earlier})"

    def bucket(self, text: str, buckets: int) -> str:
        return f"(hashtextextended({text}, 0) & {buckets - 1})"

    def sha256(self, text: str) -> str:
        return f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"

    def joined(self, text: str, mark: str) -> str:
        return f"string_agg({text}, '{mark}' ORDER BY {text} COLLATE \"C\")"

    def divided(self, dividend: str, divisor: str) -> str:
        return f"div(CAST({dividend} AS NUMERIC), CAST({divisor} AS NUMERIC))"

    def receive(self, staged: DuckDB, folder: Path) -> None:
        """Take over the table `item` from DuckDB."""
        path = folder / "items.csv"
        staged.write("item", path, "FORMAT csv, HEADER false, NULLSTR ''")
        self.make("item", {"id": "BIGINT"} | COLUMNS)
        with (
            path.open("rb") as file,
            self._connection.cursor() as cursor,
            cursor.copy("COPY item FROM STDIN (FORMAT csv)") as copy,
        ):
            while chunk := file.read(_CHUNK):
                copy.write(chunk)
        path.unlink()
        self.execute("ANALYZE item")


@contextmanager
def postgresql_engine(database: str, *, memory: str = "256MB") -> Iterator[PostgreSQL]:
    """Yield an engine in a database by its connection string; nothing of it stays.

    Raises ReconcileError where the server refuses or fails.
    """
    if psycopg is None:
        raise ReconcileError('Install the extra "postgres" to reconcile inside PostgreSQL.')
    try:
        _refuse_traps(psycopg.conninfo.conninfo_to_dict(database))
        with psycopg.connect(database, connect_timeout=_CONNECT_SECONDS) as connection:
            if not connection.info.host.startswith("/"):
                addresses.refuse(connection.info.hostaddr, addresses.SOURCES)
            yield PostgreSQL(connection, memory=memory)
            connection.rollback()
    except psycopg.Error as error:
        first = str(error).strip().partition("\n")[0]
        raise ReconcileError(f"PostgreSQL gave up: {first[:500]}") from error
    except AddressError as error:
        raise ReconcileError(str(error)) from error


def _refuse_traps(asked: Mapping[str, Any]) -> None:
    for host in str(asked.get("hostaddr") or asked.get("host") or "").split(","):
        if host and not host.startswith("/"):
            addresses.refuse_host(host, addresses.SOURCES)
