"""A ZIP that is written once, front to back, with one way to write each file (PKWARE APPNOTE 6.3).

Files are stored as they are, dateless, with mode 0644; size and CRC stand behind each, so that the
target need not be seekable. These are the bytes that Python's own zipfile writes for such files,
and the verifier knows them by heart; but zipfile keeps half a kilobyte of memory for every file.
"""

import shutil
import struct
import tempfile
import zlib
from collections.abc import Iterable
from types import TracebackType
from typing import BinaryIO, Self

from django.conf import settings

_STREAMED, _UTF8, _NEW_YEAR_1980, _PLAIN_FILE = 0x08, 0x800, 0x21, 0o100644 << 16
_MANY, _LARGE, _HUGE = 2**16 - 1, 2**31 - 1, 2**32 - 1
_CHUNK = 256 * 1024


class Container:
    """The ZIP in the making. Without `finish` it has no directory and nobody takes it for whole."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._directory = tempfile.TemporaryFile(dir=settings.SCRATCH_DIR)  # noqa: SIM115  # closed by __exit__
        self._count = self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._directory.close()

    def add(self, name: str, size: int, pieces: Iterable[bytes]) -> None:
        """Write a file; ValueError when its pieces are not as long as was said."""
        raw = name.encode()
        flags = _STREAMED if name.isascii() else _STREAMED | _UTF8
        # Where a file could grow past the limit on the way, zipfile leaves room for large sizes.
        is_large = size * 1.05 > _LARGE
        head = _header(raw, flags, is_large=is_large)
        self._file.write(head)
        crc = written = 0
        for piece in pieces:
            crc = zlib.crc32(piece, crc)
            written += len(piece)
            self._file.write(piece)
        if written != size:
            raise ValueError(f"{name} has {written} bytes, not {size}.")
        after = struct.pack("<4sL2Q" if is_large else "<4s3L", b"PK\7\10", crc, size, size)
        self._file.write(after)
        self._directory.write(_entry(raw, flags, crc, size, self._end))
        self._count += 1
        self._end += len(head) + size + len(after)

    def finish(self) -> None:
        """Write the directory of all files."""
        size = self._directory.tell()
        self._directory.seek(0)
        shutil.copyfileobj(self._directory, self._file, _CHUNK)
        self._file.write(_ends(self._count, self._end, size))


def _header(name: bytes, flags: int, *, is_large: bool) -> bytes:
    extra = struct.pack("<2H2Q", 1, 16, 0, 0) if is_large else b""
    version, told = (45, _HUGE) if is_large else (20, 0)
    fixed = (b"PK\3\4", version, flags, 0, 0, _NEW_YEAR_1980, 0, told, told)
    return struct.pack("<4s5H3L2H", *fixed, len(name), len(extra)) + name + extra


def _entry(name: bytes, flags: int, crc: int, size: int, offset: int) -> bytes:
    wide = [size, size] * (size > _LARGE) + [offset] * (offset > _LARGE)
    extra = struct.pack(f"<2H{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    version = 45 if wide or size * 1.05 > _LARGE else 20
    told, place = _HUGE if size > _LARGE else size, _HUGE if offset > _LARGE else offset
    head = (b"PK\1\2", version, 3, version, 0, flags, 0, 0, _NEW_YEAR_1980, crc, told, told)
    rest = (len(name), len(extra), 0, 0, 0, _PLAIN_FILE, place)
    return struct.pack("<4s4B4H3L5H2L", *head, *rest) + name + extra


def _ends(count: int, start: int, size: int) -> bytes:
    few = (min(count, _MANY), min(count, _MANY), min(size, _HUGE), min(start, _HUGE), 0)
    plain = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, *few)
    if count <= _MANY and start <= _LARGE and size <= _LARGE:
        return plain
    many = (b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
    return struct.pack("<4sQ2H2L4Q4sLQL", *many, b"PK\6\7", 0, start + size, 1) + plain
