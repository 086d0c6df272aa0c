"""Pictures: what is written beside the pixels (EXIF, XMP, comments), never the pixels themselves.

Metadata in plain letters is seen where the file is read as it is. Left to do here is what PNG packs
(zTXt, iTXt) and what EXIF keeps in two bytes a letter, in either order.
"""

import re
import zlib
from io import BytesIO
from typing import BinaryIO

from evidence.screening.budget import SMALL
from evidence.screening.places import Into, within

READS_AS_IT_IS = True
_PNG = b"\x89PNG\r\n\x1a\n"
_MAGIC = (_PNG, b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"BM")
_WIDE = re.compile(rb"(?:[\x09\x0a\x0d\x20-\x7e]\0){12,}|(?:\0[\x09\x0a\x0d\x20-\x7e]){12,}")
_MOST_METADATA = 4 * 1024**2
_PACKED = {b"zTXt", b"iTXt"}
_WORDED = {*_PACKED, b"tEXt", b"eXIf"}
_MOST_CHUNKS = 5_000


def fits(head: bytes) -> bool:
    return head.startswith(_MAGIC[:-1]) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def look(source: BinaryIO, into: Into, place: str, depth: int) -> None:  # noqa: ARG001
    start = source.tell()
    head = source.read(8)
    if head == _PNG:
        _png(source, into, place)
    source.seek(start)
    # Metadata stands at the head of a picture, or behind the pixels.
    size = source.seek(0, 2)
    for offset in {start, max(start, size - _MOST_METADATA)}:
        source.seek(offset)
        for found in _WIDE.finditer(source.read(_MOST_METADATA)):
            plain = found.group().replace(b"\0", b"")
            into.text(BytesIO(plain), within(place, "metadata"), lines=False)


def _png(source: BinaryIO, into: Into, place: str) -> None:
    for _ in range(_MOST_CHUNKS):
        frame = source.read(8)
        if len(frame) < 8:
            return
        size, name = int.from_bytes(frame[:4], "big"), frame[4:]
        if name in _WORDED and size <= _MOST_METADATA:
            chunk, where = source.read(size), within(place, "metadata")
            # Read apart: the checksum behind it may look like letters.
            into.text(BytesIO(chunk), where, lines=False)
            if name in _PACKED:
                _packed_text(chunk, into, where)
            source.seek(4, 1)
        else:
            source.seek(size + 4, 1)


def _packed_text(chunk: bytes, into: Into, place: str) -> None:
    """Unpack what follows the keyword; a chunk that is not packed is seen as it is."""
    begin = chunk.find(b"\x78", chunk.find(b"\0"))
    while 0 <= begin < len(chunk) and begin < 400:
        try:
            plain = zlib.decompressobj().decompress(chunk[begin:], SMALL)
        except zlib.error:
            begin = chunk.find(b"\x78", begin + 1)
            continue
        into.budget.spend(len(plain))
        into.text(BytesIO(plain), place, lines=False)
        return
