"""Writes the members of a pack as one ZIP: stored, sorted, the same bytes for the same members.

Nothing is deflated: evidence is mostly packed already, and deflate runs at a twentieth of the speed
of SHA-256. Each item is read from the store once, and its digest is compared on the way.
"""

import io
import stat
import zipfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import BinaryIO

from evidence import store
from evidence.errors import BlobDamagedError, BlobMissingError
from evidence.models import BlobKey
from reports.base import Progress
from reports.pack.spool import IN_STORE, Member, Spool

CHUNK = 1024 * 1024
Pieces = Iterator[bytes] | Iterator[memoryview]

_BATCH = 200
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODE = stat.S_IFREG | 0o644
_UNIX = 3


class _Unseekable(io.RawIOBase):
    """Hides that a file can seek, so that a pack has the same bytes on a disk and on a socket."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._is_abandoned = False

    def abandon(self) -> None:
        """Write nothing more.

        After an error zipfile still writes a directory of what it has: that would look like a
        whole pack from which items are missing.
        """
        self._is_abandoned = True

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | memoryview") -> int:  # type: ignore[override]
        if not self._is_abandoned:
            self._file.write(data)
        return len(data)


def write(spool: Spool, file: BinaryIO, *, progress: Progress | None = None) -> None:
    """Write every member to a file, in the order of their names.

    Raises BlobMissingError and BlobDamagedError when the store no longer holds what it took in;
    then what was written is cut off in the middle and cannot be taken for a pack.
    """
    target = _Unseekable(file)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        try:
            _write(archive, spool, progress)
        except BaseException:
            target.abandon()
            raise


def _write(archive: zipfile.ZipFile, spool: Spool, progress: Progress | None) -> None:
    members = sorted(spool.members)
    total = sum(member.size for member in members)
    done = 0
    for member, pieces in _contents(members, spool):
        info = zipfile.ZipInfo(member.name, _EPOCH)
        info.create_system = _UNIX
        info.external_attr = _MODE << 16
        info.file_size = member.size
        if member.size * 1.05 > zipfile.ZIP64_LIMIT:
            # Python before 3.11.4 forgets to say which version a large file needs.
            info.create_version = info.extract_version = zipfile.ZIP64_VERSION
        with archive.open(info, "w") as entry:
            for piece in pieces:
                done += entry.write(piece)
        if progress:
            progress(done, total, member.name)


def _contents(members: Sequence[Member], spool: Spool) -> Iterator[tuple[Member, Pieces]]:
    """Pair members with their content; the keys of stored ones are asked for in batches."""
    buffer = memoryview(bytearray(CHUNK))
    for start in range(0, len(members), _BATCH):
        batch = members[start : start + _BATCH]
        wanted = {member.sha256 for member in batch if member.offset == IN_STORE}
        keys = {
            key.blob_id: key
            for key in BlobKey.objects.select_related("blob").filter(blob__in=wanted)
        }
        for member in batch:
            if member.offset == IN_STORE:
                yield member, _stored(member, keys.get(member.sha256), buffer)
            else:
                yield member, spool.read(member)


def _stored(member: Member, key: BlobKey | None, buffer: memoryview) -> Iterator[memoryview]:
    if key is None:
        raise BlobMissingError
    running = sha256()
    with store.open_sealed(key) as reader:
        # Every piece is used before the next is asked for, so that one buffer serves all.
        while count := reader.readinto(buffer):
            piece = buffer[:count]
            running.update(piece)
            yield piece
    if running.hexdigest() != member.sha256:
        raise BlobDamagedError
