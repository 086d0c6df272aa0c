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


@contextmanager
def folder() -> Iterator[Path]:
    """Yield a fresh folder of mode 0700 that is removed at the end."""
    sweep()
    path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=settings.SCRATCH_DIR))
    lock = _hold(path)
    inner = path / "files"
    inner.mkdir(mode=0o700)
    try:
        yield inner
    finally:
        shutil.rmtree(path, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def sweep() -> int:
    """Remove the folders of killed runs; return how many there were."""
    removed = 0
    for path in Path(settings.SCRATCH_DIR).glob(f"{_PREFIX}*"):
        # A folder without its lock file was made a moment ago by a run that is about to lock it.
        if not (path / _LOCK).exists():
            continue
        lock = _hold(path)
        if lock is None:
            continue
        shutil.rmtree(path, ignore_errors=True)
        os.close(lock)
        removed += 1
    return removed


def _hold(path: Path) -> int | None:
    """Return a descriptor that holds the folder's lock; None while another process holds it."""
    descriptor = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
