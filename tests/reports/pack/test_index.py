"""index.xlsx: what an auditor asks of each item, as text that is text and dates that are dates."""

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import escape
from openpyxl.workbook import Workbook

from audits import packs
from controls.models import ControlVersion
from evidence import review
from evidence.models import Evidence
from reports.pack.workbook import Book, Column
from tests.audits.world import SECURITY, World, hand_in, submission
from tests.reports.making import engagement_with_evidence, members, written

pytestmark = pytest.mark.usefixtures("no_pdf")


def index(content: bytes) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(members(content)["index.xlsx"]))


def rows(book: Workbook, sheet: str) -> list[dict[str, object]]:
    header, *found = book[sheet].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in found]


@pytest.fixture
def book(world: World) -> Workbook:
    engagement = engagement_with_evidence(world)
    return index(written(packs.freeze(engagement, by=world.alice)))


class TestItems:
    def test_every_item_has_its_row(self, book: Workbook, world: World) -> None:
        found = rows(book, "Items")
        assert [row["Item"] for row in found] == [f"EV-00000{number}" for number in (1, 2, 3, 4)]
        second = found[1]
        assert second["Status"] == "current"
        assert (second["Controls"], second["Criteria"]) == ("AC-01", "CC6.1")
        assert second["Covers from"] == datetime(2026, 6, 12)  # noqa: DTZ001
        assert (second["Rows"], second["Checks passed"], second["Exceptions"]) == (3, 1, 0)
        assert second["Reviewed by"] == f"Alice Lindqvist (user:{world.alice.pk})"
        assert second["Supersedes"] == "EV-000001"
        assert second["Query or request"] == "GET /people"
        assert second["SHA-256"] == Evidence.objects.get(ref="EV-000002").blob_id
        assert second["File in this pack"] == "evidence/EV-000002/staff.csv"

    def test_dates_and_times_are_dates_and_times(self, book: Workbook) -> None:
        sheet = book["Items"]
        header = [cell.value for cell in sheet[1]]
        covers = sheet.cell(2, header.index("Covers from") + 1)
        collected = sheet.cell(2, header.index("Collected (UTC)") + 1)
        assert isinstance(covers.value, datetime)
        assert covers.number_format == "yyyy-mm-dd"
        assert isinstance(collected.value, datetime)
        assert collected.number_format == "yyyy-mm-dd hh:mm:ss"

    def test_every_list_has_a_frozen_header_and_filters(self, book: Workbook) -> None:
        for sheet in book.worksheets[1:]:
            assert sheet.freeze_panes == "B2", sheet.title
            assert sheet.auto_filter.ref, sheet.title
            assert sheet.column_dimensions["A"].width >= 10


class TestLists:
    def test_checks_and_reviews_have_sheets_of_their_own(self, book: Workbook) -> None:
        checks = rows(book, "Checks")
        assert [(row["Item"], row["Result"], row["Exceptions"]) for row in checks] == [
            ("EV-000001", "failed", 1),
            ("EV-000002", "passed", 0),
            ("EV-000003", "failed", 2),
        ]
        decisions = [(row["Item"], row["Decision"]) for row in rows(book, "Reviews")]
        assert decisions == [("EV-000002", "accepted"), ("EV-000003", "returned")]

    def test_the_reason_of_a_returned_item_is_text_and_no_formula(self, book: Workbook) -> None:
        sheet = book["Reviews"]
        cell = sheet.cell(3, 5)
        assert cell.value == "=HYPERLINK(1)\nWrong system."
        assert cell.data_type == "s"

    def test_the_shortfall_has_its_due_days(self, book: Workbook) -> None:
        found = rows(book, "Shortfall")
        assert len(found) == 7
        assert (found[1]["State"], found[1]["Items"]) == ("late", "EV-000004")
        assert found[1]["Due"] == datetime(2026, 8, 5)  # noqa: DTZ001

    def test_coverage_shows_the_worst_state_of_each_month(self, book: Workbook) -> None:
        access, backup = rows(book, "Coverage")
        assert [access[month] for month in ("2026-06", "2026-07", "2026-08")] == [
            "missed",
            "missed",
            "missed",
        ]
        assert (access["Met"], access["Late"], access["Missed"]) == (1, 1, 4)
        assert (backup["2026-06"], backup["2026-07"]) == ("missed", None)

    def test_a_criterion_without_a_control_stands_out(self, book: Workbook) -> None:
        served = {row["Criterion"]: row["Served"] for row in rows(book, "Criteria")}
        assert served == {"CC6.1": "yes", "CC6.2": "no control", "A1.2": "yes"}

    def test_controls_are_worded_as_they_were_in_the_window(self, world: World) -> None:
        ControlVersion.objects.create(
            control=world.access,
            number=2,
            statement="Staff need a passkey.",
            effective_from=date(2026, 7, 1),
            digest="2" * 64,
        )
        book = index(written(packs.freeze(world.engagement(SECURITY), by=None)))
        assert [row["Wording"] for row in rows(book, "Controls")] == [
            "Second factor for staff is required.",
            "Staff need a passkey.",
        ]

    def test_a_control_that_had_no_wording_yet_says_so(self, world: World) -> None:
        world.start, world.end = date(2019, 1, 1), date(2019, 3, 31)
        engagement = world.engagement(SECURITY)
        book = index(written(packs.freeze(engagement, by=None)))
        assert {row["Wording"] for row in rows(book, "Controls")} == {
            "No wording was in force in the window."
        }

    def test_the_cover_sheet_says_where_it_comes_from(self, book: Workbook) -> None:
        facts = {row[0]: row[1] for row in book["About"].iter_rows(max_col=2, values_only=True)}
        assert facts["Engagement"] == "ENG-2026-1 SOC 2 of the summer"
        assert facts["Items"] == 4
        assert facts["Occurrences missed"] == 6
        assert facts["Category: Availability"] == "Customers ask for Availability."


def made(path: Path, cells: Sequence[object]) -> Workbook:
    book = Book(path, title="A", author="B", created=datetime(2026, 1, 1, tzinfo=UTC))
    sheet = book.table("Cells", [Column(f"c{place}", 10) for place in range(len(cells))])
    sheet.row(cells)  # type: ignore[arg-type]
    book.close()
    return openpyxl.load_workbook(path)


@pytest.mark.usefixtures("var_dir")
class TestCells:
    def test_text_that_looks_like_something_else_stays_text(self, tmp_path: Path) -> None:
        texts = ["=1+1", "+1", "-1", "@x", "007", "https://example.org", "{=1}", "TRUE"]
        row = made(tmp_path / "a.xlsx", texts)["Cells"][2]
        assert [cell.value for cell in row] == texts
        assert {cell.data_type for cell in row} == {"s"}
        assert not any(cell.hyperlink for cell in row)

    def test_what_xml_cannot_hold_is_written_out(self, tmp_path: Path) -> None:
        book = made(tmp_path / "a.xlsx", ["a\x00b\x1bc", "\ud83d", "ok \U0001f600 ü"])
        row = [cell.value for cell in book["Cells"][2]]
        assert row == ["a\\x00b\\x1bc", "\\xd83d", "ok \U0001f600 ü"]

    def test_a_text_that_excel_cannot_hold_is_cut_with_a_mark(self, tmp_path: Path) -> None:
        value = made(tmp_path / "a.xlsx", ["x" * 40_000])["Cells"].cell(2, 1).value
        assert isinstance(value, str)
        assert len(value) == 32_767
        assert value.endswith("[cut: Excel holds no more]")

    def test_numbers_days_and_truths_keep_their_types(self, tmp_path: Path) -> None:
        cells = [7, 2**60, True, date(2026, 2, 1), date(1066, 10, 14), None, ""]
        row = [cell.value for cell in made(tmp_path / "a.xlsx", cells)["Cells"][2]]
        assert row[:5] == [7, str(2**60), True, datetime(2026, 2, 1), "1066-10-14"]  # noqa: DTZ001
        assert not any(row[5:])

    def test_moments_fractions_and_the_first_days_of_excel_are_read_as_written(
        self, tmp_path: Path
    ) -> None:
        there = timezone(timedelta(hours=2))
        cells = [
            datetime(2026, 2, 1, 1, 30, 15, tzinfo=there),
            datetime(1, 1, 1, tzinfo=there),
            date(1900, 1, 1),
            date(1900, 3, 1),
            Decimal("-99.95"),
            Decimal("0.1234567890123456"),
            Decimal("NaN"),
            0,
            False,
        ]
        row = [cell.value for cell in made(tmp_path / "a.xlsx", cells)["Cells"][2]]
        assert row == [
            datetime(2026, 1, 31, 23, 30, 15),  # noqa: DTZ001
            "0001-01-01 00:00:00+02:00",
            datetime(1900, 1, 1),  # noqa: DTZ001
            datetime(1900, 3, 1),  # noqa: DTZ001
            -99.95,
            "0.1234567890123456",
            "NaN",
            0,
            False,
        ]

    def test_markup_spaces_and_words_like_escapes_stay_text(self, tmp_path: Path) -> None:
        texts = ["<b>&amp;</b>", "  two before", "after ", "a_x0041_b", "one\r\ntwo", "\u00a0"]
        path = tmp_path / "a.xlsx"
        row = [cell.value for cell in made(path, texts)["Cells"][2]]
        # The reader of the test leaves escapes as they stand; Excel reads them back.
        assert [escape.unescape(str(cell)) for cell in row] == texts
        with zipfile.ZipFile(path) as archive:
            sheet = archive.read("xl/worksheets/sheet1.xml")
        assert b"a_x005F_x0041_b" in sheet
        assert b'<dimension ref="A1:F2"/>' in sheet

    def test_a_sign_that_counts_twice_for_excel_is_counted_twice(self, tmp_path: Path) -> None:
        value = made(tmp_path / "a.xlsx", ["\U0001f600" * 20_000])["Cells"].cell(2, 1).value
        assert isinstance(value, str)
        assert len(value.encode("utf-16-le")) // 2 <= 32_767
        assert value.startswith("\U0001f600")
        assert value.endswith("[cut: Excel holds no more]")

    def test_the_same_cells_give_the_same_bytes(self, tmp_path: Path) -> None:
        for name in ("a.xlsx", "b.xlsx"):
            made(tmp_path / name, ["x", 1, date(2026, 2, 1)])
        assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_an_item_without_a_table_leaves_those_cells_empty(world: World) -> None:
    item = hand_in(submission(b"a letter", world.start, world.end, world.leavers))
    review.accept(item, reviewer=world.alice)
    (row,) = rows(index(written(packs.freeze(world.engagement(), by=None))), "Items")
    assert [row[name] for name in ("Rows", "Checks passed", "Exceptions", "Prepared by")] == [
        None
    ] * 4


def test_it_can_be_printed_and_read(var_dir: Path, tmp_path: Path) -> None:
    """A wide table goes over pages side by side, and a row is as high as its wrapped text."""
    book = Book(
        tmp_path / "a.xlsx", title="A", author="B", created=datetime(2026, 1, 1, tzinfo=UTC)
    )
    book.facts("About", "Pack", [("Short", 1), ("Long", "word " * 60)])
    sheet = book.table("Wide", [Column("Item", 20), Column("Much", 480, wraps=True)])
    sheet.row(["EV-1", "x"])
    sheet.row(["EV-2", "one\ntwo\nthree"])
    book.close()
    about, wide = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets
    assert about["B3"].alignment.horizontal == "left"
    assert about.row_dimensions[3].height is None
    assert about.row_dimensions[4].height == 13.5 * 4 + 1.5
    assert (wide.page_setup.fitToWidth, wide.print_title_cols) == (3, "$A:$A")
    assert wide.row_dimensions[2].height is None
    assert wide.row_dimensions[3].height == 13.5 * 3 + 1.5


def test_headings_stand_above_their_cells_and_each_page_names_its_sheet(
    var_dir: Path, tmp_path: Path
) -> None:
    book = Book(
        tmp_path / "a.xlsx", title="R&D", author="B", created=datetime(2026, 1, 1, tzinfo=UTC)
    )
    columns = [Column("Day", 12), Column("Checks not passed", 8, is_number=True)]
    sheet = book.table("Items", columns)
    sheet.row([date(2026, 2, 1), 7])
    book.close()
    (made_of,) = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets
    sides = [[cell.alignment.horizontal for cell in row] for row in made_of.iter_rows()]
    assert sides == [[None, "right"], ["left", None]]
    assert made_of.row_dimensions[1].height >= 13.5 * 3
    assert made_of.oddFooter is not None
    assert made_of.oddFooter.left.text == "R&&D, &A"
