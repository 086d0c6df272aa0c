"""Real restore tests of the test database itself, SQLite or PostgreSQL."""

import os
import shutil
import sqlite3
import stat
import threading
from collections import namedtuple
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import User
from collectors.deadline import Deadline
from collectors.errors import (
    SourceNonsenseError,
    SourceUnreachableError,
)
from collectors.models import Run
from collectors.restores import sqlite
from collectors.restores.comparison import LEDGER_TABLE, ledger_root
from collectors.run import perform
from evidence import intake, ledger, merkle
from evidence.models import BlobKey, CheckResult, LedgerEntry
from evidence.stores.filesystem import path_of
from tests import append_only, cast
from tests.collectors import world
from tests.collectors.asking import Told, ask
from tests.evidence import items

ON_SQLITE = connection.vendor == "sqlite"

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("server_programs"),
]


@pytest.fixture
def leaves() -> int:
    """A ledger with a few leaves, more than one tile."""
    with transaction.atomic():
        for number in range(5):
            ledger.append("test", subject=f"leaf {number}", body={"ü": number}, actor="system")
    return LedgerEntry.objects.count()


def restore(scratch: Path) -> Told:
    return ask("database_restore", scratch)


def test_every_table_comes_back_with_every_row(scratch: Path, leaves: int, alice: User) -> None:
    cast.person("engineer")
    told = restore(scratch)
    rows = {row["table_name"]: row for row in told.rows}
    assert set(connection.introspection.table_names()) == set(rows)
    assert all(row["rows_source"] == row["rows_restored"] for row in told.rows)
    assert rows["accounts_user"]["rows_restored"] == 2
    assert rows[LEDGER_TABLE]["rows_restored"] == leaves


def test_the_ledger_of_the_copy_has_the_same_root(scratch: Path, leaves: int) -> None:
    told = restore(scratch)
    root = ledger.root(leaves).hex()
    assert {row["ledger_root_source"] for row in told.rows} == {root}
    assert {row["ledger_root_restored"] for row in told.rows} == {root}
    assert told.answer.parameters == {"ledger_size": leaves, "files_opened": 0}


def test_a_sample_of_sealed_files_is_opened(scratch: Path) -> None:
    made = [intake.receive(items.submission(content=b"%d" % n), actor="system") for n in range(3)]
    assert restore(scratch).answer.parameters["files_opened"] == 3
    path_of(BlobKey.objects.get(pk=made[1].blob_id).location).write_bytes(b"damaged")
    with pytest.raises(SourceNonsenseError, match="did not open"):
        restore(scratch)


def test_it_says_how_long_it_took_and_how_much_it_was(scratch: Path, leaves: int) -> None:
    row = restore(scratch).rows[0]
    assert row["backup_bytes"] > 1000
    assert isinstance(row["backup_seconds"], Decimal)
    assert row["restore_seconds"] > 0
    assert row["engine"].startswith("SQLite 3." if ON_SQLITE else "PostgreSQL 1")


def test_a_leaf_that_was_altered_in_the_database_shows(scratch: Path, leaves: int) -> None:
    """The copy is hashed from the text of its leaves, not from the hashes beside them."""
    with transaction.atomic(), append_only.lifted(connection):
        LedgerEntry.objects.filter(index=2).update(leaf='{"forged":true}')
    row = restore(scratch).rows[0]
    assert row["ledger_root_source"] != row["ledger_root_restored"]


def test_it_becomes_evidence_that_passes_its_checks(leaves: int, own_folders: Path) -> None:
    expectation = items.expectation(collector="database_restore", kind="event")
    items.check(
        expectation,
        "SELECT * FROM population WHERE rows_source IS DISTINCT FROM rows_restored "
        "OR ledger_root_source IS DISTINCT FROM ledger_root_restored",
    )
    source = world.source("database_restore", expectations=[expectation])
    run = perform(source, period=None, key="one")
    assert run.state == Run.State.COMPLETE, run.reason
    assert CheckResult.objects.get().state == CheckResult.State.PASSED
    assert list((own_folders / "scratch").iterdir()) == []


@pytest.mark.parametrize("count", [*range(20), 255, 256, 257, 1000])
def test_the_root_is_that_of_the_log(count: int) -> None:
    texts = [f"leaf {number}" for number in range(count)]
    hashes = [merkle.leaf_hash(text.encode()) for text in texts]
    nodes = {(0, place): each for place, each in enumerate(hashes)}

    def read(level: int, start: int, length: int) -> list[bytes]:
        return [nodes[level, place] for place in range(start, start + length)]

    for level, place, each in merkle.completed(0, hashes, read):
        nodes[level, place] = each
    assert ledger_root(texts) == merkle.root(count, read).hex()


class TestSqlite:
    def back_up(self, database: Path, scratch: Path, **options: Any) -> Any:
        return sqlite.restore(
            database,
            scratch=scratch,
            deadline=Deadline.after(timedelta(seconds=options.pop("seconds", 30))),
            tell=options.pop("tell", lambda *_: None),
        )

    @pytest.fixture
    def database(self, tmp_path: Path) -> Iterator[Path]:
        path = tmp_path / "house.sqlite3"
        with closing(sqlite3.connect(path)) as made:
            made.execute("PRAGMA journal_mode = WAL")
            made.execute(f'CREATE TABLE {LEDGER_TABLE} ("index" INTEGER, leaf TEXT)')
            made.execute('CREATE TABLE "two words" (payload BLOB)')
            made.executemany(
                'INSERT INTO "two words" VALUES (?)', [(os.urandom(4000),) for _ in range(8000)]
            )
            made.commit()
            yield path

    def test_writers_go_on_and_the_snapshot_holds(self, database: Path, scratch: Path) -> None:
        """Rows that arrive during the backup are neither counted nor copied."""
        written = threading.Event()

        def write(_done: int, _left: int, _note: str) -> None:
            if not written.is_set():
                with closing(sqlite3.connect(database, timeout=1)) as writer:
                    writer.execute('INSERT INTO "two words" VALUES (1)')
                    writer.execute("CREATE TABLE later (id INTEGER)")
                    writer.commit()
                written.set()

        restored = self.back_up(database, scratch, tell=write)
        assert written.is_set()
        assert restored.source_rows == restored.restored_rows
        assert restored.source_rows == {LEDGER_TABLE: 0, "two words": 8000}

    def test_copies_are_private(self, database: Path, scratch: Path) -> None:
        self.back_up(database, scratch)
        modes = {stat.S_IMODE(path.stat().st_mode) for path in scratch.glob("*.sqlite3")}
        assert modes == {0o600}

    def test_a_damaged_copy_is_found(
        self, database: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def damage(source: Path, target: Path) -> None:
            content = bytearray(source.read_bytes())
            content[100_000:104_096] = b"\xff" * 4096
            target.write_bytes(content)

        monkeypatch.setattr(shutil, "copyfile", damage)
        with pytest.raises(SourceNonsenseError, match="integrity check"):
            self.back_up(database, scratch)

    def test_a_full_disk_is_foreseen(
        self, database: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        usage = namedtuple("usage", "total used free")
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(100, 99, 1))
        with pytest.raises(SourceUnreachableError, match="bytes of free disk"):
            self.back_up(database, scratch)

    def test_a_database_in_memory_cannot_be_backed_up(self, scratch: Path) -> None:
        with pytest.raises(SourceNonsenseError, match="not a file"):
            self.back_up(Path(":memory:"), scratch)

    def test_it_stops_when_the_time_is_up(self, database: Path, scratch: Path) -> None:
        with pytest.raises(SourceUnreachableError, match="had not answered"):
            self.back_up(database, scratch, seconds=0)
