"""Makes a backup: one snapshot of the database, then every sealed file that the snapshot names.

Rules:
- The snapshot comes first. Sealed files are never changed and hardly ever removed, so those that it
  names are there afterwards.
- Each new file is opened with its key while it is copied: damaged evidence is told, not copied on.
- A file that lies in the backup already is not read again.
- The manifest comes last, and the log has a leaf of it.
"""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import astuple, dataclass, field
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from compliance.backups import database, keyring, manifest
from compliance.backups.database import SealedRow
from compliance.backups.manifest import Manifest, Part, SealedFile
from compliance.backups.sources import PIECE
from compliance.backups.targets import Target
from evidence import checkpoint, keys, ledger, seal, sealed_copy, stores
from evidence.errors import EvidenceError, SigningRefusedError, StoreError
from evidence.models import BlobKey, Checkpoint

Progress = Callable[[int, int, str], None]
_BATCH = 200


@dataclass(frozen=True)
class Made:
    """What was backed up, and which evidence could not be."""

    manifest: Manifest
    digest: str
    new_files: int
    problems: tuple[str, ...]


@dataclass
class _Copying:
    """The copy of the sealed files as it goes on."""

    target: Target
    total: int
    tell: Progress
    done: int = 0
    new: int = 0
    files: int = 0
    sealing_keys: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


def make(target: Target, *, phrase: str, tell: Progress) -> Made:
    """Write a backup; with a passphrase the keys go along, sealed by it. Raises BackupError."""
    with suppress(SigningRefusedError):
        checkpoint.sign()
    stamp = timezone.now().strftime("%Y%m%dt%H%M%Sz")
    with tempfile.TemporaryDirectory(prefix="backup-", dir=settings.SCRATCH_DIR) as name:
        scratch = Path(name)
        copied, rows, listed = (scratch / each for each in ("database", "rows", "files"))
        snapshot = database.back_up(
            copied, keep_rows=lambda found: _write_rows(rows, found), tell=tell
        )
        part = _add(target, f"database-{stamp}.{database.suffix()}", copied)
        copying = _Copying(target, _sealed_bytes(rows), tell)
        with listed.open("wb") as file:
            file.writelines(manifest.lines(_copied(copying, rows)))
        made = Manifest(
            made_at=ledger.stamp(timezone.now()),
            software=settings.VERSION,
            engine=snapshot.engine,
            store=str(settings.STORE_URL),
            database=part,
            files=_add(target, f"files-{stamp}.jsonl", listed),
            file_count=copying.files,
            file_bytes=copying.done,
            log_size=snapshot.log_size,
            log_root=ledger.root(snapshot.log_size).hex(),
            checkpoint=_note(snapshot.log_size),
            vkey=checkpoint.vkey(),
            sealing_keys=tuple(sorted(copying.sealing_keys | {keys.key_id(keys.sealing_key())})),
            migrations=snapshot.migrations,
            keys=_add_keys(target, f"keys-{stamp}.sealed", phrase) if phrase else None,
        )
        target.finish(made)
    digest = _leaf(made, len(copying.problems))
    return Made(made, digest, copying.new, tuple(copying.problems))


def _copied(copying: _Copying, rows: Path) -> Iterator[SealedFile]:
    """Copy what the snapshot names and is not there yet; yield what the backup then holds."""
    former = _Former(copying.target.former())
    with rows.open("rb") as file:
        listed = (SealedRow(*json.loads(line)) for line in file)
        while batch := list(islice(listed, _BATCH)):
            found = BlobKey.objects.select_related("blob").in_bulk([row.blob for row in batch])
            for row in batch:
                copying.sealing_keys.add(row.key_id)
                size = seal.sealed_size(row.size)
                held = _held(copying, row, found.get(row.blob), former.at(row.location))
                copying.done += size
                copying.tell(copying.done, copying.total, "files")
                if held:
                    copying.files += 1
                    yield held


def _held(
    copying: _Copying, row: SealedRow, key: BlobKey | None, former: SealedFile | None
) -> SealedFile | None:
    """Return the file as the backup holds it, copied if it is new; None where it cannot be had."""
    size, name = seal.sealed_size(row.size), manifest.FILES + row.location
    if key is None or not key.key_id:
        # It was disposed of while the backup ran; the next backup has no row of it.
        return None
    lying = copying.target.open(name, size)
    if lying:
        with lying, suppress(StoreError):
            if former and (former.blob, former.size) == (row.blob, size):
                return SealedFile(row.location, row.version, row.blob, size, former.sha256)
            # A backup that broke off left it: it counts if it opens.
            digest = sealed_copy.digest(key, lying)
            return SealedFile(row.location, row.version, row.blob, size, digest)
    try:
        with stores.current().open(row.location, row.version, size) as file:
            digest = copying.target.add(name, size, sealed_copy.chunks(key, file))
    except FileNotFoundError:
        copying.problems.append(f"The file of blob {row.blob} is gone.")
    except EvidenceError as error:
        copying.problems.append(f"Blob {row.blob}: {error}")
    else:
        copying.new += 1
        return SealedFile(row.location, row.version, row.blob, size, digest)
    return None


class _Former:
    """Walks through the files of the backup before, beside those of this one."""

    def __init__(self, files: Iterator[SealedFile]) -> None:
        self._files = files
        self._held = next(files, None)

    def at(self, location: str) -> SealedFile | None:
        while self._held and self._held.location < location:
            self._held = next(self._files, None)
        return self._held if self._held and self._held.location == location else None


def _write_rows(path: Path, rows: Iterable[SealedRow]) -> None:
    with path.open("w", encoding="ascii") as file:
        for row in rows:
            file.write(json.dumps(astuple(row)) + "\n")


def _sealed_bytes(rows: Path) -> int:
    with rows.open("rb") as file:
        return sum(seal.sealed_size(SealedRow(*json.loads(line)).size) for line in file)


def _add(target: Target, name: str, path: Path) -> Part:
    size = path.stat().st_size
    with path.open("rb") as file:
        return Part(name, size, target.add(name, size, iter(lambda: file.read(PIECE), b"")))


def _add_keys(target: Target, name: str, phrase: str) -> Part:
    content = keyring.seal_folder(Path(settings.KEYS_DIR), phrase)
    return Part(name, len(content), target.add(name, len(content), [content]))


def _note(size: int) -> str:
    signed = Checkpoint.objects.filter(size__lte=size).order_by("-size").first()
    return signed.note if signed else ""


def _leaf(made: Manifest, missing: int) -> str:
    content = made.to_json()
    digest = sealed_copy.of_bytes(content)
    body = {
        "manifest_sha256": digest,
        "database_sha256": made.database.sha256,
        "files": made.file_count,
        "missing": missing,
        "log_size": made.log_size,
        "log_root": made.log_root,
        "with_keys": made.keys is not None,
    }
    with transaction.atomic():
        ledger.append("backup.made", subject="backup", body=body, actor="system")
    return digest
