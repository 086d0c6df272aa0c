"""Joins long papers out of pieces, in a process of its own: each is laid out, written, forgotten.

Rules:
- A piece is HTML of some pages. What it becomes goes to the disk at once, so the memory does not
  grow with the paper; objects bear numbers that no other piece has.
- The last page of a piece is laid out again with the next one where only rows of its last table
  stand on it: pages are as full as if there were no pieces.
- Pages, structure, bookmarks are those of one paper: one tree each, as if it had been made in one.
- How many pages there are is known at the end: each page draws the same small form for it.
"""

import gc
import importlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from reports.pdf_engine import KEPT_OBJECTS, VARIANT, finished, html_of
from reports.pdf_objects import FIRST, Numbered, Writer, pydyf, reference

_UNTAGGED = "pdf/a-3b"
_POINTS = 0.75
_IN_A_STREAM = 400
"""Objects that are compressed together: many are small, few are quick to find."""
_CATALOG, _PAGES, _STRUCTURE, _DOCUMENT, _PARENTS, _INFO, _OUTLINES = range(1, 8)
_FORMS = {"upright": 8, "across": 9}
_TAKEN_OVER = ("OutputIntents", "Metadata", "Lang", "ViewerPreferences", "MarkInfo")


@dataclass(frozen=True)
class Bookmark:
    """A heading and where it stands: number of the page's object, points from its left and foot."""

    level: int
    title: str
    page: int
    x: float
    y: float


Take = Callable[[Any, Numbered], None]


class Volume:
    """A paper that grows by pieces."""

    def __init__(self, file: IO[bytes], identifier: bytes) -> None:
        self._writer, self._identifier = Writer(file), identifier
        self._next = FIRST
        self._trees: list[bytes] = []
        self._kinds: list[bytes] = []
        self._marks: list[bytes] = []
        self._bookmarks: list[Bookmark] = []
        self._taken: dict[str, Any] = {}
        self._parents = 0
        self.pages = 0
        self._writer.line(b"%PDF-1.7\n%\xf0\x9f\x96\xa4")

    def add(self, weasyprint: Any, html: str, rows: int) -> tuple[int, int]:
        """Lay a piece out and write it; `rows` of its last table bear the ids r0, r1 and so on.

        Returns how many pages it became and how many of these rows stand on them: the others
        belong to the next piece.
        """
        document = html_of(weasyprint, html).render()
        pages, placed = kept(document.pages, rows)
        for page in pages:
            page.anchors.clear()
        self._draw(document.copy(pages), self._take)
        return len(pages), placed

    def finish(self, weasyprint: Any, html: str) -> None:
        """Write how many pages there are, which `html` says on a page upright and one across."""
        document = html_of(weasyprint, html).render()
        self._draw(document, self._take_forms, variant=_UNTAGGED)
        writer, catalog = self._writer, self._taken
        catalog |= {"Type": "/Catalog", "Pages": reference(_PAGES)}
        catalog |= {"StructTreeRoot": reference(_STRUCTURE), "Outlines": reference(_OUTLINES)}
        writer.put(_CATALOG, pydyf.Dictionary(catalog).data)
        self._write_outlines()
        whole = b"<</Type /Pages /Count %d /Kids [%b]>>"
        writer.put(_PAGES, whole % (self.pages, b" ".join(self._trees)))
        writer.put(
            _STRUCTURE,
            b"<</Type /StructTreeRoot /K [%b] /ParentTree %b /ParentTreeNextKey %d>>"
            % (reference(_DOCUMENT), reference(_PARENTS), self._parents),
        )
        document_element = b"<</Type /StructElem /S /Document /P %b /K [%b]>>"
        kinds = b" ".join(self._kinds)
        writer.put(_DOCUMENT, document_element % (reference(_STRUCTURE), kinds))
        writer.put(_PARENTS, b"<</Kids [%b]>>" % b" ".join(self._marks))
        writer.end(_CATALOG, _INFO, self._identifier)

    def _draw(self, document: Any, take: Take, *, variant: str = VARIANT) -> None:
        Numbered.first = self._next
        # Bookmarks of all pieces make one tree at the end.
        document.make_bookmark_tree = lambda *_, **__: []
        document.write_pdf(pdf_variant=variant, pdf_identifier=self._identifier, finisher=take)

    def _take(self, document: Any, pdf: Numbered) -> None:
        left_out = [pdf.objects[0], pdf.catalog, *self._structure(pdf)]
        if not self._taken:
            finished(document, pdf)
            self._taken = {name: pdf.catalog[name] for name in _TAKEN_OVER}
            self._writer.put(_INFO, pdf.info.data)
        else:
            left_out += [pdf.at(pdf.catalog["Metadata"])]
        pdf.pages["Parent"] = reference(_PAGES)
        self._trees.append(pdf.pages.reference)
        self.pages += len(document.pages)
        numbers = pdf.pages["Kids"][::3]
        for page, number in zip(document.pages, numbers, strict=True):
            self._foot(pdf, page, pdf.at(reference(number)))
            self._bookmarks += marked(page, number)
        self._write(pdf, left_out)

    def _structure(self, pdf: Numbered) -> list[Any]:
        """Hang the elements of a piece into the tree of all; return what it replaces."""
        root = pdf.at(pdf.catalog["StructTreeRoot"])
        parents, own = pdf.at(root["ParentTree"]), pdf.at(root["K"][0])
        self._kinds += own["K"]
        for one in pdf.objects:
            if not isinstance(one, dict):
                continue
            if one.get("P") == own.reference:
                one["P"] = reference(_DOCUMENT)
            for name in ("StructParents", "StructParent"):
                if name in one:
                    one[name] += self._parents
        keys = [key + self._parents for key in parents["Nums"][::2]]
        parents["Nums"][::2] = keys
        parents["Limits"] = pydyf.Array([keys[0], keys[-1]])
        self._marks.append(parents.reference)
        self._parents += len(keys)
        return [root, own]

    def _foot(self, pdf: Numbered, page: Any, said: Any) -> None:
        """Let a page draw the form that says how many pages there are."""
        name = lies(page)
        forms = pdf.at(said["Resources"])["XObject"]
        forms[f"Pages-{name}"] = reference(_FORMS[name])
        drawn = "/Artifact BMC q 1 0 0 -1 0 {:g} cm /Pages-{} Do Q EMC"
        pdf.at(said["Contents"]).stream.append(drawn.format(page.height * _POINTS, name))

    def _take_forms(self, document: Any, pdf: Numbered) -> None:
        """Make a form out of each page that says how many pages there are."""
        left_out = [pdf.objects[0], pdf.catalog, pdf.pages, pdf.at(pdf.catalog["Metadata"])]
        numbers = pdf.pages["Kids"][::3]
        for page, number in zip(document.pages, numbers, strict=True):
            said = pdf.at(reference(number))
            drawn = pdf.at(said["Contents"])
            drawn.extra |= {
                "Type": "/XObject",
                "Subtype": "/Form",
                "BBox": said["MediaBox"],
                "Resources": said["Resources"],
            }
            drawn.number = _FORMS[lies(page)]
            left_out.append(said)
        self._write(pdf, left_out)

    def _write(self, pdf: Numbered, left_out: Sequence[Any]) -> None:
        out = {id(one) for one in left_out}
        packed: list[tuple[int, bytes]] = []
        self._next = pdf.first + len(pdf.objects)
        for one in pdf.objects:
            if id(one) in out:
                continue
            if not one.compressible:
                self._writer.put(one.number, one.data)
            else:
                packed.append((one.number, one.data))
        for start in range(0, len(packed), _IN_A_STREAM):
            self._writer.pack(self._next, packed[start : start + _IN_A_STREAM])
            self._next += 1

    def _write_outlines(self) -> None:
        marks, first = self._bookmarks, self._next
        self._next += len(marks)
        kids = family([one.level for one in marks])
        for parent, own in kids.items():
            above = _OUTLINES if parent is None else first + parent
            for place, at in enumerate(own):
                one = marks[at]
                said = pydyf.Dictionary(ends(kids.get(at, ()), first, below(kids, at)))
                said |= {"Title": pydyf.String(one.title), "Parent": reference(above)}
                said["Dest"] = pydyf.Array([reference(one.page), "/XYZ", one.x, one.y, 0])
                if place:
                    said["Prev"] = reference(first + own[place - 1])
                if place + 1 < len(own):
                    said["Next"] = reference(first + own[place + 1])
                self._writer.put(first + at, said.data)
        top = {"Type": "/Outlines", **ends(kids[None], first, len(marks))}
        self._writer.put(_OUTLINES, pydyf.Dictionary(top).data)


def kept(pages: Sequence[Any], rows: int) -> tuple[Sequence[Any], int]:
    """Return the pages of a piece that stay, and how many of its numbered rows stand on them.

    The last page goes where nothing but rows that begin there stands on it.
    """
    if not rows or len(pages) < 2:
        return pages, rows
    before, last = (_rows_on(page) for page in pages[-2:])
    if not before or not last or min(last) in before:
        return pages, rows
    return pages[:-1], min(last)


def _rows_on(page: Any) -> set[int]:
    return {int(name[1:]) for name in page.anchors if name[:1] == "r" and name[1:].isdecimal()}


def marked(page: Any, number: int) -> Iterator[Bookmark]:
    """Yield the bookmarks of a page in points from its foot."""
    for level, title, (x, y), _state in page.bookmarks:
        yield Bookmark(level, title, number, x * _POINTS, (page.height - y) * _POINTS)


def lies(page: Any) -> str:
    """Return the name of the form that fits a page."""
    return "across" if page.width > page.height else "upright"


def family(levels: Sequence[int]) -> dict[int | None, list[int]]:
    """Return the children of each heading by its place; those of None stand at the top."""
    kids: dict[int | None, list[int]] = {None: []}
    above: list[int] = []
    for place, level in enumerate(levels):
        while above and levels[above[-1]] >= level:
            above.pop()
        kids.setdefault(above[-1] if above else None, []).append(place)
        above.append(place)
    return kids


def below(kids: Mapping[int | None, Sequence[int]], place: int) -> int:
    """Return how many headings stand below one."""
    own = kids.get(place, ())
    return len(own) + sum(below(kids, one) for one in own)


def ends(own: Sequence[int], first: int, count: int) -> dict[str, Any]:
    """Return what a heading says of the headings below it; nothing where there is none."""
    if not own:
        return {}
    return {
        "First": reference(first + own[0]),
        "Last": reference(first + own[-1]),
        "Count": count,
    }


def main() -> None:
    """Read where to write, then pieces, each a line of JSON and HTML; answer each with a line."""
    # Imported only here: where its two libraries are missing, the import itself would fail.
    weasyprint = importlib.import_module("weasyprint")
    pydyf.PDF = Numbered
    gc.freeze()
    gc.set_threshold(KEPT_OBJECTS)
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    begun = json.loads(stdin.readline())
    with Path(begun["path"]).open("wb") as file:
        volume = Volume(file, bytes.fromhex(begun["identifier"]))
        while line := stdin.readline():
            head = json.loads(line)
            html = stdin.read(head["size"]).decode()
            if head["is_end"]:
                volume.finish(weasyprint, html)
                file.flush()
                told = [volume.pages, 0]
            else:
                told = [*volume.add(weasyprint, html, head["rows"])]
            gc.collect()
            stdout.write(json.dumps(told).encode() + b"\n")
            stdout.flush()


if __name__ == "__main__":
    main()
