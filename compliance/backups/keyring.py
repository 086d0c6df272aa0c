"""The files of the folder of keys, sealed by a passphrase (scrypt, RFC 7914; AES-256-GCM)."""

import base64
import json
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from compliance.backups.errors import BackupDamagedError, BackupError, NotEmptyError

SHORTEST = 12
_COST = 2**17
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,80}")
_KEYS = ("sealing", "log_")
"""How the names of those files begin that must not be replaced by others."""


def passphrase(path: Path) -> str:
    """Read a passphrase from its file; raises BackupError for one that is too short."""
    try:
        said = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(f"The file of the passphrase, {path}, cannot be read.") from error
    if len(said) < SHORTEST:
        raise BackupError(f"The passphrase in {path} is shorter than {SHORTEST} letters.")
    return said


def seal_folder(folder: Path, phrase: str) -> bytes:
    """Return all keys of a folder, sealed."""
    files = {
        path.name: base64.b64encode(path.read_bytes()).decode()
        for path in sorted(folder.iterdir())
        if path.is_file() and _NAME.fullmatch(path.name) and path.suffix != ".lock"
    }
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    sealed = AESGCM(_key(phrase, salt)).encrypt(nonce, json.dumps(files).encode(), None)
    said = {"kdf": "scrypt", "n": _COST, "salt": salt, "nonce": nonce, "sealed": sealed}
    return json.dumps(
        {
            name: base64.b64encode(value).decode() if isinstance(value, bytes) else value
            for name, value in said.items()
        }
    ).encode()


def open_sealed(content: bytes, phrase: str) -> dict[str, bytes]:
    """Return the files by their names; raises BackupError where the passphrase is another one."""
    try:
        said = json.loads(content)
        salt, nonce, sealed = (base64.b64decode(said[name]) for name in ("salt", "nonce", "sealed"))
        if said["kdf"] != "scrypt" or said["n"] != _COST:
            raise BackupDamagedError("The keys of the backup are sealed in a way not known here.")
        files = json.loads(AESGCM(_key(phrase, salt)).decrypt(nonce, sealed, None))
    except InvalidTag as error:
        raise BackupError("The passphrase does not open the keys of this backup.") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BackupDamagedError("The keys of the backup cannot be read.") from error
    if not all(_NAME.fullmatch(name) for name in files):
        raise BackupDamagedError("The keys of the backup have names that are none.")
    return {name: base64.b64decode(value) for name, value in files.items()}


def refuse_other(folder: Path, files: Mapping[str, bytes]) -> None:
    """Raise NotEmptyError where the folder holds other keys than the backup."""
    for path in folder.iterdir():
        is_key = path.is_file() and path.name.startswith(_KEYS)
        if is_key and files.get(path.name) != path.read_bytes():
            raise NotEmptyError(
                f"{path} is another key than that of the backup. Move it away, or restore without"
                " the keys of the backup if yours are the right ones."
            )


def place(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put keys into the folder, with mode 0600; what was given out last is never set back."""
    for name, content in files.items():
        if name.startswith("given_out") and (folder / name).exists():
            continue
        beside = folder / f".{name}.restored"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(folder / name)


def _key(phrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=_COST, r=8, p=1).derive(phrase.encode())
