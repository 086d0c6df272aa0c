"""Files packed one by one: gzip, bzip2, xz."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

from evidence.screening.budget import UnreadableError
from evidence.screening.places import Into

READS_AS_IT_IS = False
_OPENERS: dict[bytes, Callable[[Any], Any]] = {
    # Told to read: where it may guess, it asks the file, and files of ours say other things.
    b"\x1f\x8b\x08": lambda source: gzip.GzipFile(fileobj=source, mode="rb"),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
}


def fits(head: bytes) -> bool:
    if head.startswith(b"BZh"):
        return head[4:10] == b"1AY&SY"
    return any(head.startswith(magic) for magic in _OPENERS)


def look(source: BinaryIO, into: Into, place: str, depth: int) -> None:
    magic = source.read(8)
    source.seek(-len(magic), 1)
    opener = next(_OPENERS[known] for known in _OPENERS if magic.startswith(known))
    start = source.tell()
    size = source.seek(0, 2) - start
    source.seek(start)
    try:
        unpacking = opener(source)
        into.packed(unpacking, place, depth + 1, packed=size)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError) as error:
        message = "it is packed and cannot be unpacked"
        raise UnreadableError(message) from error
