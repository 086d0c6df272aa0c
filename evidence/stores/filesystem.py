"""Keeps sealed files in the folder of the installation: mode 0600, on the disk when it says so."""

import io
import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache
from pathlib import Path

from django.conf import settings

from evidence.stores.staged import Staged

SCHEME = "file"
_SYNCS = 8


def connect(_url: str) -> "Folder":
    return Folder()


def path_of(location: str) -> Path:
    return Path(settings.STORE_DIR) / location


class Folder:
    """Files are written where they stay, so that staging costs nothing."""

    def stage(self, location: str) -> Path:
        path = path_of(location)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def keep(self, files: Sequence[Staged]) -> None:
        sync([file.path for file in files])

    def discard(self, file: Staged) -> None:
        path_of(file.location).unlink(missing_ok=True)

    def open(self, location: str, _version: str, _size: int) -> io.RawIOBase:
        return path_of(location).open("rb", buffering=0)

    def has(self, location: str, _version: str, size: int) -> bool:
        try:
            return path_of(location).stat().st_size == size
        except FileNotFoundError:
            return False

    def remove(self, location: str, _version: str) -> None:
        path_of(location).unlink(missing_ok=True)

    def hold(self, _location: str, _version: str, *, is_held: bool) -> None:
        """Do nothing: whoever may write in the folder may remove its files."""

    def lock(self, _location: str, _version: str, _until: date) -> bool:
        return False

    def problem(self, *, is_starting: bool = False) -> str:  # noqa: ARG002  a folder needs no set-up
        try:
            with tempfile.TemporaryFile(dir=settings.STORE_DIR):
                return ""
        except OSError:
            return "The store of evidence cannot be written."


def sync(files: Sequence[Path]) -> None:
    """Bring files and their folders to the disk; together, so that the disk's journal is one."""
    if len(files) == 1:
        _sync_one(files[0])
    elif files:
        list(_pool(os.getpid()).map(_sync_one, files))
    if os.name == "posix":
        for folder in {file.parent for file in files}:
            _sync_one(folder)


@cache
def _pool(_process: int) -> ThreadPoolExecutor:
    """Keep the threads for the next batch; those of a parent process are not there in its child."""
    return ThreadPoolExecutor(_SYNCS, thread_name_prefix="sync")


def _sync_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
