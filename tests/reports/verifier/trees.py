"""Digests, canonical JSON and Merkle trees, made without our own code."""

import hashlib
from collections.abc import Sequence

import rfc8785


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def canonical(value: object) -> bytes:
    return rfc8785.dumps(value)  # type: ignore[arg-type]


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def history_of(old: int, hashes: Sequence[bytes], *, is_whole: bool = True) -> list[bytes]:
    """Return the consistency proof as RFC 6962 defines it (PROOF and SUBPROOF of 2.1.2)."""
    if old == len(hashes):
        return [] if is_whole else [root_of(hashes)]
    at = split(len(hashes))
    if old <= at:
        return [*history_of(old, hashes[:at], is_whole=is_whole), root_of(hashes[at:])]
    return [*history_of(old - at, hashes[at:], is_whole=False), root_of(hashes[:at])]


def split(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


def root_of(hashes: Sequence[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    at = split(len(hashes))
    return node(root_of(hashes[:at]), root_of(hashes[at:]))


def path_of(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    if len(hashes) == 1:
        return []
    at = split(len(hashes))
    if index < at:
        return [*path_of(index, hashes[:at]), root_of(hashes[at:])]
    return [*path_of(index - at, hashes[at:]), root_of(hashes[:at])]
