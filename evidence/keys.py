"""The installation's own keys: files of mode 0600 outside the database, made once."""

import os
import secrets
import stat
from collections.abc import Callable
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from evidence import signed_note
from evidence.errors import SealError

FIRST = "first"
"""Stands for the sealing key that an installation makes itself, whatever its id."""
_IN_USE = "sealing_in_use"


def signing_key() -> Ed25519PrivateKey:
    """Return the Ed25519 key that signs checkpoints and packs; make it on first use."""
    key = serialization.load_pem_private_key(_kept("log_ed25519.pem", _new_signing_key), None)
    if not isinstance(key, Ed25519PrivateKey):
        message = "keys/log_ed25519.pem does not hold an Ed25519 key."
        raise SealError(message)
    return key


def verifiers() -> list[signed_note.Verifier]:
    """Return every key that this installation's checkpoints may be signed by."""
    return [signed_note.Verifier(log_origin(), signing_key().public_key().public_bytes_raw())]


def sealing_key(wanted: str = "") -> bytes:
    """Return the 256-bit key that wraps data keys: the one of this id, else the one in use.

    The very first one is made on first use. Raises SealError for a key that is not here.
    """
    wanted = wanted or _sealing_key_in_use()
    if wanted == FIRST:
        is_replaced = (Path(settings.KEYS_DIR) / _IN_USE).exists()
        make = _no_key if is_replaced else partial(secrets.token_bytes, 32)
        return _sealing(_kept("sealing.key", make), "sealing.key")
    name = f"sealing-{wanted}.key"
    if wanted.isalnum() and (Path(settings.KEYS_DIR) / name).exists():
        return _sealing(_kept(name, _no_key), name)
    first = _sealing(_kept("sealing.key", _no_key), "sealing.key")
    if key_id(first) != wanted:
        _no_key()
    return first


def sealing_key_ids() -> dict[str, Path]:
    """Return the ids of all sealing keys that are here, with their files; none is made."""
    found = {}
    for path in sorted(Path(settings.KEYS_DIR).glob("sealing*.key")):
        found[key_id(_sealing(_kept(path.name, _no_key), path.name))] = path
    return found


def new_sealing_key() -> str:
    """Make a further sealing key, use it from now on, and return its id; older ones stay."""
    key = secrets.token_bytes(32)
    made = key_id(key)
    _kept(f"sealing-{made}.key", lambda: key)
    pointer = Path(settings.KEYS_DIR) / _IN_USE
    beside = pointer.with_name(f".{_IN_USE}.partial")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(made)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(pointer)
    return made


def remove_sealing_key(key: str) -> None:
    """Remove the file of a sealing key that nothing needs any more; never the one in use."""
    path = sealing_key_ids().get(key)
    if path and key != key_id(sealing_key()):
        path.unlink()


def _sealing_key_in_use() -> str:
    path = Path(settings.KEYS_DIR) / _IN_USE
    return _kept(_IN_USE, _no_key).decode() if path.exists() else FIRST


def _sealing(key: bytes, name: str) -> bytes:
    if len(key) != 32:
        message = f"keys/{name} does not hold 32 bytes."
        raise SealError(message)
    return key


def _no_key() -> bytes:
    raise SealError(
        "The key by which this was sealed is not among the keys of this installation. Put its file"
        " (keys/sealing-*.key) back from the backup of the keys."
    )


def signer_id() -> str:
    """Name this folder of keys; all nodes that share it are one signer."""
    return _kept("signer_id", lambda: secrets.token_hex(8).encode()).decode()


def key_id(key: bytes) -> str:
    """Name a key without revealing it."""
    return sha256(b"countersign-key-id\0" + key).hexdigest()[:16]


def log_origin() -> str:
    """Return the name of this installation's log, as its checkpoints state it.

    A name that nobody chose follows from the public key, so that two installations never share it.
    """
    if settings.LOG_ORIGIN:
        return str(settings.LOG_ORIGIN)
    public = signing_key().public_key().public_bytes_raw()
    return f"countersign.local/{sha256(public).hexdigest()[:16]}"


def _new_signing_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _kept(name: str, make: Callable[[], bytes]) -> bytes:
    path = Path(settings.KEYS_DIR) / name
    return _read_or_make(path, make)


def _read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    try:
        found = path.stat()
    except FileNotFoundError:
        pass
    else:
        _refuse_open(path, found.st_mode)
        return _read(path, found.st_mtime_ns)
    content = make()
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A hard link fails when another process was first, so that all end up with one key.
        os.link(beside, path)
    except FileExistsError:
        pass
    finally:
        beside.unlink()
    return path.read_bytes()


def refuse_open_files() -> None:
    """Raise SealError where another user of the machine could read one of the keys."""
    for path in sorted(Path(settings.KEYS_DIR).iterdir()):
        if path.is_file():
            _refuse_open(path, path.stat().st_mode)


def _refuse_open(path: Path, mode: int) -> None:
    if stat.S_IMODE(mode) & 0o077:
        raise SealError(
            f"{path} can be read by others ({stat.S_IMODE(mode):04o}), so it is no secret any more."
            f" Find out who could read it, then: chmod 600 {path}"
        )


@lru_cache(maxsize=32)
def _read(path: Path, _modified: int) -> bytes:
    return path.read_bytes()
