"""What goes into a pack: members that wait in a scratch file, and members that lie in the store.

A pack lists the digest of every member before the first of the large ones is written. Small
members are therefore made first, digested, and laid into one scratch file; stored evidence is
known by its digest already and is only read once, while the pack is written. The list of members
is a scratch database: there may be hundreds of thousands, and they are wanted by name.
"""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Self

from django.conf import settings

_CHUNK = 256 * 1024
_BATCH = 500
IN_STORE = -1
# It is scratch: nothing is ever rolled back or read again after a crash.
_LIST = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -1024;
CREATE TABLE member (
    name TEXT PRIMARY KEY, sha256 TEXT, size INTEGER, place INTEGER, folded TEXT UNIQUE
) WITHOUT ROWID;
BEGIN;
"""


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
        self._folder = tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR)
        self._file = (Path(self._folder.name) / "content").open("w+b")
        self._list = sqlite3.connect(Path(self._folder.name) / "members", isolation_level=None)
        self._list.executescript(_LIST)
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._list.close()
        self._file.close()
        self._folder.cleanup()

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

    def members(self) -> Iterator[Member]:
        """Yield every member in the order of the names."""
        rows = self._list.execute("SELECT name, sha256, size, place FROM member ORDER BY name")
        while batch := rows.fetchmany(_BATCH):
            yield from map(Member._make, batch)

    def named(self, name: str) -> Member:
        """Return the member of a name; KeyError where there is none."""
        row = self._list.execute(
            "SELECT name, sha256, size, place FROM member WHERE name = ?", [name]
        ).fetchone()
        if row is None:
            raise KeyError(name)
        return Member._make(row)

    def total_size(self) -> int:
        """Return the bytes of all members together."""
        (total,) = self._list.execute("SELECT coalesce(sum(size), 0) FROM member").fetchone()
        return int(total)

    def read(self, member: Member) -> Iterator[bytes]:
        """Yield the content of a member that was laid down here."""
        self._file.seek(member.offset)
        left = member.size
        while left:
            chunk = self._file.read(min(left, _CHUNK))
            left -= len(chunk)
            yield chunk

    def _listed(self, member: Member) -> Member:
        try:
            self._list.execute(
                "INSERT INTO member VALUES (?, ?, ?, ?, ?)", (*member, member.name.casefold())
            )
        except sqlite3.IntegrityError as error:
            raise ValueError(f"Two members of the pack are named {member.name}.") from error
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
