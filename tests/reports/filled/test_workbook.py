"""Filling the workbook of somebody else: every part stays but for the cells that are written."""

import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from reports.errors import FillingError
from reports.filled import workbook
from reports.filled.sheet_xml import Place, Write
from reports.filled.workbook import Refused, Sheet, Writes
from reports.filled.xml_spans import Splice, escaped, spliced
from tests.readiness.buyers import workbooks

LONG = "Yes. A sign-in without one is refused <always> & everywhere."
FORMULA = '=HYPERLINK("https://example.org","x")'


def fill(
    source: Path,
    out: Path,
    cells: dict[Place, Write],
    *,
    sheet: str = "CAIQ",
    widths: dict[int, int] | None = None,
    added: tuple[Sheet, ...] = (),
) -> Refused:
    writes = {sheet: Writes(cells, widths or {})}
    return workbook.fill(source, out, writes=writes, sheets=lambda _refused: added)


def test_only_what_changes_is_changed(tmp_path: Path) -> None:
    source, out = workbooks.caiq(tmp_path / "in.xlsx"), tmp_path / "out.xlsx"
    fill(source, out, {(5, 3): Write("Yes")}, added=(Sheet("More", (("A", 9),), [["x"]]),))
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(out) as after:
        changed = [name for name in before.namelist() if before.read(name) != after.read(name)]
        new = set(after.namelist()) - set(before.namelist())
    assert sorted(changed) == [
        "[Content_Types].xml",
        "xl/_rels/workbook.xml.rels",
        "xl/styles.xml",
        "xl/workbook.xml",
        "xl/worksheets/sheet2.xml",
    ]
    assert new == {"xl/worksheets/countersign1.xml"}


def test_the_same_writes_give_the_same_bytes(tmp_path: Path) -> None:
    source = workbooks.caiq(tmp_path / "in.xlsx")
    for name in ("a.xlsx", "b.xlsx"):
        fill(source, tmp_path / name, {(5, 3): Write("Yes")})
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_formats_lists_widths_and_states_of_sheets_stay(tmp_path: Path) -> None:
    source, out = workbooks.caiq(tmp_path / "in.xlsx"), tmp_path / "out.xlsx"
    fill(source, out, {(5, 3): Write("Yes"), (5, 4): Write(LONG), (6, 3): Write(FORMULA)})
    book = load_workbook(out)
    sheet = book["CAIQ"]
    assert (sheet["C5"].value, sheet["D5"].value) == ("Yes", LONG)
    assert sheet["C5"].border.left.style == "thin"
    assert sheet["D5"].alignment.wrap_text
    assert sheet.column_dimensions["B"].width == 48
    assert [str(each.sqref) for each in sheet.data_validations.dataValidation] == ["C5:C8"]
    assert len(sheet.conditional_formatting) == 1
    assert (sheet.freeze_panes, [str(one) for one in sheet.merged_cells.ranges]) == (
        "C5",
        ["A1:D1"],
    )
    assert book["Hidden notes"].sheet_state == "hidden"
    assert book["Introduction"]["B4"].value == "=B3*10"


def test_text_is_never_a_formula(tmp_path: Path) -> None:
    source, out = workbooks.caiq(tmp_path / "in.xlsx"), tmp_path / "out.xlsx"
    fill(source, out, {(6, 3): Write(FORMULA)}, added=(Sheet("S", (("A", 9),), [[FORMULA]]),))
    with zipfile.ZipFile(out) as archive:
        for name in ("xl/worksheets/sheet2.xml", "xl/worksheets/countersign1.xml"):
            xml = archive.read(name)
            assert b"<f>" not in xml
            assert b't="inlineStr"><is><t xml:space="preserve">=HYPERLINK' in xml


def test_formulas_and_words_of_the_buyer_are_not_written_over(tmp_path: Path) -> None:
    source, out = workbooks.caiq(tmp_path / "in.xlsx"), tmp_path / "out.xlsx"
    assert fill(source, out, {(4, 2): Write("x")}, sheet="Introduction") == {
        "Introduction": {(4, 2): "the cell holds a formula"}
    }
    refused = fill(source, out, {(5, 2): Write("x", keeps_words=True)})
    assert refused == {"CAIQ": {(5, 2): "the cell holds words already"}}
    assert load_workbook(out)["CAIQ"]["B5"].value == workbooks.MFA


def test_a_merged_cell_is_written_where_it_shows(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Q"
    sheet["A1"], sheet["A2"], sheet["A3"] = "Question", "Is it safe?", "And sound?"
    sheet.merge_cells("B2:C2")
    sheet.merge_cells("D2:D3")
    source, out = tmp_path / "in.xlsx", tmp_path / "out.xlsx"
    book.save(source)
    refused = fill(source, out, {(2, 3): Write("Yes"), (3, 4): Write("No")}, sheet="Q")
    assert load_workbook(out)["Q"]["B2"].value == "Yes"
    assert refused == {"Q": {(3, 4): "the cell is merged into one of another row"}}


def test_a_new_column_gets_its_width_and_the_sheet_grows(tmp_path: Path) -> None:
    source, out = workbooks.caiq(tmp_path / "in.xlsx"), tmp_path / "out.xlsx"
    assert workbook.last_column(source, "CAIQ") == 4
    fill(source, out, {(4, 5): Write("Source"), (5, 5): Write(LONG)}, widths={5: 48})
    sheet = load_workbook(out)["CAIQ"]
    assert (sheet["E4"].value, sheet["E5"].value) == ("Source", LONG)
    assert sheet.column_dimensions["E"].width == 48
    with zipfile.ZipFile(out) as archive:
        assert b'<dimension ref="A1:E8"' in archive.read("xl/worksheets/sheet2.xml")


def test_rows_grow_with_their_text_and_fixed_heights_stay(tmp_path: Path) -> None:
    source, out = workbooks.caiq(tmp_path / "in.xlsx"), tmp_path / "out.xlsx"
    book = load_workbook(source)
    book["CAIQ"].row_dimensions[6].height = 20
    book.save(source)
    cells: dict[Place, Write] = {(row, 4): Write(LONG * 3) for row in (5, 6)}
    writes = {"CAIQ": Writes({**cells, (7, 3): Write("Yes")}, beside={7: [(2, "x" * 150)]})}
    workbook.fill(source, out, writes=writes, sheets=lambda _refused: ())
    rows = load_workbook(out)["CAIQ"].row_dimensions
    assert [rows[number].height for number in (5, 6, 7)] == [60, 20, 60]


def test_a_span_of_columns_is_cut_for_the_new_one(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Q"
    sheet["A1"] = "Question"
    sheet.column_dimensions.group("B", "Z", hidden=False)
    sheet.column_dimensions["B"].width = 7
    source, out = tmp_path / "in.xlsx", tmp_path / "out.xlsx"
    book.save(source)
    fill(source, out, {(1, 3): Write("Source")}, sheet="Q", widths={3: 48})
    with zipfile.ZipFile(out) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml").decode()
    assert '<col min="3" max="3" width="48" customWidth="1"/>' in xml
    assert xml.index('min="2"') < xml.index('min="3"') < xml.index('min="4"')


def test_sheets_are_added_at_the_end_and_their_names_are_free(tmp_path: Path) -> None:
    source, out = workbooks.caiq(tmp_path / "in.xlsx"), tmp_path / "out.xlsx"
    fill(source, out, {}, added=(Sheet("caiq", (("A", 20), ("B", 9)), [["x", "y"]]),))
    book = load_workbook(out)
    assert book.sheetnames == ["Introduction", "CAIQ", "Hidden notes", "caiq 2"]
    added = book["caiq 2"]
    assert added["A1"].font.b
    assert added["A2"].alignment.wrap_text
    assert (added.freeze_panes, added.auto_filter.ref) == ("A2", "A1:B2")
    assert added.column_dimensions["A"].width == 20


def test_an_unknown_sheet_is_said(tmp_path: Path) -> None:
    source = workbooks.caiq(tmp_path / "in.xlsx")
    with pytest.raises(FillingError, match="no sheet Elsewhere"):
        fill(source, tmp_path / "out.xlsx", {(1, 1): Write("x")}, sheet="Elsewhere")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a\x00b\x0bc", "a b c"),
        ("_x0041_", "_x005F_x0041_"),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("one\r\ntwo", "one\ntwo"),
    ],
)
def test_text_is_written_as_excel_reads_it(text: str, written: str) -> None:
    assert escaped(text) == written


def test_splices_that_meet_are_refused() -> None:
    assert spliced(b"abc", [Splice(2, 2, b"-"), Splice(0, 1, b"x")]) == b"xb-c"
    with pytest.raises(FillingError):
        spliced(b"abc", [Splice(0, 2, b"x"), Splice(1, 3, b"y")])
