"""Where a backup is written to: a folder that grows by what is new, or one file (tar)."""

import fcntl
import io
import os
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol

from compliance.backups import manifest as manifests
from compliance.backups.errors import BackupError
from compliance.backups.manifest import Manifest, SealedFile
from compliance.backups.sources import FolderSource
from evidence import seal
from evidence.stores import filesystem

_TOGETHER = 200


class Target(Protocol):
    """One place to which a backup is written."""

    def former(self) -> Iterator[SealedFile]:
        """Return the sealed files that the backup before this one named."""

    def open(self, name: str, size: int) -> BinaryIO | None:
        """Open a file of this size that lies there already; None where there is none."""

    def add(self, name: str, size: int, pieces: Iterable[bytes]) -> str:
        """Write a file and return its SHA-256 (hex); a failing one leaves nothing."""

    def finish(self, manifest: Manifest) -> None:
        """Bring everything to stay, then write the manifest."""


@contextmanager
def opened(path: Path) -> Iterator[Target]:
    """Open the place that a path names: a file where it ends with .tar, else a folder."""
    if path.suffix == ".tar" and not path.is_dir():
        with _tar(path) as target:
            yield target
    else:
        with _folder(path) as target:
            yield target


class FolderTarget:
    """Files that lie there stay; what the new manifest does not name goes at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unsynced: list[Path] = []

    def former(self) -> Iterator[SealedFile]:
        try:
            source = FolderSource(self._folder)
            manifest = source.manifest()
            source.verify(manifest.files)
        except (BackupError, OSError):
            return
        yield from source.list_of(manifest)

    def open(self, name: str, size: int) -> BinaryIO | None:
        path = self._folder / name
        try:
            return path.open("rb") if path.stat().st_size == size else None
        except FileNotFoundError:
            return None

    def add(self, name: str, size: int, pieces: Iterable[bytes]) -> str:
        path = self._folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        running, written = sha256(), 0
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for piece in pieces:
                    file.write(piece)
                    running.update(piece)
                    written += len(piece)
            _refuse_other_size(name, written, size)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        self._unsynced.append(path)
        if len(self._unsynced) >= _TOGETHER:
            self._sync()
        return running.hexdigest()

    def finish(self, manifest: Manifest) -> None:
        self._sync()
        name = manifests.NAME
        content = manifest.to_json()
        self.add(f"{name}.partial", len(content), [content])
        self._sync()
        (self._folder / f"{name}.partial").replace(self._folder / name)
        filesystem.sync([self._folder / name])
        self._remove_unnamed(manifest)

    def _sync(self) -> None:
        filesystem.sync(self._unsynced)
        self._unsynced.clear()

    def _remove_unnamed(self, manifest: Manifest) -> None:
        """Remove what an earlier backup left: what was disposed of must not stay here either."""
        parts = {part.name for part in (manifest.database, manifest.files, manifest.keys) if part}
        for path in self._folder.iterdir():
            is_ours = path.name.startswith(("database-", "files-", "keys-"))
            if is_ours and path.name not in parts:
                path.unlink()
        named = FolderSource(self._folder).list_of(manifest)
        wanted = next(named, None)
        for folder in sorted((self._folder / manifests.FILES).glob("??")):
            for path in sorted(folder.iterdir()):
                location = f"{folder.name}/{path.name}"
                while wanted and wanted.location < location:
                    wanted = next(named, None)
                if wanted is None or wanted.location != location:
                    path.unlink()


class TarTarget:
    """One file, written from its beginning to its end."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._tar = tarfile.TarFile(
            fileobj=file, mode="w", format=tarfile.PAX_FORMAT, copybufsize=seal.SEALED_CHUNK
        )

    def former(self) -> Iterator[SealedFile]:
        return iter(())

    def open(self, _name: str, _size: int) -> BinaryIO | None:
        return None

    def add(self, name: str, size: int, pieces: Iterable[bytes]) -> str:
        told = tarfile.TarInfo(name)
        told.size, told.mode = size, 0o600
        content = _Pieces(pieces)
        start = self._tar.offset
        try:
            self._tar.addfile(told, content)
            _refuse_other_size(name, content.given + len(content.read()), size)
        except BaseException:
            # Half a member would make all that follows unreadable.
            self._file.seek(start)
            self._file.truncate()
            self._tar.offset = start
            raise
        finally:
            # The archive keeps a record of each member, which is of no use here.
            self._tar.members = []  # type: ignore[attr-defined]
        return content.running.hexdigest()

    def finish(self, manifest: Manifest) -> None:
        content = manifest.to_json()
        self.add(manifests.NAME, len(content), [content])
        self._tar.close()
        self._file.flush()
        os.fsync(self._file.fileno())


class _Pieces(io.RawIOBase):
    """Pieces of bytes read as a file, with their running digest."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__()
        self._pieces = iter(pieces)
        self._held = b""
        self.running = sha256()
        self.given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._held) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self.running.update(piece)
            self._held += piece
        end = len(self._held) if size < 0 else size
        given, self._held = self._held[:end], self._held[end:]
        self.given += len(given)
        return given


@contextmanager
def _folder(path: Path) -> Iterator[Target]:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        (path / manifests.FILES).mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(path / ".lock", os.O_WRONLY | os.O_CREAT, 0o600)
    except OSError as error:
        raise BackupError(f"Nothing can be written to {path} ({error.strerror}).") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield FolderTarget(path)
    except BlockingIOError as error:
        raise BackupError(f"Another backup is being written to {path}.") from error
    finally:
        os.close(descriptor)


@contextmanager
def _tar(path: Path) -> Iterator[Target]:
    if path.exists():
        raise BackupError(f"{path} is there already. Name another file, or a folder.")
    partial = path.with_name(f"{path.name}.partial")
    try:
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            yield TarTarget(file)
        partial.rename(path)
        filesystem.sync([path])
    except OSError as error:
        raise BackupError(f"{path} cannot be written ({error.strerror}).") from error
    finally:
        partial.unlink(missing_ok=True)


def _refuse_other_size(name: str, written: int, size: int) -> None:
    if written != size:
        raise BackupError(f"{name} has {written:,} bytes and not {size:,}: it changed meanwhile.")
