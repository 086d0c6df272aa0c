"""Restores a backup into an empty installation: all of it, compared digest by digest, or nothing.

Rules:
- Nothing is put in place before the parts of the backup have the digests of its manifest, and
  before it is known that the keys are there which open it.
- Sealed files come first, the database last: a restore that broke off leaves no database.
- What a failed restore put in place is taken away again.
- At the end everything that the log tells is recomputed, every file opened.
- The log is not signed until an administrator says so: what was signed after the backup is unknown.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import IO, BinaryIO

from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from compliance.backups import database, keyring
from compliance.backups.errors import (
    BackupDamagedError,
    BackupError,
    KeysMissingError,
    NotEmptyError,
)
from compliance.backups.manifest import Manifest, SealedFile
from compliance.backups.sources import Source, pieces
from evidence import (
    given_out,
    keys,
    ledger,
    relocation,
    sealed_copy,
    signed_note,
    stores,
    verification,
)
from evidence.errors import EvidenceError
from evidence.stores.staged import Staged

Progress = Callable[[int, int, str], None]
_TOGETHER = 50


@dataclass(frozen=True)
class Restored:
    """What was restored, and what the check of the log found wrong with it."""

    manifest: Manifest
    problems: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass
class _Placed:
    """What this restore put in place so far, and where stores gave files another version."""

    files: list[Staged] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)
    is_loaded: bool = False


def restore(source: Source, *, phrase: str, tell: Progress) -> Restored:
    """Restore a backup and check it; with a passphrase its keys too. Raises BackupError."""
    manifest = source.manifest()
    database.refuse_unfit(manifest.engine, manifest.migrations)
    _refuse_full()
    for part in (manifest.database, manifest.files, manifest.keys):
        if part:
            source.verify(part)
    files = _keys(source, manifest, phrase)
    _refuse_without_keys(manifest, files)
    with _undone_on_failure() as placed:
        _place_files(source, manifest, placed, tell)
        if files:
            keyring.place(Path(settings.KEYS_DIR), files)
        # Before the database is there, so that nobody signs it in between.
        given_out.mark_restored(f"The log was restored from the backup of {manifest.made_at}.")
        placed.is_loaded = True
        _load(source, manifest)
        relocation.note_versions(placed.moved)
        _compare_log(manifest)
    problems = tuple(f"{one.subject}: {one.sentence}" for one in verification.look_through(tell))
    _leaf(manifest, len(problems))
    return Restored(manifest, problems, _notes(manifest))


def verify(source: Source, *, tell: Progress) -> Manifest:
    """Compare every file of a backup with its digest; raises BackupDamagedError."""
    manifest = source.manifest()
    for part in (manifest.database, manifest.files, manifest.keys):
        if part:
            source.verify(part)
    done = 0
    for file, content in source.sealed(source.list_of(manifest)):
        _copy(file, content, None)
        done += file.size
        tell(done, manifest.file_bytes, "files")
    return manifest


def _refuse_full() -> None:
    database.refuse_full()
    if str(settings.STORE_URL).startswith("file:"):
        found = next((one for one in Path(settings.STORE_DIR).rglob("*") if one.is_file()), None)
        if found:
            raise NotEmptyError(
                f"The store {settings.STORE_DIR} has files already. Move it away, or name another"
                " folder by VAR_DIR."
            )
    if problem := stores.current().problem(is_starting=True):
        raise BackupError(problem)


def _keys(source: Source, manifest: Manifest, phrase: str) -> dict[str, bytes]:
    if not phrase:
        return {}
    if manifest.keys is None:
        raise KeysMissingError(
            "This backup has no keys in it. Put the folder of keys back from its own backup and"
            " restore without --with-keys."
        )
    with source.open(manifest.keys) as file:
        files = keyring.open_sealed(file.read(), phrase)
    keyring.refuse_other(Path(settings.KEYS_DIR), files)
    return files


def _refuse_without_keys(manifest: Manifest, files: dict[str, bytes]) -> None:
    here = {keys.key_id(content) for name, content in files.items() if name.startswith("sealing")}
    missing = set(manifest.sealing_keys) - here - set(keys.sealing_key_ids())
    if missing:
        how = "or restore with --with-keys FILE" if manifest.keys else "from their own backup"
        raise KeysMissingError(
            f"The sealing key {', '.join(sorted(missing))} is not in {settings.KEYS_DIR}, and"
            f" without it no evidence opens. Put the files of the folder of keys back, {how}."
        )


def _place_files(source: Source, manifest: Manifest, placed: _Placed, tell: Progress) -> None:
    """Copy the sealed files into the store; where the store has them already, they stay."""
    where, done = stores.current(), 0
    sealed = source.sealed(source.list_of(manifest))
    while batch := list(islice(_staged(sealed, placed), _TOGETHER)):
        where.keep([staged for _, staged in batch if staged])
        for file, staged in batch:
            if staged and staged.version != file.version:
                placed.moved.append((file.blob, staged.version))
            done += file.size
        tell(done, manifest.file_bytes, "files")


def _staged(
    sealed: Iterator[tuple[SealedFile, IO[bytes]]], placed: _Placed
) -> Iterator[tuple[SealedFile, Staged | None]]:
    where = stores.current()
    for file, content in sealed:
        if where.has(file.location, file.version, file.size):
            yield file, None
            continue
        staged = Staged(file.location, where.stage(file.location))
        placed.files.append(staged)
        _copy(file, content, staged.path)
        yield file, staged


def _copy(file: SealedFile, content: IO[bytes], path: Path | None) -> None:
    """Copy a sealed file, or only compare it where there is no path to copy it to."""
    running, size = sha256(), 0
    with _new_file(path) if path else Path(os.devnull).open("wb") as target:
        for piece in pieces(content):
            running.update(piece)
            size += len(piece)
            target.write(piece)
    if (size, running.hexdigest()) != (file.size, file.sha256):
        raise BackupDamagedError(f"{file.name} of the backup is not what its list says.")


def _new_file(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _load(source: Source, manifest: Manifest) -> None:
    beside = database.scratch_folder() or Path(settings.SCRATCH_DIR)
    with tempfile.TemporaryDirectory(prefix="restore-", dir=beside) as name:
        copy = Path(name) / "database"
        with _new_file(copy) as file, source.open(manifest.database) as content:
            for piece in pieces(content):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        database.load(copy, scratch=Path(name))
    call_command("migrate", interactive=False, verbosity=0)


def _compare_log(manifest: Manifest) -> None:
    """Raise BackupDamagedError where the log is not the one that was backed up."""
    if (ledger.size(), ledger.root(manifest.log_size).hex()) != (
        manifest.log_size,
        manifest.log_root,
    ):
        raise BackupDamagedError("The log of the restored database is not that of the manifest.")


@contextmanager
def _undone_on_failure() -> Iterator[_Placed]:
    placed = _Placed()
    try:
        yield placed
    except BaseException:
        for staged in placed.files:
            with suppress(EvidenceError, OSError):
                stores.current().discard(staged)
        if placed.is_loaded:
            database.unload()
            given_out.mark_restored("")
        raise


def _leaf(manifest: Manifest, problems: int) -> None:
    body = {
        "manifest_sha256": sealed_copy.of_bytes(manifest.to_json()),
        "log_size": manifest.log_size,
        "files": manifest.file_count,
        "problems": problems,
    }
    with suppress(EvidenceError, ValueError), transaction.atomic():
        # A tree too damaged to grow keeps the problems alone.
        ledger.append("backup.restored", subject="backup", body=body, actor="system")


def _notes(manifest: Manifest) -> tuple[str, ...]:
    notes = []
    try:
        if manifest.checkpoint:
            signed_note.open_note(manifest.checkpoint, keys.verifiers())
    except signed_note.NoteError:
        notes.append(
            "The key that signs the log is another one than at the time of the backup. Put the"
            " former one back, or tell everybody who holds its verifier key."
        )
    return tuple(notes)
