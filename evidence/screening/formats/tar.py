"""Tar archives: every plain file within."""

import tarfile
from typing import BinaryIO, cast

from evidence.screening.budget import UnreadableError
from evidence.screening.places import Into, within

READS_AS_IT_IS = True


def fits(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def look(source: BinaryIO, into: Into, place: str, depth: int) -> None:
    try:
        with tarfile.open(fileobj=source, mode="r:") as archive:
            for member in archive:
                if into.is_full:
                    return
                unpacked = archive.extractfile(member) if member.isreg() else None
                if unpacked:
                    into.packed(cast("BinaryIO", unpacked), within(place, member.name), depth + 1)
    except (tarfile.TarError, OSError, ValueError, EOFError) as error:
        message = "it is a tar archive that cannot be read"
        raise UnreadableError(message) from error
