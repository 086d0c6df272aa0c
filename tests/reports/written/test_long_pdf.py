"""A long report is made piece by piece, and is the same paper as if it had been made in one."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from reports import pdf_engine
from reports.written import long_pdf
from reports.written.document import (
    MOST_ROWS,
    Column,
    Document,
    Row,
    Section,
    Table,
    Words,
    readings_of,
)
from tests.reports.written.reading import HEAD

WIDE = (Column("Name", 80, wraps=True), Column("Number", 30, is_number=True), Column("Day", 60))
ROWS = 330
FIRST_DAY = date(2026, 1, 1)


def rows(count: int) -> Iterator[Row]:
    for number in range(count):
        yield [f"thing-{number} with words", number, FIRST_DAY + timedelta(number)]


def document(count: int = ROWS) -> Document:
    """A page of words, a table across several pieces, and an upright end."""
    return Document(
        title='A "long" report',
        subtitle="Of things",
        sections=[
            Section("First part", [Words("Words & more.")]),
            Section("Second part", [Words("Before."), Table("Things", WIDE, lambda: rows(count))]),
            Section("Third part", [Words("After.")]),
        ],
        notes=["How it was made."],
    )


def written(path: Path, said: Document) -> list[str]:
    told: list[str] = []
    readings = readings_of(said, whole=True)
    for reading in readings.values():
        reading.read()
    long_pdf.write(said, HEAD, path, readings=readings, tell=told.append)
    for reading in readings.values():
        reading.close()
    return told


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if missing := pdf_engine.missing_libraries():
        pytest.skip(missing)
    path = tmp_path_factory.mktemp("long") / "report.pdf"
    told = written(path, document())
    assert told[0].startswith("Writing the PDF: ")
    return path


@pytest.mark.usefixtures("pdf")
class TestLongPaper:
    def test_every_row_stands_once_on_full_numbered_pages(self, paper: Path) -> None:
        pages = _text(paper).split("\f")[:-1]
        words = "".join(pages)
        assert [words.count(f"thing-{number} ") for number in range(ROWS)] == [1] * ROWS
        for number, page in enumerate(pages, 1):
            assert f"Page {number} of {len(pages)}" in " ".join(page.split())
            assert 'Example Payments · A "long" report · Confidential' in page
            assert "Log at 1,234 leaves, root abababababababab" in page
        across = [page.count("thing-") for page in pages if "thing-" in page]
        assert len(across) > 5
        # No page but the first, under its heading, and the last has room left.
        assert len({*across[1:-1]}) == 1
        assert all("Number" in page for page in pages if "thing-" in page)

    def test_structure_and_bookmarks_are_those_of_one_paper(self, paper: Path) -> None:
        with pikepdf.open(paper) as file:
            assert not file.check_pdf_syntax()
            assert file.Root.MarkInfo.Marked
            assert str(file.docinfo["/Title"]) == 'A "long" report'
            pages: list[Any] = [page.objgen for page in file.pages]
            with file.open_outline() as outline:
                (top,) = outline.root
                marks: list[Any] = [*top.children]
            found = [(one.title, pages.index(one.destination[0].objgen)) for one in marks]
            assert [title for title, _ in found] == [
                "First part",
                "Second part",
                "Third part",
                "Notes",
            ]
            assert [page for _, page in found][:2] == [0, 1]
            assert {page for _, page in found[2:]} == {len(pages) - 1}
            _assert_tagged(file)

    def test_the_same_bytes_each_time(self, tmp_path: Path) -> None:
        paths = [tmp_path / "a.pdf", tmp_path / "b.pdf"]
        for path in paths:
            written(path, document(70))
        assert paths[0].read_bytes() == paths[1].read_bytes()


def test_nothing_is_kept_on_the_disk_of_a_table_that_is_shown_in_part() -> None:
    for whole, shown in ((False, 400), (True, 1000)):
        (reading,) = readings_of(document(1000), whole=whole).values()
        reading.read()
        assert [row[1] for row in reading.shown_rows()] == list(range(shown))
        assert (reading.shown, reading.more) == (shown, 1000 - shown)
        reading.close()


def test_a_paper_has_an_end() -> None:
    said = replace(document(), sections=[Section("All", [Table("All", WIDE[:1], _many)])])
    (reading,) = readings_of(said, whole=True).values()
    reading.read()
    assert (reading.shown, reading.more) == (MOST_ROWS, 5)
    reading.close()


def _many() -> Iterator[Row]:
    return ([number] for number in range(MOST_ROWS + 5))


def _assert_tagged(file: pikepdf.Pdf) -> None:
    """Every marked piece of a page has its element, and every element its place in the tree."""
    root = file.Root.StructTreeRoot
    marks = {
        int(each.Nums[place]): each.Nums[place + 1]
        for each in root.ParentTree.Kids
        for place in range(0, len(each.Nums), 2)
    }
    assert sorted(marks) == list(range(len(file.pages)))
    for number, page in enumerate(file.pages):
        assert page.obj.StructParents == number
        used = [
            int(one.operands[1].MCID)
            for one in pikepdf.parse_content_stream(page)
            if str(one.operator) == "BDC"
        ]
        assert sorted(used) == list(range(len(marks[number])))
        assert {one.Pg.objgen for one in marks[number]} == {page.objgen}
    names: set[bytes] = set()
    heads = _counted(root.K[0], root, names)
    assert heads["/Table"] > 5
    assert heads["/TR"] - heads["/THead"] >= ROWS


def _counted(element: Any, parent: Any, names: set[bytes]) -> dict[str, int]:
    """Return how many elements of each kind there are below one; names of cells are unique."""
    assert element.P.objgen == parent.objgen
    if "/ID" in element:
        assert bytes(element.ID) not in names
        names.add(bytes(element.ID))
    found = {str(element.S): 1}
    for kid in element.K:
        if isinstance(kid, pikepdf.Dictionary):
            for name, count in _counted(kid, element, names).items():
                found[name] = found.get(name, 0) + count
    return found


def _text(path: Path) -> str:
    try:
        asked = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
    except FileNotFoundError:
        pytest.skip("pdftotext of poppler-utils is not there")
    return asked.stdout.decode()
