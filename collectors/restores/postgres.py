"""A restore test of a PostgreSQL database: pg_dump of one snapshot, pg_restore beside it."""

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from collectors import programs
from collectors.deadline import Deadline
from collectors.errors import (
    ProgramMissingError,
    SourceDeniedError,
    SourceNonsenseError,
    SourceUnreachableError,
)
from collectors.programs import ProgramError
from collectors.restores.comparison import LEDGER_TABLE, Restored, Stopwatch, ledger_root

_DEBIAN = Path("/usr/lib/postgresql")
_MARK = "_restore_"
_LONGEST_NAME = 63
_ONE_AT_A_TIME = 0x436F756E74
_LACKS_PRIVILEGE = "42501"
_ENVIRONMENT = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}


@dataclass(frozen=True)
class _Tools:
    """Where the programs are that fit the server, and how they are called."""

    folder: Path
    scratch: Path
    deadline: Deadline

    def run(self, name: str, *words: str) -> None:
        command: Sequence[str] = [str(self.folder / name), "--no-password", *words]
        try:
            programs.run(
                command,
                deadline=self.deadline,
                scratch=self.scratch,
                environment=_environment(),
            )
        except ProgramError as error:
            raise SourceNonsenseError(str(error)) from error


def restore(*, scratch: Path, deadline: Deadline) -> Restored:
    """Dump a snapshot, restore it into a scratch database, and count; raises SourceError."""
    tools = _tools(scratch, deadline)
    backup = scratch / "backup.dump"
    source_rows, backup_seconds = _back_up(tools, backup, _nothing)
    with _scratch_database() as name:
        watch = Stopwatch()
        tools.run(
            *("pg_restore", "--exit-on-error", "--no-owner", "--no-privileges"),
            *(f"--dbname={name}", str(backup)),
        )
        with closing(_to(name)) as copy:
            restored_rows = _count(copy)
            restore_seconds = watch.lap()
            root = ledger_root(_leaves(copy))
    return Restored(
        engine=engine(),
        source_rows=source_rows,
        restored_rows=restored_rows,
        restored_root=root,
        backup_bytes=backup.stat().st_size,
        backup_seconds=backup_seconds,
        restore_seconds=restore_seconds,
    )


def back_up(
    *, to: Path, deadline: Deadline, also: Callable[[BaseDatabaseWrapper], None]
) -> dict[str, int]:
    """Dump one snapshot to a new file and return its tables' numbers of rows; raises SourceError.

    `also` reads what else is wanted of the very same snapshot.
    """
    rows, _ = _back_up(_tools(to.parent, deadline), to, also)
    return rows


def load(backup: Path, *, scratch: Path, deadline: Deadline) -> None:
    """Restore a dump into the empty database of the installation, whole or not at all."""
    _tools(scratch, deadline).run(
        *("pg_restore", "--exit-on-error", "--single-transaction", "--no-owner"),
        *("--no-privileges", f"--dbname={connection.get_connection_params()['dbname']}"),
        str(backup),
    )


def engine() -> str:
    """Name the server and its version."""
    version = _server_version()
    return f"PostgreSQL {version // 10_000}.{version % 10_000}"


def _tools(scratch: Path, deadline: Deadline) -> _Tools:
    return _Tools(_folder_of_programs(_server_version() // 10_000), scratch, deadline)


def _nothing(_reader: BaseDatabaseWrapper) -> None:
    """Read nothing else."""


def _back_up(
    tools: _Tools, backup: Path, also: Callable[[BaseDatabaseWrapper], None]
) -> tuple[dict[str, int], Decimal]:
    """Count the tables in the very transaction whose snapshot pg_dump then reads."""
    with closing(connection.copy()) as reader:
        with reader.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = str(cursor.fetchone()[0])
        rows = _count(reader)
        also(reader)
        watch = Stopwatch()
        os.close(os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        tools.run(
            *("pg_dump", "--format=custom", "--no-owner", "--no-privileges"),
            *(f"--snapshot={snapshot}", f"--file={backup}"),
            f"--dbname={connection.get_connection_params()['dbname']}",
        )
        return rows, watch.lap()


@contextmanager
def _scratch_database() -> Iterator[str]:
    """Yield the name of a new, empty database that is dropped at the end.

    One that a killed run left behind goes first: the lock says that nobody uses it any more.
    """
    own = str(connection.settings_dict["NAME"])
    stem = own[: _LONGEST_NAME - len(_MARK) - 8] + _MARK
    name = stem + secrets.token_hex(4)
    with closing(connection.copy()) as keeper, keeper.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_ONE_AT_A_TIME])
        if not cursor.fetchone()[0]:
            message = "Another restore test of this database is running. It will be asked again."
            raise SourceUnreachableError(message)
        cursor.execute("SELECT datname FROM pg_database")
        left = [row[0] for row in cursor.fetchall() if _is_left(row[0], stem)]
        for old in left:
            cursor.execute(f"DROP DATABASE {_quoted(old)} WITH (FORCE)")
        _create(cursor, name)
        try:
            yield name
        finally:
            cursor.execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_ONE_AT_A_TIME])


def _create(cursor: object, name: str) -> None:
    try:
        cursor.execute(f"CREATE DATABASE {_quoted(name)} TEMPLATE template0")  # type: ignore[attr-defined]
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", "") != _LACKS_PRIVILEGE:
            raise
        user = connection.settings_dict["USER"]
        message = f"The restore test needs a scratch database. Allow it: ALTER ROLE {user} CREATEDB"
        raise SourceDeniedError(message) from error


def _is_left(name: str, stem: str) -> bool:
    return re.fullmatch(re.escape(stem) + "[0-9a-f]{8}", name) is not None


def _to(name: str) -> BaseDatabaseWrapper:
    copy = connection.copy()
    copy.settings_dict["NAME"] = name
    return copy


def _count(database: BaseDatabaseWrapper) -> dict[str, int]:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = ANY (current_schemas(false)) "
            "ORDER BY tablename"
        )
        names = [row[0] for row in cursor.fetchall()]
        counts = {}
        for name in names:
            cursor.execute(f"SELECT count(*) FROM {_quoted(name)}")  # noqa: S608
            counts[name] = int(cursor.fetchone()[0])
    return counts


def _leaves(database: BaseDatabaseWrapper) -> Iterator[str]:
    with database.chunked_cursor() as cursor:
        cursor.execute(f'SELECT leaf FROM {_quoted(LEDGER_TABLE)} ORDER BY "index"')  # noqa: S608
        while rows := cursor.fetchmany(2000):
            for (leaf,) in rows:
                yield leaf


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _server_version() -> int:
    """Return the server's version as PostgreSQL numbers it, 180004 for 18.4."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0])


def _folder_of_programs(major: int) -> Path:
    """Return a folder with pg_dump and pg_restore that are not older than the server."""
    on_path = shutil.which("pg_dump")
    folders = [Path(on_path).parent] if on_path else []
    folders += sorted(_DEBIAN.glob("*/bin"), key=lambda path: path.parent.name, reverse=True)
    for folder in folders:
        if _major_of(folder / "pg_dump") >= major and (folder / "pg_restore").exists():
            return folder
    message = (
        f"pg_dump and pg_restore of PostgreSQL {major} or newer are not installed. "
        f"On Debian: apt-get install postgresql-client-{major}."
    )
    raise ProgramMissingError(message)


def _major_of(program: Path) -> int:
    """Return the major version that a program says it has; 0 where it says nothing."""
    try:
        told = programs.output([str(program), "--version"])
    except (OSError, ProgramError):
        return 0
    found = re.search(r"\(PostgreSQL\) (\d+)", told)
    return int(found[1]) if found else 0


def _environment() -> dict[str, str]:
    """Return the connection as libpq reads it; a password shows in no process list this way."""
    given = connection.get_connection_params()
    named = {variable: given.get(word) for word, variable in _ENVIRONMENT.items()}
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        **{variable: str(value) for variable, value in named.items() if value},
    }
