"""Content-addressed store of sealed files: what a digest names is written once and never changed.

A file is kept by the store (written, read back and compared, synced) before the database learns of
it; a transaction that fails afterwards leaves an unnamed file, which `discard` removes. Where the
files lie is the business of `evidence.stores`.
"""

import io
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import DatabaseError, InterfaceError, transaction

from evidence import disposed, keys, ledger, seal, stores
from evidence.errors import (
    BlobDamagedError,
    BlobDisposedError,
    BlobMissingError,
    DigestMismatchError,
    EmptyContentError,
    StoreError,
    TooLargeError,
)
from evidence.models import Blob, BlobKey
from evidence.seeking import SeekableReader
from evidence.stores.staged import Staged


@dataclass(frozen=True)
class Stored:
    """A sealed file in the store that no database row names yet."""

    sha256: str
    size: int
    file: Staged
    wrapped_key: bytes
    key_id: str

    @property
    def location(self) -> str:
        return self.file.location

    @property
    def version(self) -> str:
        """The version that the store made of it; in a batch it is known at the end of that."""
        return self.file.version


class _Metered:
    """Reads a file in chunks and keeps its running digest and size."""

    def __init__(self, source: BinaryIO, limit: int | None) -> None:
        self._source = source
        self._limit = limit
        self._hash = sha256()
        self.size = 0

    def chunks(self) -> Iterator[bytes]:
        while chunk := _read_full(self._source, seal.CHUNK):
            self.size += len(chunk)
            if self._limit is not None and self.size > self._limit:
                message = (
                    f"The file is larger than {self._limit:,} bytes, the limit of this "
                    "installation. Split it, or raise MAX_EVIDENCE_BYTES. Nothing was stored."
                )
                raise TooLargeError(message)
            self._hash.update(chunk)
            yield chunk

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


@dataclass
class _Batch:
    """Files that are written to one folder and brought to stay together."""

    folder: str
    sealing_key: bytes
    files: list[Staged] = field(default_factory=list)


_OPEN_BATCH: ContextVar[_Batch | None] = ContextVar("open_batch", default=None)


@contextmanager
def batch() -> Iterator[None]:
    """Bring all files put inside to stay together, at the end: many are cheaper than one."""
    opened = _Batch(_new_folder(), keys.sealing_key())
    token = _OPEN_BATCH.set(opened)
    try:
        yield
        stores.current().keep([file for file in opened.files if file.path.exists()])
    except BaseException:
        for file in opened.files:
            stores.current().discard(file)
        raise
    finally:
        _OPEN_BATCH.reset(token)


def put(
    source: BinaryIO,
    *,
    declared_sha256: str = "",
    allow_empty: bool = False,
    is_limited: bool = True,
) -> Stored:
    """Seal a file into the store and return where it lies; the database is not touched.

    `is_limited` is off for what was made here, out of what came in by the limit.
    Raises TooLargeError, EmptyContentError, DigestMismatchError (SHA-256 in hex), StoreError.
    """
    together, where = _OPEN_BATCH.get(), stores.current()
    location = f"{together.folder if together else _new_folder()}/{secrets.token_hex(16)}"
    staged = Staged(location, where.stage(location))
    data_key = seal.new_data_key()
    metered = _Metered(source, settings.MAX_EVIDENCE_BYTES if is_limited else None)
    descriptor = os.open(staged.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        # Buffered, for a raw file may take a part of a write and call that a success.
        with os.fdopen(descriptor, "wb") as file:
            seal.seal_stream(metered.chunks(), data_key, file)
        _refuse(metered, declared_sha256.lower(), allow_empty=allow_empty)
        _read_back(staged.path, data_key, metered)
        if together:
            together.files.append(staged)
        else:
            where.keep([staged])
    except BaseException:
        where.discard(staged)
        raise
    known = together.sealing_key if together else b""
    wrapped, key_id = seal.wrap(data_key, digest=metered.sha256, key=known)
    return Stored(metered.sha256, metered.size, staged, wrapped, key_id)


def record(files: Sequence[Stored]) -> None:
    """Name stored files in the database; inside the caller's transaction, under the log's lock.

    Where content is known already, the older file stays and the new one is removed. Content that
    was disposed of and comes in anew is kept anew.
    """
    first = {stored.sha256: stored for stored in reversed(files)}
    rows = BlobKey.objects.filter(pk__in=first).values_list("pk", "location", "key_id")
    known = {digest: (location, key_id) for digest, location, key_id in rows}
    fresh = [stored for digest, stored in first.items() if digest not in known]
    Blob.objects.bulk_create(Blob(sha256=stored.sha256, size=stored.size) for stored in fresh)
    BlobKey.objects.bulk_create(
        BlobKey(blob_id=stored.sha256, **_whereabouts(stored)) for stored in fresh
    )
    back = [first[digest] for digest, (_, key_id) in known.items() if not key_id]
    for stored in back:
        BlobKey.objects.filter(pk=stored.sha256).update(**_whereabouts(stored))
    if known:
        # The item that comes now may have to be kept for longer than the store was told.
        BlobKey.objects.filter(pk__in=known, locked_until__isnull=False).update(locked_until=None)
    kept = {stored.location for stored in (*fresh, *back)}
    kept |= {location for location, key_id in known.values() if key_id}
    for stored in files:
        if stored.location not in kept:
            discard(stored)


def _whereabouts(stored: Stored) -> dict[str, Any]:
    return {
        "location": stored.location,
        "version": stored.version,
        "wrapped_key": stored.wrapped_key,
        "key_id": stored.key_id,
        "locked_until": None,
    }


def discard(stored: Stored) -> None:
    """Remove a file that no row names."""
    stores.current().discard(stored.file)


def remove(location: str, version: str) -> None:
    """Remove the file of content whose data key is destroyed already.

    A locked file stays until its lock is over: nobody can read it any more.
    """
    with suppress(StoreError, OSError):
        stores.current().remove(location, version)


@contextmanager
def undone_on_failure(files: Sequence[Stored]) -> Iterator[None]:
    """Remove files again where naming them failed, unless the commit took place all the same.

    Whoever lost the database in a commit does not know what became of it.
    """
    try:
        yield
    except BaseException:
        discard_unnamed(files)
        raise


def discard_unnamed(files: Sequence[Stored]) -> None:
    """Remove the files of a commit in doubt, unless it took place; keep them where none can say."""
    with suppress(DatabaseError, InterfaceError), transaction.atomic():
        # Whoever may still be committing holds this lock.
        ledger.lock()
        rows = BlobKey.objects.filter(pk__in={stored.sha256 for stored in files})
        named = set(rows.values_list("location", flat=True))
        for stored in files:
            if stored.location not in named:
                discard(stored)


def open_blob(digest: str) -> io.BufferedReader:
    """Open the plain content by its SHA-256, seekable; every chunk is authenticated when read.

    Raises BlobMissingError, and BlobDamagedError while reading.
    """
    return open_sealed(_key(digest))


def open_sealed(key: BlobKey) -> io.BufferedReader:
    """Open the content whose key row (with its blob) is at hand, without another query."""
    opened = data_key(key)
    return io.BufferedReader(BlobReader(_file(key), opened, key.blob.size), seal.CHUNK)


def pieces(key: BlobKey) -> Iterator[bytes]:
    """Yield the content in authenticated chunks, each decrypted once and copied never.

    Raises BlobMissingError, BlobDamagedError; the digest of the whole is the caller's to compare.
    """
    cipher = AESGCM(data_key(key))
    last = max(0, (key.blob.size - 1) // seal.CHUNK)
    with _file(key) as file:
        for index in range(last + 1):
            sealed = file.read(seal.SEALED_CHUNK) or b""
            yield seal.open_chunk(cipher, index, sealed, last=index == last)


def stream(digest: str) -> Iterator[bytes]:
    """Yield the content in chunks and compare its digest at the end."""
    running = sha256()
    for chunk in pieces(_key(digest)):
        running.update(chunk)
        yield chunk
    if running.hexdigest() != digest:
        raise BlobDamagedError


class BlobReader(SeekableReader):
    """A seekable, read-only file of the plain bytes of one blob."""

    def __init__(self, file: io.RawIOBase, data_key: bytes, size: int) -> None:
        super().__init__(size)
        self._file = file
        self._cipher = AESGCM(data_key)
        self._last = max(0, (size - 1) // seal.CHUNK)
        self._cached: tuple[int, bytes] = (-1, b"")

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        if self._position >= self._size:
            return 0
        index, start = divmod(self._position, seal.CHUNK)
        part = self._chunk(index)[start : start + len(buffer)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _chunk(self, index: int) -> bytes:
        if self._cached[0] != index:
            self._file.seek(index * seal.SEALED_CHUNK)
            sealed = self._file.read(seal.SEALED_CHUNK) or b""
            plain = seal.open_chunk(self._cipher, index, sealed, last=index == self._last)
            self._cached = (index, plain)
        return self._cached[1]


def _refuse(metered: _Metered, declared: str, *, allow_empty: bool) -> None:
    if not metered.size and not allow_empty:
        raise EmptyContentError
    if declared and declared != metered.sha256:
        message = (
            f"The content has SHA-256 {metered.sha256}, but {declared} was declared. "
            "Send it again; nothing was stored."
        )
        raise DigestMismatchError(message)


def _read_back(path: Path, data_key: bytes, metered: _Metered) -> None:
    running = sha256()
    with BlobReader(path.open("rb", buffering=0), data_key, metered.size) as reader:
        while chunk := reader.read(seal.CHUNK):
            running.update(chunk)
    if running.hexdigest() != metered.sha256:
        raise StoreError


def _read_full(source: BinaryIO, size: int) -> bytes:
    """Read exactly `size` bytes unless the file ends; sockets and pipes give less at a time."""
    chunk = source.read(size)
    while chunk and len(chunk) < size:
        more = source.read(size - len(chunk))
        if not more:
            break
        chunk += more
    return chunk


def _key(digest: str) -> BlobKey:
    try:
        return BlobKey.objects.select_related("blob").get(blob__sha256=digest)
    except BlobKey.DoesNotExist as error:
        raise BlobMissingError from error


def data_key(key: BlobKey) -> bytes:
    """Return the data key of a blob; raises BlobDisposedError where it was destroyed, SealError."""
    if not key.key_id:
        raise BlobDisposedError(disposed.sentence(key.blob_id))
    return seal.unwrap(bytes(key.wrapped_key), digest=key.blob_id, key_id=key.key_id)


def _file(key: BlobKey) -> io.RawIOBase:
    size = seal.sealed_size(key.blob.size)
    try:
        return stores.current().open(key.location, key.version, size)
    except FileNotFoundError as error:
        raise BlobMissingError from error


def _new_folder() -> str:
    return secrets.token_hex(1)
