"""Opens ZIP files, and what is built upon them, without trusting anything that they say."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from evidence.screening.budget import MOST_MEMBERS, UnreadableError

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    LookupError,
)
_ENCRYPTED = 0x1


@contextmanager
def opened(source: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """Open a ZIP file; whatever breaks inside is told as UnreadableError."""
    try:
        with zipfile.ZipFile(source) as archive:
            if len(archive.infolist()) > MOST_MEMBERS:
                message = f"it holds more than {MOST_MEMBERS:,} files"
                raise UnreadableError(message)
            yield archive
    except _BROKEN as error:
        message = "it is a ZIP file, or built upon one, that cannot be read"
        raise UnreadableError(message) from error


def is_encrypted(member: zipfile.ZipInfo) -> bool:
    return bool(member.flag_bits & _ENCRYPTED)
