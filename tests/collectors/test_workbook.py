"""XLSX files that people made, and files that only pretend."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
import xlsxwriter

from collectors.errors import FileRefusedError
from collectors.files import tables
from evidence import spreadsheet

COLUMNS = {"name": "text", "left": "date", "pay": "decimal"}


def read(path: Path, declared: dict[str, str] | None = None) -> list[list[Any]]:
    columns = COLUMNS if declared is None else declared
    options: dict[str, Any] = {"delimiter": ",", "zone": ZoneInfo("UTC")}
    with tables.opened(path, declared=columns, **options) as table:
        return [list(row) for row in table.rows]


def book(tmp_path: Path, *rows: list[Any], shape: Callable[[Any], None] | None = None) -> Path:
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    for row in rows:
        sheet.append(row)
    if shape:
        shape(made)
    path = tmp_path / "roster.xlsx"
    made.save(path)
    made.close()
    return path


def altered(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Rewrite the parts of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def refused(path: Path) -> str:
    with pytest.raises(FileRefusedError) as caught:
        read(path)
    assert "roster.xlsx" in str(caught.value)
    return str(caught.value)


HEADER = ["name", "left", "pay"]
SHEET = "xl/worksheets/sheet1.xml"


def test_cells_keep_their_types(tmp_path: Path) -> None:
    left = datetime(2026, 10, 5)  # noqa: DTZ001  # spreadsheets know no zones
    path = book(tmp_path, HEADER, ["Ann", left, 10.5], ["Ben", date(2026, 10, 6), 3])
    assert read(path) == [
        ["Ann", date(2026, 10, 5), Decimal("10.5")],
        ["Ben", date(2026, 10, 6), Decimal(3)],
    ]


def test_without_a_declaration_all_is_text(tmp_path: Path) -> None:
    path = book(tmp_path, ["n", "day"], [7, date(2026, 10, 5)])
    assert read(path, {}) == [["7", "2026-10-05T00:00:00"]]


def test_texts_that_are_kept_apart_from_the_sheet(tmp_path: Path) -> None:
    """As Excel writes them, and as openpyxl does not."""
    path = tmp_path / "roster.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, ["name", "note"])
        sheet.write_row(1, 0, ["Ann", "Ann"])
        sheet.write_formula(2, 0, "=1+1", None, 2)
    with zipfile.ZipFile(path) as archive:
        assert "xl/sharedStrings.xml" in archive.namelist()
    assert read(path, {}) == [["Ann", "Ann"], ["2", None]]


def test_empty_cells_and_rows(tmp_path: Path) -> None:
    path = book(tmp_path, HEADER, ["Ann"], [None, None, None], [None, None, 5])
    assert read(path) == [["Ann", None, None], [None, None, Decimal(5)]]


def test_a_cell_beyond_the_header_is_refused(tmp_path: Path) -> None:
    words = refused(book(tmp_path, HEADER, ["Ann", None, 1], ["Ben", None, 1, "note"]))
    assert "line 3 has 4 cells" in words


def test_a_wrong_type_is_named_with_its_row(tmp_path: Path) -> None:
    assert "line 2: 'soon' is no date" in refused(book(tmp_path, HEADER, ["Ann", "soon", 1]))


def test_a_sheet_that_lies_about_its_size_loses_no_row(tmp_path: Path) -> None:
    path = book(tmp_path, HEADER, ["Ann", None, 1], ["Ben", None, 2])

    def shrink(parts: dict[str, bytes]) -> None:
        assert b'<dimension ref="A1:C3"' in parts[SHEET]
        parts[SHEET] = parts[SHEET].replace(b'ref="A1:C3"', b'ref="A1:A2"')

    assert len(read(altered(path, shrink))) == 2
    assert read(path)[1] == ["Ben", None, Decimal(2)]


def test_a_formula_counts_by_its_stored_value(tmp_path: Path) -> None:
    path = book(tmp_path, HEADER, ["Ann", None, "=1+1"])

    def calculate(parts: dict[str, bytes]) -> None:
        assert b"<v></v>" in parts[SHEET] or b"<v />" in parts[SHEET] or b"<v/>" in parts[SHEET]
        for empty in (b"<v></v>", b"<v />", b"<v/>"):
            parts[SHEET] = parts[SHEET].replace(empty, b"<v>2</v>")

    assert read(altered(path, calculate)) == [["Ann", None, Decimal(2)]]


def test_a_formula_without_a_stored_value_is_refused(tmp_path: Path) -> None:
    words = refused(book(tmp_path, HEADER, ["Ann", None, 1], ["Ben", None, "=C2*2"]))
    assert "row 3: C3 holds a formula without a stored value" in words


def test_merged_cells_are_refused(tmp_path: Path) -> None:
    def merge(made: Any) -> None:
        made.worksheets[0].merge_cells("A2:B2")

    assert "merged cells" in refused(book(tmp_path, HEADER, ["Ann", None, 1], shape=merge))


def test_a_second_sheet_is_refused_hidden_or_not(tmp_path: Path) -> None:
    def hide(made: Any) -> None:
        made.create_sheet("Notes").sheet_state = "hidden"

    words = refused(book(tmp_path, HEADER, shape=hide))
    assert "exactly one sheet" in words
    assert "Notes" in words


def test_a_chart_sheet_is_no_table(tmp_path: Path) -> None:
    refused(book(tmp_path, HEADER, shape=lambda made: made.create_chartsheet("Chart")))


def test_a_workbook_without_anything_is_empty(tmp_path: Path) -> None:
    assert "is empty" in refused(book(tmp_path))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = book(tmp_path, HEADER)

    def fill(parts: dict[str, bytes]) -> None:
        parts["xl/worksheets/sheet2.xml"] = b"0" * 30_000_000

    words = refused(altered(path, fill))
    assert "unpacks to 30," in words


def test_too_much_in_all_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_UNPACKED", 1000)
    assert "more than a table may" in refused(book(tmp_path, HEADER))


def test_too_many_strings_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(parts: dict[str, bytes]) -> None:
        parts["xl/sharedStrings.xml"] = b"<sst>" + b" " * 2000 + b"</sst>"

    monkeypatch.setattr(spreadsheet, "MOST_STRINGS", 2000)
    assert "more than a table may" in refused(altered(book(tmp_path, HEADER), fill))


def test_own_entities_are_refused(tmp_path: Path) -> None:
    path = book(tmp_path, HEADER)
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'

    def define(parts: dict[str, bytes]) -> None:
        parts[SHEET] = laughs + parts[SHEET]

    assert "own entities" in refused(altered(path, define))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"name,left,pay\n",
        b"PK\x03\x04" + b"\0" * 50,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    ],
)
def test_what_only_pretends_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "roster.xlsx"
    path.write_bytes(content)
    refused(path)


def test_an_encrypted_or_old_file_is_told_from_a_broken_one(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    assert "protected by a password or in the old .xls form" in refused(path)


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "roster.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "no readable XLSX" in refused(path)


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "[Content_Types].xml"])
@pytest.mark.parametrize("content", [b"", b"<broken", b"<a></b>", b"\xff\xfe\xfd"])
def test_broken_parts_are_refused(tmp_path: Path, part: str, content: bytes) -> None:
    path = book(tmp_path, HEADER, ["Ann", None, 1])
    refused(altered(path, lambda parts: parts.update({part: content})))


def test_a_file_cut_off_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path, HEADER, *[["Ann", None, 1]] * 500)
    content = path.read_bytes()
    for length in (len(content) // 4, len(content) // 2, len(content) - 10):
        path.write_bytes(content[:length])
        refused(path)


def test_a_part_that_fails_its_checksum_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path, HEADER, *[["Ann", None, 1]] * 500)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        start = archive.getinfo(SHEET).header_offset
    content[start + 200] ^= 0xFF
    path.write_bytes(content)
    refused(path)
