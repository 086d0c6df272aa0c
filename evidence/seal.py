"""Encryption at rest: AES-256-GCM in chunks, one data key per blob, wrapped by the sealing key.

Rules:
- Every blob has a fresh 256-bit data key, so its chunk nonces are a counter and never repeat.
- A chunk's nonce is its index (11 bytes) and a byte that is 1 for the last chunk only: chunks can
  be neither reordered nor cut off unseen (the STREAM construction of Hoang et al., 2015).
- The data key is wrapped under the sealing key with the blob's SHA-256 as associated data, so a
  wrapped key opens one blob only. Destroying the wrapped key destroys the content for good.
- What is sealed names its sealing key, so that several are readable while one is exchanged.
"""

import base64
import binascii
import secrets
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from evidence import keys
from evidence.errors import BlobDamagedError, SealError

CHUNK = 256 * 1024
TAG = 16
SEALED_CHUNK = CHUNK + TAG
_NONCE = 12
_WRAPPED = _NONCE + 32 + TAG
_OF_KEY = "."


def new_data_key() -> bytes:
    """Return a fresh data key for one blob."""
    return AESGCM.generate_key(bit_length=256)


def sealed_size(size: int) -> int:
    """Return how many bytes a file of plain bytes has when it is sealed."""
    return size + TAG * max(1, -(-size // CHUNK))


def wrap(data_key: bytes, *, digest: str, key: bytes = b"") -> tuple[bytes, str]:
    """Wrap a data key for the blob with this SHA-256; return it with the wrapping key's id.

    Who wraps many at a time may ask for the sealing key once, and hand it in as `key`.
    """
    key = key or keys.sealing_key()
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data_key, digest.encode()), keys.key_id(key)


def wrap_named(data_key: bytes, *, digest: str) -> bytes:
    """Wrap a data key where no column names the wrapping key: its id stands in front."""
    wrapped, key_id = wrap(data_key, digest=digest)
    return key_id.encode() + wrapped


def unwrap(wrapped: bytes, *, digest: str, key_id: str = "") -> bytes:
    """Return the data key of the content with this SHA-256; SealError when it does not open.

    Without `key_id` the wrapped key itself names its key, as `wrap_named` made it.
    """
    if key_id:
        return _open(wrapped, digest.encode(), keys.sealing_key(key_id))
    key = keys.sealing_key(wrapping_key_of(wrapped))
    return _open(wrapped[-_WRAPPED:], digest.encode(), key)


def wrapping_key_of(wrapped: bytes) -> str:
    """Return the id of the key in front of a wrapped one; `keys.FIRST` where there is none."""
    named = wrapped[:-_WRAPPED]
    return named.decode(errors="replace") if named else keys.FIRST


def seal_chunk(cipher: AESGCM, index: int, chunk: bytes, *, last: bool) -> bytes:
    """Seal one chunk of at most CHUNK bytes."""
    return cipher.encrypt(_nonce(index, last=last), chunk, None)


def open_chunk(cipher: AESGCM, index: int, sealed: bytes, *, last: bool) -> bytes:
    """Open one chunk; BlobDamagedError when it, its place or its being last was changed."""
    try:
        return cipher.decrypt(_nonce(index, last=last), sealed, None)
    except InvalidTag as error:
        raise BlobDamagedError from error


def seal_stream(source: Iterator[bytes], data_key: bytes, target: BinaryIO) -> None:
    """Write a stream of plain chunks (each CHUNK long but the last) to a file, sealed."""
    cipher = AESGCM(data_key)
    index = 0
    held = next(source, b"")
    for chunk in source:
        target.write(seal_chunk(cipher, index, held, last=False))
        held = chunk
        index += 1
    target.write(seal_chunk(cipher, index, held, last=True))


def seal_text(text: str, *, context: str) -> str:
    """Seal a short secret for storing in the database; `context` must be given again to open it."""
    key = keys.sealing_key()
    nonce = secrets.token_bytes(_NONCE)
    sealed = nonce + AESGCM(key).encrypt(nonce, text.encode(), context.encode())
    return f"{keys.key_id(key)}{_OF_KEY}{base64.urlsafe_b64encode(sealed).decode()}"


def open_text(sealed: str, *, context: str) -> str:
    """Open a secret sealed by `seal_text`; SealError when key, context or value differ."""
    named, is_named, encoded = sealed.rpartition(_OF_KEY)
    try:
        raw = base64.urlsafe_b64decode(encoded.encode())
    except (binascii.Error, ValueError) as error:
        raise SealError from error
    # Secrets that were sealed before keys could be exchanged do not name theirs: it is the first.
    key = keys.sealing_key(named if is_named else keys.FIRST)
    return _open(raw, context.encode(), key).decode()


def key_of(sealed: str) -> str:
    """Return the id of the key that sealed a text; `keys.FIRST` where the text does not say."""
    named, is_named, _ = sealed.rpartition(_OF_KEY)
    return named if is_named else keys.FIRST


def _open(raw: bytes, associated: bytes, key: bytes) -> bytes:
    if len(raw) < _NONCE + TAG:
        raise SealError
    try:
        return AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], associated)
    except InvalidTag as error:
        raise SealError from error


def _nonce(index: int, *, last: bool) -> bytes:
    return index.to_bytes(_NONCE - 1, "big") + (b"\x01" if last else b"\x00")
