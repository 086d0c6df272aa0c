"""Typed text is tidied, and refused where nobody could see all of it."""

import pytest

from audits import written


def test_line_ends_and_outer_space_are_tidied() -> None:
    assert written.text("  one\r\ntwo\rthree \n", most=20, what="It") == "one\ntwo\nthree"


@pytest.mark.parametrize(
    "mark", ["\x00", "\x1b", "\u202e", "\u2066", "\ud800", "\uffff"], ids=ascii
)
def test_what_nobody_can_see_is_refused(mark: str) -> None:
    with pytest.raises(ValueError, match="The note has invisible characters"):
        written.text(f"a{mark}b", most=20, what="The note")


def test_what_is_too_long_is_refused() -> None:
    assert written.text("x" * 20, most=20, what="It") == "x" * 20
    with pytest.raises(ValueError, match="more than 20 characters"):
        written.text("x" * 21, most=20, what="It")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\u2028"], ids=ascii)
def test_a_line_holds_no_line_end(end: str) -> None:
    assert written.line(" one ", most=20, what="It") == "one"
    with pytest.raises(ValueError, match="one line"):
        written.line(f"one{end}two", most=20, what="It")
