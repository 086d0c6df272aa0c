"""A real restore test of this installation's own database."""

import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.errors import SourceNonsenseError, SourceRefusedError
from collectors.restores import postgres, sqlite
from collectors.restores.comparison import LEDGER_TABLE, Restored
from controls.models import Area, Expectation
from evidence import ledger, store
from evidence.errors import SealError, StoreError
from evidence.models import Blob, Evidence

COLLECTOR = Declaration(
    title="Restore test of this installation's database",
    asks="Does a backup of the database restore, with every row and the same ledger?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.TEST_RESULT,
    area=Area.AVAILABILITY,
    columns={
        "table_name": "text",
        "rows_source": "integer",
        "rows_restored": "integer",
        "ledger_root_source": "text",
        "ledger_root_restored": "text",
        "backup_bytes": "integer",
        "backup_seconds": "decimal",
        "restore_seconds": "decimal",
        "engine": "text",
    },
    completeness="One row for every table of the snapshot that was backed up and for every table "
    "that the restored copy has beside them; the ledger is hashed anew from the copy. Twenty "
    "sealed files, begun at a random one, are opened; one that does not open fails the test.",
    permission="SQLite: none. PostgreSQL: the database user may create databases (CREATEDB).",
    schedule="0 3 * * 2",
    secrets=("wrapped_key", "secrets"),
    time_limit=timedelta(hours=2),
)


_SAMPLE = 20


class Settings(SourceSettings):
    """There is nothing to set."""


def collect(ask: Ask[Settings]) -> Answer:
    ask.progress(0, note="backing up and restoring")
    restored = _restore(ask)
    size = restored.source_rows.get(LEDGER_TABLE, 0)
    root = ledger.root(size).hex()
    tables = sorted({*restored.source_rows, *restored.restored_rows})
    ask.trail.source_count = len(tables)
    ask.trail.saw(root.encode())
    return Answer(
        rows=_rows(restored, tables, root),
        source_system=f"{restored.engine}, database of Countersign {settings.VERSION}",
        query="consistent backup, restore into a scratch copy, SELECT count(*) of every table in "
        "the snapshot and in the copy, RFC 6962 root over the copy's ledger leaves",
        parameters={"ledger_size": size, "files_opened": _open_files(ask)},
    )


def _open_files(ask: Ask[Settings]) -> int:
    """Open a few sealed files, begun at a random one; a damaged one fails the test."""
    start = secrets.token_hex(32)
    blobs = Blob.objects.exclude(key__key_id="").order_by("sha256")
    sample = [*blobs.filter(sha256__gte=start)[:_SAMPLE], *blobs.filter(sha256__lt=start)[:_SAMPLE]]
    for blob in sample[:_SAMPLE]:
        ask.deadline.left()
        try:
            for _ in store.stream(blob.sha256):
                pass
        except (StoreError, SealError) as error:
            message = f"The file of blob {blob.sha256} did not open: {error}"
            raise SourceNonsenseError(message) from error
    return len(sample[:_SAMPLE])


def _restore(ask: Ask[Settings]) -> Restored:
    if connection.vendor == "sqlite":
        return sqlite.restore(
            Path(str(connection.settings_dict["NAME"])),
            scratch=ask.scratch,
            deadline=ask.deadline,
            tell=ask.progress,
        )
    if connection.vendor == "postgresql":
        return postgres.restore(scratch=ask.scratch, deadline=ask.deadline)
    message = f"There is no restore test for {connection.display_name}."
    raise SourceRefusedError(message)


def _rows(restored: Restored, tables: list[str], root: str) -> Iterator[Row]:
    for table in tables:
        yield (
            table,
            restored.source_rows.get(table),
            restored.restored_rows.get(table),
            root,
            restored.restored_root,
            restored.backup_bytes,
            restored.backup_seconds,
            restored.restore_seconds,
            restored.engine,
        )
