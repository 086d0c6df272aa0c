"""The installation's own keys: outside the database, made once, at rest with a key keeper."""

import secrets
from collections.abc import Callable
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from evidence import key_files, key_history, signed_note
from evidence.errors import KeyRevokedError, SealError
from evidence.key_events import ROTATED, Ring

FIRST = "first"
"""Stands for the sealing key that an installation makes itself, whatever its id."""
_IN_USE = "sealing_in_use"
SIGNING, NEXT = "log_ed25519.pem", "log_ed25519.next.pem"
refuse_open_files = key_files.refuse_open_files


def signing_key() -> Ed25519PrivateKey:
    """Return the Ed25519 key that signs checkpoints and packs; make it on first use.

    Raises KeyRevokedError where it was revoked and no other one is in its place yet.
    """
    if not ring().current.is_valid:
        raise KeyRevokedError
    return _signing_key(SIGNING)


def verifier() -> signed_note.Verifier:
    """Return the public key that checkpoints are verified with now."""
    public = _signing_key(SIGNING).public_key().public_bytes_raw()
    return signed_note.Verifier(log_origin(), public)


def ring() -> Ring:
    """Return every key that the log has had, and which checkpoints each of them signs."""
    return key_history.ring(verifier().vkey)


def verifiers() -> list[signed_note.Verifier]:
    """Return every key that one of this installation's checkpoints may be signed by."""
    return [one.verifier for one in ring().spans]


def verifiers_at(size: int) -> list[signed_note.Verifier]:
    """Return the key that a checkpoint of this size must be signed by: one, or none."""
    found = ring().at(size)
    return [found] if found else []


def signers(now: datetime) -> list[signed_note.Signer]:
    """Return who signs a checkpoint at a moment: the key, and for an overlap the one before it."""
    found = [signed_note.Signer(log_origin(), signing_key())]
    last = key_history.read()[-1:]
    for event in [one.event for one in last if one.event.event == ROTATED]:
        until = datetime.fromisoformat(event.overlap_until) if event.overlap_until else now
        name = retired_name(event.old)
        if now < until and key_files.exists(name) and ring().revoked(event.old) is None:
            found.append(signed_note.Signer(log_origin(), _signing_key(name)))
    return found


def next_signing_key() -> Ed25519PrivateKey:
    """Return the key that a rotation will put in place; make it on first use."""
    return _signing_key(NEXT)


def next_verifier() -> signed_note.Verifier:
    """Return the public key that a rotation will put in place."""
    return signed_note.Verifier(log_origin(), next_signing_key().public_key().public_bytes_raw())


def put_in_place(*, old: str, keeps_old: bool) -> None:
    """Let the next key be the signing key; the one before (a verifier key) is kept or destroyed."""
    current, aside = key_files.path(SIGNING), key_files.path(retired_name(old))
    if not aside.exists():
        aside.hardlink_to(current)
    key_files.path(NEXT).replace(current)
    key_files.sync_folder()
    if not keeps_old:
        forget_retired(old)


def forget_retired(vkey: str) -> None:
    """Destroy an earlier signing key; its public key stays among the events."""
    key_files.destroy(key_files.path(retired_name(vkey)))


def retired_name(vkey: str) -> str:
    """Return the name under which an earlier signing key is kept."""
    return f"{key_files.RETIRED}{signed_note.Verifier.from_vkey(vkey).key_id.hex()}.pem"


def sealing_key(wanted: str = "") -> bytes:
    """Return the 256-bit key that wraps data keys: the one of this id, else the one in use.

    The very first one is made on first use. Raises SealError for a key that is not here.
    """
    wanted = wanted or _sealing_key_in_use()
    if wanted == FIRST:
        is_replaced = (key_files.folder() / _IN_USE).exists()
        make = _no_key if is_replaced else partial(secrets.token_bytes, 32)
        return _sealing(_kept("sealing.key", make), "sealing.key")
    name = f"sealing-{wanted}.key"
    if wanted.isalnum() and key_files.exists(name):
        return _sealing(_kept(name, _no_key), name)
    first = _sealing(_kept("sealing.key", _no_key), "sealing.key")
    if key_id(first) != wanted:
        _no_key()
    return first


def sealing_key_ids() -> dict[str, Path]:
    """Return the ids of all sealing keys that are here, with their files; none is made."""
    found = {}
    for name in key_files.names("sealing*.key"):
        found[key_id(_sealing(_kept(name, _no_key), name))] = key_files.path(name)
    return found


def new_sealing_key() -> str:
    """Make a further sealing key, use it from now on, and return its id; older ones stay."""
    key = secrets.token_bytes(32)
    made = key_id(key)
    _kept(f"sealing-{made}.key", lambda: key)
    key_files.write_over(key_files.folder() / _IN_USE, made.encode())
    return made


def remove_sealing_key(key: str) -> None:
    """Remove the file of a sealing key that nothing needs any more; never the one in use."""
    path = sealing_key_ids().get(key)
    if path and key != key_id(sealing_key()):
        key_files.destroy(path)


def _sealing_key_in_use() -> str:
    path = key_files.folder() / _IN_USE
    return key_files.plain(_IN_USE, _no_key).decode() if path.exists() else FIRST


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
    return key_files.plain("signer_id", lambda: secrets.token_hex(8).encode()).decode()


def key_id(key: bytes) -> str:
    """Name a key without revealing it."""
    return sha256(b"countersign-key-id\0" + key).hexdigest()[:16]


def log_origin() -> str:
    """Return the name of this installation's log, as its checkpoints state it.

    A name that nobody chose follows from the first public key, so that two installations never
    share it; it is kept in a file, because it must outlive that key.
    """
    if settings.LOG_ORIGIN:
        return str(settings.LOG_ORIGIN)
    return key_files.plain("log_origin", _first_origin).decode()


def _kept(name: str, make: Callable[[], bytes]) -> bytes:
    return key_files.secret(name, make)


def _first_origin() -> bytes:
    public = _signing_key(SIGNING).public_key().public_bytes_raw()
    return f"countersign.local/{sha256(public).hexdigest()[:16]}".encode()


def _signing_key(name: str) -> Ed25519PrivateKey:
    made = None if name.startswith(key_files.RETIRED) else _new_signing_key
    try:
        key = serialization.load_pem_private_key(key_files.secret(name, made), None)
    except ValueError as error:
        raise SealError(f"keys/{name} does not hold an Ed25519 key.") from error
    if not isinstance(key, Ed25519PrivateKey):
        message = f"keys/{name} does not hold an Ed25519 key."
        raise SealError(message)
    return key


def _new_signing_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
