"""Formats that nobody here can open: what they hold is not known, and that is said."""

from typing import BinaryIO

from evidence.screening.budget import UnreadableError
from evidence.screening.places import Into

READS_AS_IT_IS = True
_KNOWN = (
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Office file, or one with a password; save it as .xlsx, .docx or .pdf",
    ),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; pack it as ZIP"),
    (b"Rar!\x1a\x07", "a RAR archive; pack it as ZIP"),
    (b"\x28\xb5\x2f\xfd", "packed with Zstandard; pack it as ZIP or gzip"),
    (b"\x04\x22\x4d\x18", "packed with LZ4; pack it as ZIP or gzip"),
    (b"-----BEGIN PGP MESSAGE-----", "encrypted with PGP"),
    (b"age-encryption.org/", "encrypted with age"),
)


def fits(head: bytes) -> bool:
    return any(head.startswith(magic) for magic, _ in _KNOWN)


def look(source: BinaryIO, into: Into, place: str, depth: int) -> None:  # noqa: ARG001
    head = source.read(32)
    reason = next(words for magic, words in _KNOWN if head.startswith(magic))
    raise UnreadableError(f"it is {reason}")
