"""Folders for one run each, private, and gone with it even when the run is killed.

A run holds a lock on its folder; a folder whose lock nobody holds belonged to a killed process, and
the next run removes it. It may hold a copy of a whole database, so it must not wait for long.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

_PREFIX = "run-"
_LOCK = ".lock"
_NOT_YET = ".lock-to-be"


@contextmanager
def folder() -> Iterator[Path]:
    """Yield a fresh folder of mode 0700 that is removed at the end."""
    sweep()
    path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=settings.SCRATCH_DIR))
    lock = _lock(path)
    inner = path / "files"
    inner.mkdir(mode=0o700)
    try:
        yield inner
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)


def sweep() -> int:
    """Remove the folders of killed runs; return how many there were."""
    removed = 0
    for path in Path(settings.SCRATCH_DIR).glob(f"{_PREFIX}*"):
        lock = _taken_over(path)
        if lock is None:
            continue
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)
        removed += 1
    return removed


def _lock(path: Path) -> int:
    """Lock a new folder; nobody finds its lock file before the lock is held."""
    descriptor = os.open(path / _NOT_YET, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    (path / _NOT_YET).rename(path / _LOCK)
    return descriptor


def _taken_over(path: Path) -> int | None:
    """Return a descriptor that holds the lock of a folder whose run is gone; None otherwise."""
    try:
        descriptor = os.open(path / _LOCK, os.O_RDWR)
    except FileNotFoundError:
        return None  # It was made a moment ago, or removed by the run that it belonged to.
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
