"""The files of keys: mode 0600, outside the database, each made once and kept by a key keeper."""

import fcntl
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from evidence import keepers
from evidence.errors import SealError

RETIRED = "retired-"
_SHAPES = ("sealing*.key", "*.pem")


def folder() -> Path:
    return Path(settings.KEYS_DIR)


def path(name: str) -> Path:
    """Return where a secret lies; its ending says who keeps it."""
    return folder() / f"{name}{_suffix()}"


def exists(name: str) -> bool:
    return path(name).exists()


def names(pattern: str) -> list[str]:
    """Return the names of the secrets of this pattern that the keeper in use keeps."""
    found = folder().glob(f"{pattern}{_suffix()}")
    return sorted(one.name.removesuffix(_suffix()) for one in found)


def secret(name: str, make: Callable[[], bytes] | None = None) -> bytes:
    """Return a secret, made on first use where it can be; raises SealError."""
    keeper = keepers.in_use()
    found = path(name)
    try:
        state = found.stat()
    except FileNotFoundError:
        if make is None:
            raise SealError(f"{found} is gone. Put it back from a backup of the keys.") from None
        _refuse_other_keeper(name)
        return keeper.reveal(name, write_once(found, keeper.protect(name, make())))
    refuse_open(found, state.st_mode)
    return _revealed(name, found, state.st_mtime_ns, keeper.identity())


def plain(name: str, make: Callable[[], bytes]) -> bytes:
    """Return what is no secret but lies beside the keys, made on first use."""
    found = folder() / name
    try:
        refuse_open(found, found.stat().st_mode)
        return found.read_bytes()
    except FileNotFoundError:
        return write_once(found, make())


def write_once(target: Path, content: bytes) -> bytes:
    """Write a file that nothing replaces; return what stands there, whoever was first."""
    partial = _partial(target, content)
    try:
        # A hard link fails when another process was first, so that all end up with one key.
        os.link(partial, target)
    except FileExistsError:
        pass
    finally:
        partial.unlink()
    sync_folder()
    return target.read_bytes()


def write_over(target: Path, content: bytes) -> None:
    """Replace a file whole and synced."""
    _partial(target, content).replace(target)
    sync_folder()


@contextmanager
def locked() -> Iterator[None]:
    """Let one process at a time change what lies in the folder."""
    descriptor = os.open(folder() / ".lock", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def destroy(target: Path) -> None:
    """Overwrite a file and remove it; copies that a disk or a backup has are out of reach."""
    if not target.exists():
        return
    if target.stat().st_nlink == 1:
        with target.open("r+b") as file:
            file.write(secrets.token_bytes(target.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
    target.unlink()
    sync_folder()


def refuse_open_files() -> None:
    """Raise SealError where another user of the machine could read one of the keys."""
    for one in sorted(folder().iterdir()):
        if one.is_file():
            refuse_open(one, one.stat().st_mode)


def refuse_open(found: Path, mode: int) -> None:
    if stat.S_IMODE(mode) & 0o077:
        raise SealError(
            f"{found} can be read by others ({stat.S_IMODE(mode):04o}), so it is no secret any"
            f" more. Find out who could read it, then: chmod 600 {found}"
        )


def sync_folder() -> None:
    descriptor = os.open(folder(), os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def kept_elsewhere() -> list[tuple[str, Path, keepers.Keeper]]:
    """Return the secrets that another keeper than the one in use keeps, with that keeper."""
    found = []
    for keeper, suffix in keepers.SUFFIXES.items():
        if suffix != _suffix():
            paths = [one for shape in _SHAPES for one in folder().glob(f"{shape}{suffix}")]
            found += [
                (one.name.removesuffix(suffix), one, keepers.keeper(keeper))
                for one in sorted(paths)
            ]
    return found


def move_here() -> list[str]:
    """Hand the secrets of other keepers to the one in use, and destroy the former files.

    Each is read back before the former one goes. Raises SealError; what was moved stays moved.
    """
    moved = []
    with locked():
        for name, former, keeper in kept_elsewhere():
            value = keeper.reveal(name, former.read_bytes())
            kept = write_once(path(name), keepers.in_use().protect(name, value))
            if keepers.in_use().reveal(name, kept) != value:
                raise SealError(
                    f"{path(name)} holds another key than {former}. Find out which is the right"
                    " one, and move the other away."
                )
            destroy(former)
            moved.append(name)
    return moved


def _suffix() -> str:
    return keepers.SUFFIXES[keepers.name_in_use()]


def _refuse_other_keeper(name: str) -> None:
    """Refuse to make a key anew where another keeper holds it: nothing would open any more."""
    for keeper, suffix in keepers.SUFFIXES.items():
        found = folder() / f"{name}{suffix}"
        if suffix != _suffix() and found.exists():
            raise SealError(
                f"{found} is kept by another key keeper ({keeper}). Set KEYS_KMS_KEY as it was, or"
                " move the keys over: manage.py move_keys"
            )


def _partial(target: Path, content: bytes) -> Path:
    partial = target.with_name(f".{target.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return partial


@lru_cache(maxsize=16)
def _revealed(name: str, found: Path, _modified: int, _keeper: str) -> bytes:
    """Keep what was revealed in memory, so that a key keeper of another machine is asked once."""
    return keepers.in_use().reveal(name, found.read_bytes())
