"""A document becomes the same report on paper and as sheets, safe, whole, and always the same."""

import io
import subprocess
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pikepdf
import pytest

from reports.written import excel, pdf
from reports.written.document import (
    Column,
    Document,
    Facts,
    Figure,
    Figures,
    Mark,
    Points,
    Reading,
    Row,
    Section,
    Table,
    Tone,
    Words,
    readings_of,
)
from tests.reports.written import reading
from tests.reports.written.reading import HEAD

COLUMNS = (
    Column("Text", 20, wraps=True),
    Column("Number", 10, is_number=True),
    Column("Share", 10, is_number=True),
    Column("Day", 12),
    Column("Moment", 18),
    Column("Yes or no", 8),
    Column("State", 10),
)
ROW: Row = [
    "=HYPERLINK(1)",
    1234567,
    Decimal("99.95"),
    date(2026, 6, 30),
    datetime(2026, 6, 30, 8, 15, tzinfo=UTC),
    True,
    Mark("missed", Tone.BAD),
]


def document(rows: "list[Row] | None" = None, *, shown: int = 400) -> Document:
    return Document(
        title="A report <of> things",
        subtitle="Of the summer",
        sections=[
            Section("First part", [Words("Words & more."), Points(["One.", "Two."])]),
            Section(
                "Second part",
                [
                    Figures([Figure("Controls", 12, "in scope")]),
                    Facts([("Owner", "Alice")]),
                    Table("Things", COLUMNS, [ROW] if rows is None else rows, shown=shown),
                    Table("things", COLUMNS, [], empty="There is no other thing."),
                ],
            ),
        ],
        period=(date(2026, 6, 1), date(2026, 8, 31)),
        notes=["How it was made."],
    )


def test_the_title_block_says_when_of_what_and_at_which_log(tmp_path: Path) -> None:
    said = reading.of(document(), tmp_path)
    cover = {row[0]: row[1] for row in said.sheets["Cover"]}
    for name, value in {
        "Organisation": "Example Payments",
        "Period": "2026-06-01 to 2026-08-31",
        "As of": "2026-09-10 12:00:00 UTC",
        "Generated at": "2026-09-10 12:00:00 UTC",
        "Log position": "1,234 leaves",
        "Root hash of the log": "ab" * 32,
    }.items():
        assert f"{name} {value}" in said.words
        assert cover[name] == value
    assert cover["Note 1"] == "How it was made."


def test_cells_are_typed_in_sheets_and_readable_on_paper(tmp_path: Path) -> None:
    said = reading.of(document(), tmp_path)
    (row,) = said.sheets["Things"][1:]
    assert row == (
        "=HYPERLINK(1)",
        1234567,
        99.95,
        datetime(2026, 6, 30),  # noqa: DTZ001  # Excel knows no zone.
        datetime(2026, 6, 30, 8, 15),  # noqa: DTZ001
        True,
        "missed",
    )
    assert "=HYPERLINK(1) 1,234,567 99.95 2026-06-30 2026-06-30 08:15 yes missed" in said.words
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert book["Things"]["A2"].data_type == "s"
    assert book["Things"].freeze_panes == "B2"
    assert book["Things"].auto_filter.ref == "A1:G2"


def test_an_empty_table_says_so_in_both(tmp_path: Path) -> None:
    said = reading.of(document(), tmp_path)
    assert said.sheets["things 2"][1][0] == "There is no other thing."
    assert "There is no other thing." in said.words


def test_no_day_is_broken_however_wide_the_words_are(tmp_path: Path) -> None:
    columns = (Column("Due", 3), Column("Words", 300, wraps=True))
    table = Table("Wide", columns, [[date(2026, 6, 30), "Some words."]])
    html = reading.of(replace(document(), sections=[Section("All", [table])]), tmp_path).html
    # Twelve of the 168 characters that fit a page that lies across.
    assert '<col style="width: 7.14%"><col style="width: 92.86%">' in html


def test_no_word_of_a_heading_is_broken_and_words_only_where_there_is_no_room() -> None:
    columns = [
        Column("Controls", 3, wraps=True),
        *(Column(f"C{number}", 60, wraps=True) for number in range(3)),
        Column("Contact", 12),
    ]
    for contact, needed in (("duty@tidewater.example", 24), ("x" * 64, 12)):
        row = ["AC-01", *("Some words. " * 9,) * 3, contact]
        read = Reading(Table("Wide", columns, [row]))
        read.read()
        controls, *words, last = pdf._widths(read.table, read)
        assert controls >= len("Controls")
        assert last == needed
        assert all(each > 40 for each in words)
        assert controls + sum(words) + last <= 168


def test_what_follows_a_wide_table_lies_across_until_a_new_page_begins(tmp_path: Path) -> None:
    wide = Table("Wide", [Column("Words", 200, wraps=True)], [["Some words."]])
    small = Table("Small", [Column("Words", 20)], [["Some words."]])
    parts = [
        Section("One", [Words("Words.")]),
        Section("Two", [wide]),
        Section("Three", [small]),
        Section("Four", [replace(small, name="Smaller")], begins_page=True),
    ]
    said = reading.of(replace(document(), sections=parts[:3]), tmp_path)
    assert said.html.count('class="lies"') == 2
    assert '<section class="notes lies">' in said.html
    said = reading.of(replace(document(), sections=parts), tmp_path)
    assert said.html.count('class="lies"') == 2
    assert '<section class=" begins-page">' in said.html
    assert '<section class="notes">' in said.html


def test_markup_in_data_stays_text(tmp_path: Path) -> None:
    said = reading.of(document(), tmp_path)
    assert "<h1>A report &lt;of&gt; things</h1>" in said.html
    assert "<p>Words &amp; more.</p>" in said.html


def test_a_long_table_is_read_once_and_paper_names_what_it_leaves_out(tmp_path: Path) -> None:
    read = []

    def rows() -> Iterator[Row]:
        for number in range(1000):
            read.append(number)
            yield [number, *ROW[1:]]

    long = replace(document(), sections=[Section("All", [Table("All", COLUMNS, rows, shown=50)])])
    said = reading.of(long, tmp_path)
    assert read == list(range(1000))
    assert len(said.sheets["All"]) == 1001
    assert "first 50 of 1000 rows" in said.words
    assert said.html.count("<tr>") < 80


def test_a_very_long_table_takes_no_more_memory(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        table = Table("All", COLUMNS, lambda: (ROW for _ in range(count)))
        long = replace(document(), sections=[Section("All", [table])])
        tracemalloc.start()
        excel.write(long, HEAD, tmp_path / "long.xlsx", readings=readings_of(long))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(3000) < 1.5 * peak(500)


def test_sheets_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    paths = [tmp_path / "a.xlsx", tmp_path / "b.xlsx"]
    for path in paths:
        excel.write(document(), HEAD, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.usefixtures("no_pdf")
def test_without_the_engine_the_paper_is_html(tmp_path: Path) -> None:
    path, media_type = pdf.write(document(), HEAD, tmp_path)
    assert (path.suffix, media_type) == (".html", "text/html")
    assert "Words &amp; more." in path.read_text()


@pytest.mark.usefixtures("pdf")
class TestPaper:
    @pytest.fixture
    def paper(self, tmp_path: Path) -> Path:
        many = document([ROW] * 120)
        path, _ = pdf.write(many, HEAD, tmp_path)
        return path

    def test_it_is_tagged_with_bookmarks_and_the_same_bytes_each_time(
        self, paper: Path, tmp_path: Path
    ) -> None:
        first = paper.read_bytes()
        with pikepdf.open(io.BytesIO(first)) as file:
            assert file.Root.MarkInfo.Marked
            assert file.Root.Lang == "en-GB"
            assert str(file.docinfo["/Title"]) == "A report <of> things"
            with file.open_outline() as outline:
                (top,) = outline.root
                parts = [part.title for part in top.children]
        assert parts == ["First part", "Second part", "Notes"]
        again, _ = pdf.write(document([ROW] * 120), HEAD, tmp_path)
        assert again.read_bytes() == first

    def test_each_page_has_its_number_the_log_and_the_head_of_the_table(self, paper: Path) -> None:
        pages = _text(paper).split("\f")[:-1]
        assert len(pages) > 2
        for number, page in enumerate(pages, 1):
            assert f"Page {number} of {len(pages)}" in page
            assert "Log at 1,234 leaves, root abababababababab" in page
        for page in pages[1:-1]:
            assert "Yes or no" in page


def _text(path: Path) -> str:
    try:
        asked = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
    except FileNotFoundError:
        pytest.skip("pdftotext of poppler-utils is not there")
    return asked.stdout.decode()
