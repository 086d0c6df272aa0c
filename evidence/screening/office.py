"""The words of documents that are ZIP files of XML: XLSX, DOCX, PPTX and the formats of ODF.

Rules:
- Text that a document keeps in pieces (runs of a paragraph, shared strings, cells) is put together
  as a reader sees it: a line for each paragraph or row, a tab between cells.
- A document that defines entities of its own is none that an office program wrote.
"""

import re
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO, cast
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

import defusedxml.ElementTree
import defusedxml.sax
from defusedxml import DefusedXmlException
from django.conf import settings

from evidence.screening import archive
from evidence.screening.budget import RATIO, SMALL, Unpacked, UnreadableError
from evidence.screening.places import Into, within

_MARKS = {"[Content_Types].xml", "mimetype"}
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_FLOWING = re.compile(
    r"(?:word|ppt)/.+\.xml|xl/(?:comments|threadedComments|drawings|charts)[^/]*(?:/[^/]+)?\.xml"
    r"|(?:content|styles|meta)\.xml",
    re.IGNORECASE,
)
_LINE = {"p", "h", "tr", "row", "si", "table-row", "comment", "threadedComment", "br", "line-break"}
_CELL = {"tc", "tab", "table-cell", "covered-table-cell"}
_SPACE = {"s"}
_MOST_STRINGS = 128 * 1024**2
_LARGEST_INDEX = 4 * 1024**2
_MOST_ROWS = 1_048_576
_IN_MEMORY = 4 * 1024**2
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def is_document(opened: zipfile.ZipFile) -> bool:
    return bool(_MARKS & set(opened.namelist()))


def look(opened: zipfile.ZipFile, into: Into, place: str) -> None:
    """Look into the words of a document."""
    strings: list[str] = []
    titles = _titles(opened, into)
    members = [member for member in opened.infolist() if not archive.is_encrypted(member)]
    shared = [member for member in members if member.filename.lower() == "xl/sharedstrings.xml"]
    if shared:
        strings = _strings(opened, shared[0], into)
    for member in members:
        name = member.filename
        if into.is_full:
            return
        if _SHEET.fullmatch(name):
            title = titles.get(name, name.rpartition("/")[2])
            _words(opened, member, into, _Sheet(strings), within(place, f"sheet {title}"))
        elif _FLOWING.fullmatch(name):
            _words(opened, member, into, _Flow(), within(place, name))


class _Written(ContentHandler):
    """Writes what it reads as lines of text into a file that is kept aside."""

    def __init__(self) -> None:
        super().__init__()
        self.aside: Any = None

    def write(self, words: str) -> None:
        self.aside.write(words.encode(errors="replace"))


class _Flow(_Written):
    """Puts the pieces of paragraphs together."""

    def characters(self, content: str) -> None:
        self.write(content)

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802, ARG002  # SAX names it
        if name.rpartition(":")[2] in _SPACE and ":" in name:
            self.write(" ")

    def endElement(self, name: str) -> None:  # noqa: N802  # SAX names it so
        local = name.rpartition(":")[2]
        if local in _LINE:
            self.write("\n")
        elif local in _CELL:
            self.write("\t")


class _Sheet(_Written):
    """Writes the rows of a sheet, each on the line of its number."""

    def __init__(self, strings: Sequence[str]) -> None:
        super().__init__()
        self._strings = strings
        self._line = 1
        self._type = ""
        self._value: list[str] = []

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802  # SAX names it so
        local = name.rpartition(":")[2]
        if local == "row":
            number = str(attrs.get("r", ""))
            self._to_line(int(number) if number.isdecimal() and len(number) < 8 else self._line + 1)
        elif local == "c":
            self._type, self._value = str(attrs.get("t", "n")), []

    def characters(self, content: str) -> None:
        self._value.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802  # SAX names it so
        local = name.rpartition(":")[2]
        if local == "c":
            self.write(self._cell() + "\t")
        elif local == "f":
            # The formula is seen in the part as it is; here its value counts.
            self._value = []
        elif local != "row" and local.startswith(("odd", "even", "first")):
            self.write("\n" + "".join(self._value) + "\n")
            self._value = []

    def _to_line(self, number: int) -> None:
        if self._line < number <= _MOST_ROWS:
            self.write("\n" * (number - self._line))
            self._line = number

    def _cell(self) -> str:
        value = "".join(self._value)
        self._value = []
        if self._type == "s":
            place = int(value) if value.strip().isdecimal() and len(value) < 10 else -1
            value = self._strings[place] if 0 <= place < len(self._strings) else ""
        elif self._type == "n" and "E" in value.upper():
            value = _whole(value)
        return value.replace("\r", " ").replace("\n", " ")


def _whole(value: str) -> str:
    """Write a number without its exponent, unless that would be longer than any card number."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    return f"{number:f}" if number.is_finite() and abs(number.adjusted()) < 40 else value


class _Strings(ContentHandler):
    """Gathers the shared strings of a workbook."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._value: list[str] = []
        self._size = 0

    def characters(self, content: str) -> None:
        self._size += len(content)
        if self._size > _MOST_STRINGS:
            message = "its shared strings are too large"
            raise UnreadableError(message)
        self._value.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802  # SAX names it so
        if name.rpartition(":")[2] == "si":
            self.found.append("".join(self._value))
            self._value = []


def _strings(opened: zipfile.ZipFile, member: zipfile.ZipInfo, into: Into) -> list[str]:
    handler = _Strings()
    _parse(opened, member, into, handler)
    return handler.found


def _words(
    opened: zipfile.ZipFile, member: zipfile.ZipInfo, into: Into, handler: _Written, place: str
) -> None:
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(settings.SCRATCH_DIR)) as aside:
        handler.aside = aside
        _parse(opened, member, into, handler)
        aside.seek(0)
        into.text(cast("BinaryIO", aside), place)


def _parse(
    opened: zipfile.ZipFile, member: zipfile.ZipInfo, into: Into, handler: ContentHandler
) -> None:
    with opened.open(member) as packed:
        stream = Unpacked(packed, into.budget, packed=member.compress_size)
        parser = defusedxml.sax.make_parser()
        parser.forbid_dtd = True
        parser.setContentHandler(handler)
        try:
            parser.parse(stream)
        except DefusedXmlException as error:
            message = f"{member.filename[:80]} defines entities of its own"
            raise UnreadableError(message) from error
        except SAXException as error:
            message = f"{member.filename[:80]} is no whole XML"
            raise UnreadableError(message) from error


def _titles(opened: zipfile.ZipFile, into: Into) -> dict[str, str]:
    """Return the titles of sheets by the parts that hold them, as far as they can be read."""
    book, relations = (
        _index(opened, name, into) for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
    )
    targets = {
        one.get("Id", ""): one.get("Target", "").lstrip("/").removeprefix("xl/")
        for one in relations
    }
    return {
        f"xl/{targets.get(one.get(_RELATION, ''), '')}": one.get("name", "")
        for one in book
        if one.tag.endswith("}sheet")
    }


def _index(opened: zipfile.ZipFile, name: str, into: Into) -> Iterator[Any]:
    try:
        member = opened.getinfo(name)
    except KeyError:
        return iter(())
    if member.file_size > min(_LARGEST_INDEX, SMALL + RATIO * member.compress_size):
        message = f"{name} is too large"
        raise UnreadableError(message)
    with opened.open(member) as packed:
        content = packed.read(_LARGEST_INDEX)
    into.budget.spend(len(content))
    try:
        root = defusedxml.ElementTree.fromstring(content, forbid_dtd=True)
    except (SyntaxError, ValueError) as error:
        message = f"{name} is no whole XML"
        raise UnreadableError(message) from error
    return iter(root.iter())
