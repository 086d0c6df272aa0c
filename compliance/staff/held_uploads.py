"""Uploads that wait while a person looks at what was read of them.

A browser does not keep a file when a page comes back. Here it lies sealed in the scratch folder for
an hour at most; what opens it is known to the page of that person alone, so that what is left over
is unreadable. Nothing of it is in the store or in the database. Where it is not found (another web
server took the first page, or the hour is over) the file is asked for again.
"""

import base64
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core import signing
from django.core.files.uploadedfile import UploadedFile

from accounts.models import User
from evidence import seal
from evidence.errors import SealError

SECONDS = 3600
MOST = 3
"""So many files wait for a person; the oldest makes room."""
_PREFIX = "held-upload-"


def hold(upload: "UploadedFile[bytes]", *, by: User) -> str:
    """Seal an upload away and return the words by which the page of this person finds it."""
    _sweep(by)
    data_key, name = seal.new_data_key(), token_hex(16)
    upload.seek(0)
    with _path(by, name).open("xb") as target:
        seal.seal_stream(_pieces(upload), data_key, target)
    upload.seek(0)
    told = {
        "name": name,
        "filename": upload.name,
        "size": upload.size,
        "key": base64.b64encode(seal.wrap_named(data_key, digest=name)).decode(),
    }
    return signing.dumps(told, salt=_salt(by), compress=True)


@contextmanager
def found(words: str, *, by: User) -> Iterator["UploadedFile[bytes] | None"]:
    """Yield the upload that waits under these words; None where none does any more."""
    told = _told(words, by) if words else None
    with ExitStack() as stack:
        plain = _opened(told, by, stack) if told else None
        yield (
            UploadedFile(plain, name=told["filename"], size=told["size"])
            if told and plain
            else None
        )


def drop(words: str, *, by: User) -> None:
    """Let an upload go."""
    told = _told(words, by)
    if told is not None:
        _path(by, told["name"]).unlink(missing_ok=True)


def _told(words: str, by: User) -> dict[str, Any] | None:
    try:
        told: dict[str, Any] = signing.loads(words, salt=_salt(by), max_age=SECONDS)
    except signing.BadSignature:
        return None
    return told


def _opened(told: dict[str, Any], by: User, stack: ExitStack) -> BinaryIO | None:
    """Return the plain bytes of what waits, in a file that the stack closes."""
    try:
        data_key = seal.unwrap(base64.b64decode(told["key"]), digest=told["name"])
        sealed = stack.enter_context(_path(by, told["name"]).open("rb"))
    except (SealError, FileNotFoundError):
        return None
    plain = stack.enter_context(TemporaryFile(dir=settings.SCRATCH_DIR))  # noqa: SIM115
    cipher, last = AESGCM(data_key), max(0, (told["size"] - 1) // seal.CHUNK)
    for index in range(last + 1):
        chunk = sealed.read(seal.SEALED_CHUNK)
        plain.write(seal.open_chunk(cipher, index, chunk, last=index == last))
    plain.seek(0)
    return plain


def _pieces(upload: "UploadedFile[bytes]") -> Iterator[bytes]:
    while piece := upload.read(seal.CHUNK):
        yield piece


def _sweep(by: User) -> None:
    """Remove what waited too long for anybody, and what is too much for this person."""
    folder, now = Path(settings.SCRATCH_DIR), time.time()
    own: list[tuple[float, Path]] = []
    for path in folder.glob(f"{_PREFIX}*"):
        # Another request may have removed it in the meantime.
        with suppress(FileNotFoundError):
            age = now - path.stat().st_mtime
            if age > SECONDS:
                path.unlink()
            elif path.name.startswith(f"{_PREFIX}{by.pk}-"):
                own.append((age, path))
    for _, path in sorted(own)[MOST - 1 :]:
        path.unlink(missing_ok=True)


def _path(by: User, name: str) -> Path:
    return Path(settings.SCRATCH_DIR) / f"{_PREFIX}{by.pk}-{name}"


def _salt(by: User) -> str:
    return f"held-upload:{by.pk}"
