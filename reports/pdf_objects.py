"""The objects of a long PDF: numbered on from piece to piece, written one after the other."""

import importlib
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import IO, Any

# It carries no types, and is there wherever WeasyPrint is.
pydyf: Any = importlib.import_module("pydyf")

FIRST = 10
"""Numbers below belong to what all pieces share."""


def reference(number: int) -> bytes:
    """Return how PDF refers to an object."""
    return b"%d 0 R" % number


class Numbered(pydyf.PDF):  # type: ignore[misc]
    """What a piece is drawn into: its objects are counted from where the last piece ended."""

    first = FIRST

    def __init__(self) -> None:
        self._known: list[bytes] = []
        super().__init__()

    def add_object(self, object_: Any) -> None:
        object_.number = self.first + len(self.objects)
        self.objects.append(object_)

    @property
    def page_references(self) -> Sequence[bytes]:
        # Asked for by every element of every page: made anew only when a page came.
        if len(self._known) != self.pages["Count"]:
            self._known = [reference(number) for number in self.pages["Kids"][::3]]
        return self._known

    def at(self, said: bytes) -> Any:
        """Return the object that a reference names."""
        return self.objects[int(bytes(said).split()[0]) - self.first]

    def write(self, *_output: Any) -> None:
        """Nothing: the volume takes the objects."""


@dataclass
class Writer:
    """Writes objects one after the other and remembers where each one is."""

    file: IO[bytes]
    position: int = 0
    kinds: bytearray = field(default_factory=bytearray)
    places: "array[int]" = field(default_factory=lambda: array("Q"))
    seats: "array[int]" = field(default_factory=lambda: array("L"))

    def __post_init__(self) -> None:
        self.digest = sha256()

    def line(self, content: bytes) -> None:
        self.file.write(content + b"\n")
        self.digest.update(content)
        self.position += len(content) + 1

    def put(self, number: int, content: bytes) -> None:
        """Write an object that stands by itself."""
        self._note(number, 1, self.position, 0)
        self.line(b"%d 0 obj\n%b\nendobj" % (number, content))

    def pack(self, number: int, packed: Sequence[tuple[int, bytes]]) -> None:
        """Write objects together as one compressed stream, which has a number of its own."""
        index, at = [], 0
        for seat, (each, content) in enumerate(packed):
            self._note(each, 2, number, seat)
            index += [b"%d %d" % (each, at)]
            at += len(content) + 1
        head = b" ".join(index) + b"\n"
        body = zlib.compress(head + b"\n".join(content for _, content in packed))
        said = b"/Type /ObjStm /N %d /First %d" % (len(packed), len(head))
        self.put(number, stream(said, body))

    def end(self, root: int, info: int, identifier: bytes) -> None:
        """Write where each object is, as the last object."""
        own = len(self.kinds)
        self._note(own, 1, self.position, 0)
        rows = zip(self.kinds, self.places, self.seats, strict=True)
        table = b"".join(
            b"%c" % kind + place.to_bytes(6, "big") + seat.to_bytes(3, "big")
            for kind, place, seat in rows
        )
        named = identifier.hex().encode(), self.digest.hexdigest()[:32].encode()
        said = b"/Type /XRef /W [1 6 3] /Size %d /Root %b /Info %b" % (
            own + 1,
            reference(root),
            reference(info),
        )
        said += b" /ID [<%b> <%b>]" % named
        start = self.position
        self.line(b"%d 0 obj\n%b\nendobj" % (own, stream(said, zlib.compress(table))))
        self.line(b"startxref\n%d\n%%%%EOF" % start)

    def _note(self, number: int, kind: int, place: int, seat: int) -> None:
        missing = number + 1 - len(self.kinds)
        if missing > 0:
            self.kinds.extend(bytes(missing))
            self.places.extend([0] * missing)
            self.seats.extend([0] * missing)
        self.kinds[number], self.places[number], self.seats[number] = kind, place, seat


def stream(said: bytes, body: bytes) -> bytes:
    """Return a compressed stream as it stands in the file."""
    return b"<<%b /Filter /FlateDecode /Length %d>>\nstream\n%b\nendstream" % (
        said,
        len(body),
        body,
    )
