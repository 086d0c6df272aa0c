"""Writes a document as RFC 8785 canonical JSON, piece by piece.

Iterators in it are written as lists, one element at a time, and long lists wait as text in a
scratch file, so that a document about a hundred thousand items needs no more memory than one about
ten. A member whose list turns out empty is left out: OSCAL has no empty lists.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from evidence import ledger

_CHUNK = 256 * 1024


class Elements:
    """Elements of a list that wait as canonical JSON in a scratch file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._is_empty = True

    def add(self, value: dict[str, Any]) -> None:
        """Lay down one element."""
        self._file.write((b"" if self._is_empty else b",") + ledger.canonical(value))
        self._is_empty = False

    def __iter__(self) -> Iterator[bytes]:
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK):
            yield chunk


def pieces(value: Any) -> Iterator[bytes]:
    """Yield the canonical JSON of a value; LedgerError for what RFC 8785 cannot hold."""
    if isinstance(value, dict):
        yield from _object(value)
    elif isinstance(value, Iterator | Elements):
        yield b"["
        yield from _elements(value)
        yield b"]"
    else:
        yield ledger.canonical(value)


def _object(value: dict[str, Any]) -> Iterator[bytes]:
    yield b"{"
    separator = b""
    # Names are ASCII, so that their order is that of UTF-16 too.
    for name in sorted(value):
        member = value[name]
        start = separator + ledger.canonical(name) + b":"
        if isinstance(member, Iterator | Elements):
            elements = _elements(member)
            first = next(elements, None)
            if first is None:
                continue
            yield start + b"[" + first
            yield from elements
            yield b"]"
        else:
            yield start
            yield from pieces(member)
        separator = b","
    yield b"}"


def _elements(values: "Iterator[Any] | Elements") -> Iterator[bytes]:
    if isinstance(values, Elements):
        yield from values
        return
    separator = b""
    for value in values:
        yield separator
        if isinstance(value, dict) and all(isinstance(part, str) for part in value.values()):
            # Most are links: nothing in them has to be written piece by piece.
            yield ledger.canonical(value)
        else:
            yield from pieces(value)
        separator = b","
