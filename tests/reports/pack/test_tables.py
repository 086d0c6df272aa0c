"""Text in tables is shown, never run."""

import csv
import io

import pytest

from reports.pack.tables import csv_bytes, csv_cell, visible


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_what_a_spreadsheet_would_run_is_made_text(start: str) -> None:
    assert csv_cell(f"{start}cmd|' /C calc'!A0").startswith("'")


def test_a_control_character_before_a_formula_does_not_smuggle_it() -> None:
    assert csv_cell("\x00=1+1") == "\\x00=1+1"


def test_plain_text_stays_as_it_is() -> None:
    for text in ("plain", "a=b", "Müller, 5 > 4", "", "line\nbreak"):
        assert csv_cell(text) == text


@pytest.mark.parametrize("letter", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\ufffe", "\ud800"])
def test_control_characters_are_written_out(letter: str) -> None:
    shown = visible(f"a{letter}b")
    assert letter not in shown
    assert shown.startswith("a\\x")


def test_the_csv_is_read_back_as_it_was_written() -> None:
    rows = [["a", 'quoted "b"', "line\nbreak"], ["", "ü", "x,y"]]
    raw = csv_bytes(["one", "two", "three"], rows)
    assert raw.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))[1:] == rows
