"""The database of the installation as one file, and back: SQLite or PostgreSQL."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

from collectors.deadline import Deadline
from collectors.errors import SourceError
from collectors.restores import postgres, sqlite
from collectors.restores.comparison import LEDGER_TABLE
from compliance.backups.errors import BackupError, NotEmptyError

_LIMIT = timedelta(hours=24)
_ROWS = 2000
_SEALED = """
    SELECT k.location, k.version, k.blob_id, b.size, k.key_id
    FROM evidence_blobkey k JOIN evidence_blob b ON b.sha256 = k.blob_id
    WHERE k.key_id <> '' ORDER BY k.location {collation}
"""
_MIGRATIONS = "SELECT app, name FROM django_migrations ORDER BY app, name"

Tell = Callable[[int, int, str], None]


@dataclass(frozen=True)
class SealedRow:
    """Where the snapshot says that a sealed file lies."""

    location: str
    version: str
    blob: str
    size: int
    key_id: str


@dataclass(frozen=True)
class Snapshot:
    """One consistent copy of the database, and what stands in it."""

    engine: str
    log_size: int
    migrations: tuple[str, ...]


def suffix() -> str:
    return "sqlite3" if connection.vendor == "sqlite" else "dump"


def back_up(to: Path, *, keep_rows: Callable[[Iterable[SealedRow]], None], tell: Tell) -> Snapshot:
    """Copy the database to a new file; `keep_rows` gets its sealed files, by their locations."""
    migrations: list[tuple[Any, ...]] = []
    deadline = Deadline.after(_LIMIT)

    def read(rows: Callable[[str], Iterator[tuple[Any, ...]]], collation: str) -> None:
        migrations.extend(rows(_MIGRATIONS))
        keep_rows(SealedRow(*row) for row in rows(_SEALED.format(collation=collation)))

    try:
        if connection.vendor == "sqlite":
            database = Path(str(connection.settings_dict["NAME"]))
            counts = sqlite.back_up(database, to=to, deadline=deadline, tell=tell)
            with closing(sqlite.opened(to)) as copy:
                read(lambda query: iter(copy.execute(query)), "")
            engine = f"SQLite {sqlite3.sqlite_version}"
        else:
            counts = postgres.back_up(
                to=to,
                deadline=deadline,
                also=lambda reader: read(lambda query: _rows(reader, query), 'COLLATE "C"'),
            )
            engine = postgres.engine()
    except SourceError as error:
        raise BackupError(str(error)) from error
    names = tuple(f"{app}.{name}" for app, name in migrations)
    return Snapshot(engine, counts.get(LEDGER_TABLE, 0), names)


def refuse_unfit(engine: str, migrations: Iterable[str]) -> None:
    """Raise BackupError where this installation cannot take such a database."""
    mine = "SQLite" if connection.vendor == "sqlite" else "PostgreSQL"
    if not engine.startswith(mine):
        raise BackupError(
            f"The backup is one of {engine}, and DATABASE_URL names {mine}. Restore it into the"
            " same kind of database."
        )
    steps = MigrationLoader(None).disk_migrations
    # One that replaces others is noted beside them, under the name of each.
    replaced = {each for step in steps.values() for each in step.replaces}
    known = {f"{app}.{name}" for app, name in {*steps, *replaced}}
    ours = {name.partition(".")[0] for name in known}
    newer = [name for name in migrations if name not in known and name.partition(".")[0] in ours]
    if newer:
        raise BackupError(
            f"The backup was made by a newer Countersign (it knows {newer[-1]}). Install that one."
        )


def refuse_full() -> None:
    """Raise NotEmptyError where the database holds anything."""
    if connection.vendor == "sqlite":
        path = _file()
        if not path.exists() or not path.stat().st_size:
            return
    if connection.introspection.table_names():
        raise NotEmptyError(
            "The database is not empty. Restore into a new one: name another folder by VAR_DIR, or"
            " an empty database by DATABASE_URL."
        )


def load(backup: Path, *, scratch: Path) -> None:
    """Make the backup the database of this installation; raises BackupError."""
    connections.close_all()
    try:
        if connection.vendor == "sqlite":
            with closing(sqlite.opened(backup)) as copy:
                sqlite.refuse_damaged(copy)
            for ending in ("", "-wal", "-shm"):
                _file().with_name(_file().name + ending).unlink(missing_ok=True)
            backup.replace(_file())
        else:
            postgres.load(backup, scratch=scratch, deadline=Deadline.after(_LIMIT))
    except SourceError as error:
        raise BackupError(str(error)) from error


def unload() -> None:
    """Take a database away that was loaded a moment ago and turned out not to be whole."""
    connections.close_all()
    if connection.vendor == "sqlite":
        _file().unlink(missing_ok=True)


def scratch_folder() -> Path | None:
    """Return where the copy must lie so that it can be put in place at once; None for anywhere."""
    return _file().parent if connection.vendor == "sqlite" else None


def _file() -> Path:
    return Path(str(connection.settings_dict["NAME"]))


def _rows(reader: BaseDatabaseWrapper, query: str) -> Iterator[tuple[Any, ...]]:
    with reader.cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(_ROWS):
            yield from rows
