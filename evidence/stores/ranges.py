"""A remote file read by ranges: what comes next is fetched while the one before is worked on."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from evidence.errors import StoreError
from evidence.seeking import SeekableReader

FIRST = 1024 * 1024
MOST = 8 * 1024 * 1024
_TRIES = 3
_AHEAD = ThreadPoolExecutor(8, thread_name_prefix="read-ahead")

Read = Callable[[int, int], bytes]


class RangedFile(SeekableReader):
    """A seekable file of known size; ranges grow as long as they are read one after another.

    The first range is fetched when it is opened, so that a file that is gone is known at once.
    """

    def __init__(self, read: Read, size: int) -> None:
        super().__init__(size)
        self._read_range = read
        self._start, self._held = 0, b""
        self._length = FIRST
        self._next: tuple[int, Future[bytes]] | None = None
        self._held = self._fetch(0, min(FIRST, size))

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, fewer only at the end of the file."""
        wanted = max(0, self._size - self._position)
        wanted = wanted if size < 0 else min(size, wanted)
        pieces = []
        while wanted:
            piece = self._piece(wanted)
            if not piece:
                # The file is shorter than it was; opening its last chunk fails.
                break
            pieces.append(piece)
            self._position += len(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        if self._next:
            self._next[1].cancel()
            self._next = None
        self._held = b""
        super().close()

    def _piece(self, most: int) -> bytes:
        """Return the next bytes that are held, and ask for the range after them in time."""
        end = self._start + len(self._held)
        if not self._start <= self._position < end:
            self._load()
        offset = self._position - self._start
        self._look_ahead()
        return self._held[offset : offset + most]

    def _load(self) -> None:
        ahead, self._next = self._next, None
        if ahead and ahead[0] == self._position:
            self._start, self._held = ahead[0], ahead[1].result()
            return
        if ahead:
            ahead[1].cancel()
        # Somebody jumped: what comes after is unknown, so little is asked for.
        self._length = FIRST
        end = min(self._position + FIRST, self._size)
        self._start, self._held = self._position, self._fetch(self._position, end)

    def _look_ahead(self) -> None:
        start = self._start + len(self._held)
        if self._next is None and start < self._size:
            self._length = min(MOST, self._length * 2)
            end = min(start + self._length, self._size)
            self._next = start, _AHEAD.submit(self._fetch, start, end)

    def _fetch(self, start: int, end: int) -> bytes:
        """Fetch a range, again where its bytes broke off on their way."""
        if end <= start:
            return b""
        for _ in range(_TRIES - 1):
            with suppress(StoreError):
                content = self._read_range(start, end)
                if len(content) == end - start:
                    return content
        return self._read_range(start, end)
