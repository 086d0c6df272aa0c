"""A restore test of an SQLite database: consistent backup, fresh copy, comparison."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from collectors.deadline import Deadline
from collectors.errors import SourceNonsenseError, SourceUnreachableError
from collectors.restores.comparison import LEDGER_TABLE, Restored, Stopwatch, ledger_root

_PAGES_AT_ONCE = 4096
_ROOM = 3


def back_up(
    database: Path, *, to: Path, deadline: Deadline, tell: Callable[[int, int, str], None]
) -> dict[str, int]:
    """Copy one snapshot of the database to a new file and return its tables' numbers of rows.

    The backup runs inside the read transaction in which the tables were counted, so both see one
    snapshot, whatever others write meanwhile. Nobody who writes has to wait. Raises SourceError.
    """
    _refuse_cramped(database, to.parent)
    with closing(opened(database)) as source:
        source.execute("BEGIN")
        rows = _count(source)
        with closing(sqlite3.connect(_private(to))) as target:
            source.backup(
                target,
                pages=_PAGES_AT_ONCE,
                progress=lambda _status, left, total: _report(tell, deadline, left, total),
            )
    return rows


def restore(
    database: Path, *, scratch: Path, deadline: Deadline, tell: Callable[[int, int, str], None]
) -> Restored:
    """Back the database up, restore the backup, and count; raises SourceError."""
    backup, restored = scratch / "backup.sqlite3", scratch / "restored.sqlite3"
    watch = Stopwatch()
    source_rows = back_up(database, to=backup, deadline=deadline, tell=tell)
    backup_seconds = watch.lap()
    _private(restored)
    shutil.copyfile(backup, restored)
    with closing(opened(restored)) as copy:
        refuse_damaged(copy)
        restored_rows = _count(copy)
        restore_seconds = watch.lap()
        root = ledger_root(_leaves(copy))
    return Restored(
        engine=f"SQLite {sqlite3.sqlite_version}",
        source_rows=source_rows,
        restored_rows=restored_rows,
        restored_root=root,
        backup_bytes=backup.stat().st_size,
        backup_seconds=backup_seconds,
        restore_seconds=restore_seconds,
    )


def opened(path: Path) -> sqlite3.Connection:
    """Open a database file for reading."""
    # Read-only, and without the implicit transactions of the driver.
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)


def _private(path: Path) -> Path:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return path


def _count(database: sqlite3.Connection) -> dict[str, int]:
    names = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' "
        "ESCAPE '\\' ORDER BY name"
    ).fetchall()
    return {
        name: database.execute(f"SELECT count(*) FROM {_quoted(name)}").fetchone()[0]  # noqa: S608
        for (name,) in names
    }


def _leaves(database: sqlite3.Connection) -> Iterator[str]:
    query = f'SELECT leaf FROM {_quoted(LEDGER_TABLE)} ORDER BY "index"'  # noqa: S608
    for (leaf,) in database.execute(query):
        yield leaf


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _refuse_cramped(database: Path, scratch: Path) -> None:
    if not database.is_file():
        message = f"The database {database.name} is not a file, so it cannot be backed up."
        raise SourceNonsenseError(message)
    needed = database.stat().st_size * _ROOM
    free = shutil.disk_usage(scratch).free
    if free < needed:
        message = (
            f"A backup and its test need {needed:,} bytes of free disk; there are {free:,}. "
            "Free some, or move VAR_DIR to a larger disk."
        )
        raise SourceUnreachableError(message)


def refuse_damaged(copy: sqlite3.Connection) -> None:
    """Raise SourceNonsenseError where SQLite finds the file damaged."""
    found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        message = f"The restored copy fails SQLite's integrity check: {found}"
        raise SourceNonsenseError(message)


def _report(
    tell: Callable[[int, int, str], None], deadline: Deadline, left: int, total: int
) -> None:
    deadline.left()
    tell(total - left, total, "pages backed up")
