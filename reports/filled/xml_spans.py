"""Finds where elements stand in an XML part, so that bytes can be exchanged and all else stays.

A parser that writes a part anew drops what it does not know: prefixes, extensions, the order of
attributes. Here the part is read once, and only the spans that change are cut out.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from xml.parsers import expat

from reports.errors import FillingError

_TAG = re.compile(rb"""<[^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>""")
_FORBIDDEN = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CODE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


@dataclass
class Element:
    """One element: where its first tag begins and ends, and where all of it ends, in bytes."""

    name: str
    attributes: dict[str, str]
    start: int
    tag_end: int
    end: int = 0
    parent: "Element | None" = None
    children: list["Element"] = field(default_factory=list)

    @property
    def prefix(self) -> str:
        """The prefix of its name with the colon; empty where there is none."""
        return self.name[: self.name.rfind(":") + 1]

    @property
    def local(self) -> str:
        return self.name.rpartition(":")[2]


@dataclass(frozen=True)
class Splice:
    """Bytes that take the place of others; of an empty span, they are put in."""

    start: int
    end: int
    new: bytes


def walk(xml: bytes, ended: Callable[[Element], None], *, watched: Iterable[str]) -> None:
    """Call `ended` with every element of these local names, as each ends; FillingError.

    Elements that are not watched are no parents of others.
    """
    names, open_ones = frozenset(watched), list[Element]()
    parser = expat.ParserCreate()

    def begins(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] not in names:
            return
        start = parser.CurrentByteIndex
        tag = _TAG.match(xml, start)
        if tag is None:
            raise FillingError
        parent = open_ones[-1] if open_ones else None
        open_ones.append(Element(name, attributes, start, tag.end(), parent=parent))

    def ends(name: str) -> None:
        if name.rpartition(":")[2] not in names:
            return
        element = open_ones.pop()
        is_empty = xml[element.tag_end - 2 : element.tag_end] == b"/>"
        place = parser.CurrentByteIndex
        element.end = element.tag_end if is_empty else xml.index(b">", place) + 1
        ended(element)

    parser.StartElementHandler = begins
    parser.EndElementHandler = ends
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise FillingError(f"A part of the workbook cannot be read: {error}.") from error
    if not parser_is_utf8(xml):
        raise FillingError("A part of the workbook is not written in UTF-8. Save it again.")


def tree(xml: bytes, *, watched: Iterable[str]) -> dict[str, list[Element]]:
    """Return all elements of these local names with their children, in the order of their ends."""
    found: dict[str, list[Element]] = {name: [] for name in watched}

    def ended(element: Element) -> None:
        found[element.local].append(element)
        if element.parent:
            element.parent.children.append(element)

    walk(xml, ended, watched=found)
    return found


def spliced(xml: bytes, splices: Iterable[Splice]) -> bytes:
    """Return a part with its splices; they do not overlap."""
    pieces, place = [], 0
    for one in sorted(splices, key=lambda each: (each.start, each.end)):
        if one.start < place:
            raise FillingError("Two changes of the workbook meet in one place.")
        pieces += [xml[place : one.start], one.new]
        place = one.end
    return b"".join([*pieces, xml[place:]])


def escaped(text: str) -> str:
    """Return text for a cell: no control characters, no codes, nothing that is markup."""
    plain = _CODE.sub("_x005F_", _FORBIDDEN.sub(" ", text.replace("\r\n", "\n")))
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def quoted(text: str) -> str:
    """Return text for an attribute in double quotes."""
    return escaped(text).replace('"', "&quot;").replace("\n", " ")


def parser_is_utf8(xml: bytes) -> bool:
    """Say whether a part is UTF-8, as nearly every writer makes it: places are counted in bytes."""
    head = xml[:200].lower()
    return b"encoding=" not in head or b"utf-8" in head or b"us-ascii" in head


def _refuse(*_: object) -> None:
    raise FillingError("A part of the workbook defines its own entities, as no table does.")
