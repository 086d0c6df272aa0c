"""What goes into a pack: members that wait in a scratch file, and members that lie in the store.

A pack lists the digest of every member before the first of the large ones is written. Small
members are therefore made first, digested, and laid into one scratch file; stored evidence is
known by its digest already and is only read once, while the pack is written.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from types import TracebackType
from typing import IO, NamedTuple, Self

from django.conf import settings

_CHUNK = 256 * 1024
IN_STORE = -1


class Member(NamedTuple):
    """One file of the pack: its digest (SHA-256, hex), its size in bytes and where it waits."""

    name: str
    sha256: str
    size: int
    offset: int = IN_STORE


class Spool:
    """A scratch file of members; it vanishes when it is closed.

    All members are laid down first, then they are read.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(dir=settings.SCRATCH_DIR)  # noqa: SIM115  # closed by __exit__
        self._end = 0
        self._names: set[str] = set()
        self.members: list[Member] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, name: str, content: bytes) -> Member:
        """Lay down a member that is in memory."""
        self._file.write(content)
        self._end += len(content)
        member = Member(name, sha256(content).hexdigest(), len(content), self._end - len(content))
        return self._listed(member)

    @contextmanager
    def adding(self, name: str) -> "Iterator[Sink]":
        """Lay down a member piece by piece; others may be added meanwhile."""
        with tempfile.TemporaryFile(dir=settings.SCRATCH_DIR) as part:
            sink = Sink(part)
            yield sink
            part.seek(0)
            shutil.copyfileobj(part, self._file, _CHUNK)
        offset, self._end = self._end, self._end + sink.size
        self._listed(Member(name, sink.sha256, sink.size, offset))

    def refer(self, name: str, *, digest: str, size: int) -> Member:
        """Name a member that lies in the store."""
        return self._listed(Member(name, digest, size))

    def read(self, member: Member) -> Iterator[bytes]:
        """Yield the content of a member that was laid down here."""
        self._file.seek(member.offset)
        left = member.size
        while left:
            chunk = self._file.read(min(left, _CHUNK))
            left -= len(chunk)
            yield chunk

    def _listed(self, member: Member) -> Member:
        if member.name.casefold() in self._names:
            raise ValueError(f"Two members of the pack are named {member.name}.")
        self._names.add(member.name.casefold())
        self.members.append(member)
        return member


class Sink:
    """Passes pieces on to the scratch file and keeps their digest and size."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = sha256()
        self.size = 0

    def write(self, piece: bytes) -> int:
        self._hash.update(piece)
        self.size += len(piece)
        return self._file.write(piece)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()
