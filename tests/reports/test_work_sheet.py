"""The work sheet as an Excel file: out and back in without a loss, or refused whole."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from accounts.models import User
from audits import worksheets
from audits.models import Draw
from audits.worksheets import ItemResult
from reports import work_sheet
from reports.errors import SheetRefusedError
from tests.audits.sealing import Findings, admit, drawn, item, sealed
from tests.audits.world import World

NOTES = (
    "=HYPERLINK(1)",
    "plain\nwith a second line\tand a tab",
    "_x0041_ looks like an escape of Excel",
    "'quoted' and +1 and @x",
    "Zürich \N{SNOWMAN} \U0001f511",
    "42",
    "x" * 4000,
)


@pytest.fixture
def draw(world: World, bob: User) -> Draw:
    engagement = world.engagement()
    admit(engagement, bob, by=world.alice)
    rows = [
        (f"CHG-{n:04d}", date(2026, 6, 1 + n % 28), '=1+1 "x"\nnext\x07', n) for n in range(1, 31)
    ]
    made = drawn(sealed(world, engagement, item(world, rows)), bob)
    worksheets.choose_attributes(made, titles=["Ticket", "Approval"], by=bob)
    results = [
        ItemResult(row, "A", "deviation", note)
        for row, note in zip(made.said["rows"], NOTES, strict=False)
    ]
    worksheets.record_results(made, results=results, by=bob, report_deviation=Findings())
    return made


@pytest.fixture
def path(draw: Draw, tmp_path: Path) -> Path:
    path = tmp_path / work_sheet.file_name(draw)
    work_sheet.write(draw, path)
    return path


def edited(path: Path, edit: Callable[[Any], object]) -> Path:
    book = openpyxl.load_workbook(path)
    edit(book.active)
    book.save(path)
    return path


def test_our_own_file_changes_nothing(draw: Draw, path: Path) -> None:
    found = work_sheet.read(path, draw)
    assert len(found) == 20
    assert worksheets.changes_of(draw, found) == []


def test_a_file_that_another_program_saved_changes_nothing(draw: Draw, path: Path) -> None:
    found = work_sheet.read(edited(path, lambda _: None), draw)
    assert worksheets.changes_of(draw, found) == []


def test_the_same_sheet_gives_the_same_bytes(draw: Draw, path: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.xlsx"
    work_sheet.write(draw, again)
    assert again.read_bytes() == path.read_bytes()


def test_cells_are_text_dates_and_numbers_and_never_formulas(path: Path) -> None:
    sheet = openpyxl.load_workbook(path).active
    assert sheet
    header = [cell.value for cell in sheet[1]]
    assert header == [
        *("Draw", "Row", "Item", "change_id", "merged_on", "author", "amount"),
        *("A Ticket", "A evidence", "A note", "B Approval", "B evidence", "B note"),
    ]
    row = sheet[2]
    assert isinstance(row[4].value, datetime)
    assert row[5].value == '=1+1 "x"\nnext\\x07'
    assert {cell.data_type for cell in row} <= {"s", "n", "d"}
    assert row[9].value == "=HYPERLINK(1)"
    rules = [str(rule.sqref) for rule in sheet.data_validations.dataValidation]
    assert len(rules) == 2


def test_what_was_filled_in_is_read(draw: Draw, path: Path) -> None:
    def fill(sheet: Any) -> None:
        for column, value in ((11, " PASS "), (12, "EV-000001"), (13, 42)):
            sheet.cell(2, column, value)
        sheet.cell(3, 11, "N/A")
        sheet.cell(4, 11, None)

    found = {(one.row, one.letter): one for one in work_sheet.read(edited(path, fill), draw)}
    first, second, third, *_ = draw.said["rows"]
    assert found[first, "B"] == ItemResult(first, "B", "pass", "42", "EV-000001")
    assert found[second, "B"].result == "not applicable"
    assert found[third, "B"].result == "not tested"


def test_rows_may_be_sorted_otherwise(draw: Draw, path: Path) -> None:
    def turn(sheet: Any) -> None:
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
        for number, row in enumerate(reversed(rows), 2):
            for column, value in enumerate(row, 1):
                sheet.cell(number, column).value = None
                cell = sheet.cell(number, column, value)
                cell.data_type = "s" if isinstance(value, str) else cell.data_type

    found = work_sheet.read(edited(path, turn), draw)
    assert worksheets.changes_of(draw, found) == []


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda sheet: sheet.cell(3, 3, "CHG-9999"), "Row 3 names the item 'CHG-9999'"),
        (lambda sheet: sheet.cell(3, 2, 31), "Row 3 is about row '31' of the table"),
        (lambda sheet: sheet.cell(3, 1, "ENG-1/P1/D9"), "Row 3 is of the draw 'ENG-1/P1/D9'"),
        (lambda sheet: sheet.delete_rows(5), "Items of the draw are missing"),
        (
            lambda sheet: sheet.append([cell.value for cell in sheet[2]][:5]),
            "Row 12 repeats row 2 of the file",
        ),
        (lambda sheet: sheet.append(["x", 1, "y"]), "Row 12 is of the draw 'x'"),
        (lambda sheet: sheet.cell(4, 11, "fine"), "Row 4: 'fine' is no result of B; write pass"),
        (lambda sheet: sheet.cell(1, 8, "Ticket"), "Column 8 is named 'Ticket', where 'A Ticket'"),
        (lambda sheet: sheet.delete_cols(13), "Column 13 is named '', where 'B note'"),
        (lambda sheet: sheet.cell(1, 14, "Mine"), "Columns were added: 'Mine'"),
        (lambda sheet: sheet.cell(6, 15, "aside"), "Row 6 has cells beyond the last column"),
        (lambda sheet: sheet.delete_rows(1, 30), "Column 1 is named ''"),
        (lambda sheet: sheet.parent.create_sheet("Other"), "exactly one sheet"),
        (lambda sheet: sheet.cell(2, 13, "=1+1"), "holds a formula without a stored value"),
    ],
)
def test_what_was_bent_is_refused_whole(
    draw: Draw, path: Path, edit: Callable[[Any], object], said: str
) -> None:
    with pytest.raises(SheetRefusedError, match=said) as refusal:
        work_sheet.read(edited(path, edit), draw)
    if "Row" in said or "Column" in said:
        assert "Take a new copy" in str(refusal.value)
        assert "Nothing was changed" in str(refusal.value)


def test_a_file_that_is_no_workbook_is_refused(draw: Draw, tmp_path: Path) -> None:
    path = tmp_path / "sheet.xlsx"
    path.write_bytes(b"PK\x03\x04 but no more")
    with pytest.raises(SheetRefusedError, match="no readable XLSX"):
        work_sheet.read(path, draw)


def test_the_sheet_of_another_draw_is_refused(draw: Draw, path: Path, bob: User) -> None:
    other = drawn(draw.population, bob, size=12, reason="Widened.")
    worksheets.choose_attributes(other, titles=["Ticket", "Approval"], by=bob)
    with pytest.raises(SheetRefusedError, match="is of the draw"):
        work_sheet.read(path, other)
