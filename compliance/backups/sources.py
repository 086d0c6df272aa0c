"""What a backup is read from: the folder or the file that it was written to."""

import tarfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Protocol

from compliance.backups import manifest as manifests
from compliance.backups.errors import BackupDamagedError, BackupError
from compliance.backups.manifest import Manifest, Part, SealedFile

PIECE = 1024 * 1024


class Source(Protocol):
    """One backup to read."""

    def manifest(self) -> Manifest: ...

    def open(self, part: Part) -> IO[bytes]:
        """Open a part beside the sealed files."""

    def verify(self, part: Part) -> None:
        """Raise BackupDamagedError where a part is not what the manifest says."""

    def list_of(self, manifest: Manifest) -> Iterator[SealedFile]:
        """Yield the sealed files that a manifest names."""

    def sealed(self, files: Iterable[SealedFile]) -> Iterator[tuple[SealedFile, IO[bytes]]]:
        """Pair each sealed file with its content, in the order of the list."""


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a backup; raises BackupError where there is none."""
    if path.is_dir():
        yield FolderSource(path)
        return
    try:
        with TarSource(path) as source:
            yield source
    except FileNotFoundError as error:
        raise BackupError(f"There is no backup at {path}.") from error
    except tarfile.TarError as error:
        raise BackupDamagedError(f"{path} is no whole backup ({error}).") from error


class _Verified(ABC):
    """What both kinds of backup have in common."""

    @abstractmethod
    def open(self, part: Part) -> IO[bytes]:
        """Open one part of the backup."""

    def verify(self, part: Part) -> None:
        running, size = sha256(), 0
        with self.open(part) as file:
            for piece in pieces(file):
                running.update(piece)
                size += len(piece)
        if (size, running.hexdigest()) != (part.size, part.sha256):
            raise BackupDamagedError(f"{part.name} of the backup is not what its manifest says.")

    def list_of(self, manifest: Manifest) -> Iterator[SealedFile]:
        with self.open(manifest.files) as file:
            yield from manifests.read_lines(file)


class FolderSource(_Verified):
    """A backup in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def manifest(self) -> Manifest:
        try:
            return Manifest.from_json((self._folder / manifests.NAME).read_bytes())
        except FileNotFoundError as error:
            raise BackupError(f"There is no whole backup in {self._folder}.") from error

    def open(self, part: Part) -> IO[bytes]:
        return self._opened(part.name)

    def sealed(self, files: Iterable[SealedFile]) -> Iterator[tuple[SealedFile, IO[bytes]]]:
        for file in files:
            with self._opened(file.name) as content:
                yield file, content

    def _opened(self, name: str) -> IO[bytes]:
        try:
            return (self._folder / name).open("rb")
        except FileNotFoundError as error:
            raise BackupDamagedError(f"{name} of the backup is gone.") from error


class TarSource(_Verified):
    """A backup in one file; its sealed files lie in the order of the list."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tar = tarfile.open(path, "r:")  # noqa: SIM115  closed by __exit__
        self._parts = {
            member.name: member
            for member in _members(self._tar)
            if not member.name.startswith(manifests.FILES)
        }

    def __enter__(self) -> "TarSource":
        return self

    def __exit__(self, *_: object) -> None:
        self._tar.close()

    def manifest(self) -> Manifest:
        with self._opened(manifests.NAME) as file:
            return Manifest.from_json(file.read())

    def open(self, part: Part) -> IO[bytes]:
        return self._opened(part.name)

    def sealed(self, files: Iterable[SealedFile]) -> Iterator[tuple[SealedFile, IO[bytes]]]:
        with tarfile.open(self._path, "r:") as tar:
            members = (one for one in _members(tar) if one.name.startswith(manifests.FILES))
            for file in files:
                member = next(members, None)
                content = tar.extractfile(member) if member and member.name == file.name else None
                if content is None:
                    raise BackupDamagedError(f"{file.name} of the backup is gone.")
                with content:
                    yield file, content

    def _opened(self, name: str) -> IO[bytes]:
        member = self._parts.get(name)
        content = self._tar.extractfile(member) if member else None
        if content is None:
            raise BackupDamagedError(f"{name} of the backup is gone.")
        return content


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Read a file piece by piece."""
    while piece := file.read(PIECE):
        yield piece


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    while member := tar.next():
        # The archive keeps a record of each member, which is of no use here.
        tar.members = []  # type: ignore[attr-defined]
        yield member
