"""Copies sealed files as they lie, and opens them on the way to see that they are whole."""

from collections.abc import Iterator
from hashlib import sha256
from io import RawIOBase
from typing import IO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from evidence import seal, store
from evidence.errors import BlobDamagedError
from evidence.models import BlobKey


def chunks(key: BlobKey, file: IO[bytes] | RawIOBase) -> Iterator[bytes]:
    """Yield the sealed bytes of a blob; at the end BlobDamagedError where they are not its own."""
    cipher, running = AESGCM(store.data_key(key)), sha256()
    last = max(0, (key.blob.size - 1) // seal.CHUNK)
    for index in range(last + 1):
        sealed = file.read(seal.SEALED_CHUNK) or b""
        running.update(seal.open_chunk(cipher, index, sealed, last=index == last))
        yield sealed
    if running.hexdigest() != key.blob_id:
        raise BlobDamagedError


def digest(key: BlobKey, file: IO[bytes]) -> str:
    """Return the SHA-256 (hex) of a sealed file that is whole; raises BlobDamagedError."""
    running = sha256()
    for sealed in chunks(key, file):
        running.update(sealed)
    return running.hexdigest()


def of_bytes(content: bytes) -> str:
    return sha256(content).hexdigest()
