"""Tables that people made, right and wrong in every way that CSV allows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collectors.errors import FileRefusedError
from collectors.files import delimited, tables

COLUMNS = {"name": "text", "left": "date", "days": "integer"}
UTC = ZoneInfo("UTC")


def read(
    path: Path, declared: Mapping[str, str] = COLUMNS, delimiter: str = ","
) -> tuple[list[str], list[list[Any]]]:
    with tables.opened(path, declared=declared, delimiter=delimiter, zone=UTC) as table:
        return [column.name for column in table.columns], [list(row) for row in table.rows]


def write(tmp_path: Path, content: str | bytes, name: str = "roster.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refused(tmp_path: Path, content: str | bytes, **options: Any) -> str:
    with pytest.raises(FileRefusedError) as caught:
        read(write(tmp_path, content), **options)
    assert "roster.csv" in str(caught.value)
    return str(caught.value)


def test_rows_come_typed_and_in_declared_order(tmp_path: Path) -> None:
    path = write(tmp_path, "days,name,left\n3,Ann,2026-10-05\n,Ben,\n")
    header, rows = read(path)
    assert header == ["name", "left", "days"]
    assert [str(cell) for cell in rows[0]] == ["Ann", "2026-10-05", "3"]
    assert rows[1] == ["Ben", None, None]


def test_without_a_declaration_all_is_text(tmp_path: Path) -> None:
    header, rows = read(write(tmp_path, "Due Date,n\n2026-10-05,007\n"), {})
    assert header == ["Due Date", "n"]
    assert rows == [["2026-10-05", "007"]]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_endings_do_not_matter(tmp_path: Path, ending: str) -> None:
    text = ending.join(["name,left,days", "Ann,,1", ""])
    assert read(write(tmp_path, text))[1] == [["Ann", None, 1]]


def test_a_last_line_may_lack_its_end(tmp_path: Path) -> None:
    assert read(write(tmp_path, "name,left,days\nAnn,,1"))[1] == [["Ann", None, 1]]


def test_a_utf8_mark_is_not_part_of_the_first_name(tmp_path: Path) -> None:
    """Excel writes one at the start of every CSV file in UTF-8."""
    path = write(tmp_path, b"\xef\xbb\xbfname,left,days\r\nAnn,,1\r\n")
    assert read(path) == (["name", "left", "days"], [["Ann", None, 1]])


def test_quotes_commas_and_line_breaks_in_cells(tmp_path: Path) -> None:
    text = 'name,left,days\n"Berg, ""Ben""\nof Bonn",,2\n'
    assert read(write(tmp_path, text))[1] == [['Berg, "Ben"\nof Bonn', None, 2]]


def test_another_delimiter(tmp_path: Path) -> None:
    path = write(tmp_path, "name;left;days\nAnn;;1\n")
    assert read(path, delimiter=";")[1] == [["Ann", None, 1]]


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    assert len(read(write(tmp_path, "name,left,days\n\nAnn,,1\n\n"))[1]) == 1


def test_a_table_may_have_no_rows(tmp_path: Path) -> None:
    assert read(write(tmp_path, "name,left,days\n")) == (["name", "left", "days"], [])


@pytest.mark.parametrize("row", ["Ann,,1,more", "Ann,", "Ann"])
def test_a_ragged_row_is_refused_with_its_line(tmp_path: Path, row: str) -> None:
    words = refused(tmp_path, f"name,left,days\nBen,,1\n{row}\n")
    assert "line 3 has" in words
    assert "the header has 3" in words


def test_the_line_counts_line_breaks_in_cells(tmp_path: Path) -> None:
    assert "line 5" in refused(tmp_path, 'name,left,days\n"a\nb\nc",,1\nshort\n')


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name,left,days\n".encode("utf-16"), "encoded in UTF-16"),
        ("name,left,days\n".encode("utf-32-be"), "holds a NUL byte"),
        (b"\0\0\xfe\xff" + "name".encode("utf-32-be"), "encoded in UTF-32"),
        ("name,left,days\nJörg,,1\n".encode("latin-1"), "line 2 is not UTF-8"),
        (b"name,left,days\nAn\0n,,1\n", "line 2 holds a NUL byte"),
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        ('name,left,days\n"Ann,,1\n', "line 2"),
        ('name,left,days\n"Ann"x,,1\n', "line 2"),
        ("name,left,days\rAnn,,1\r", "line"),
        ("name,days\nAnn,1\n", "column 'left' is missing"),
        ("name,left,days,pay\nAnn,,1,2\n", "column 'pay' is not declared"),
        ("name,left,days,name\n", "two columns 'name'"),
        ("name,,days\n", "column 2 has no usable name"),
        ("na\x07me,left,days\n", "column 1 has no usable name"),
        ("x" * 101 + "\n", "column 1 has no usable name"),
        ("name;left;days\nAnn;;1\n", "Is the delimiter right"),
        ("name,left,days\nAnn,soon,1\n", "line 2: 'soon' is no date"),
        ("name,left,days\nAnn,,1\nBen,,many\n", "line 3: 'many' is no integer"),
        (",".join(f"c{number}" for number in range(501)) + "\n", "501 columns"),
    ],
)
def test_every_other_fault_is_named(tmp_path: Path, content: str | bytes, words: str) -> None:
    assert words in refused(tmp_path, content)


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    assert "longer than" in refused(tmp_path, b"x" * (delimited.LONGEST_LINE + 1))


def test_a_cell_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    words = refused(tmp_path, 'name,left,days\n"' + "x\n" * 100_000)
    assert "field larger than" in words


@pytest.mark.parametrize("name", ["roster.xls", "roster.txt", "roster", "roster.csv.exe"])
def test_other_forms_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileRefusedError, match=r"neither \.csv nor \.xlsx"):
        read(write(tmp_path, "name\n", name))


def test_rows_are_not_held_together(tmp_path: Path) -> None:
    path = write(tmp_path, "name,left,days\n" + "Ann,,1\n" * 10 + "broken\n")
    with tables.opened(path, declared=COLUMNS, delimiter=",", zone=UTC) as table:
        assert next(table.rows) == ["Ann", None, 1]
