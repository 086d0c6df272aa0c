"""Values are read as they are written, kept exactly, and never guessed."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers import values
from registers.base import Field, Type, Value


def field(type_: Type, **more: object) -> Field:
    return Field(name="field", label="Field", type=type_, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("type_", "written", "value"),
    [
        (Type.TEXT, "  plain  ", "plain"),
        (Type.TEXT, 7.0, "7"),
        (Type.TEXT, True, "yes"),
        (Type.TEXT, date(2026, 1, 31), "2026-01-31"),
        (Type.TEXT, "e\u0301", "é"),
        (Type.PARAGRAPH, "one\r\ntwo", "one\ntwo"),
        (Type.INTEGER, "-12", -12),
        (Type.INTEGER, 12.0, 12),
        (Type.DECIMAL, "99.95", Decimal("99.95")),
        (Type.DECIMAL, 99.95, Decimal("99.95")),
        (Type.BOOLEAN, "Yes", True),
        (Type.BOOLEAN, 0.0, False),
        (Type.DATE, "2026-01-31", date(2026, 1, 31)),
        (Type.DATE, datetime(2026, 1, 31, 0, 0), date(2026, 1, 31)),  # noqa: DTZ001  # as Excel has it
        (Type.EMAIL, "Eve@Example.org", "eve@example.org"),
        (Type.LINK, "https://status.example/x", "https://status.example/x"),
        (Type.WORDS, "b, a;b\n", "a b"),
        (Type.TEXT, "", None),
        (Type.DATE, None, None),
    ],
)
def test_a_value_is_read(type_: Type, written: object, value: Value) -> None:
    assert values.read(field(type_), written) == value


@pytest.mark.parametrize(
    ("type_", "written", "problem"),
    [
        (Type.TEXT, "two\nlines", "line break"),
        (Type.TEXT, "bell\x07", "control character"),
        (Type.TEXT, "x" * 301, "301 letters; 300"),
        (Type.PARAGRAPH, "x" * 4001, "4000 are the most"),
        (Type.INTEGER, "1.5", "no whole number"),
        (Type.INTEGER, "1,000", "digits only"),
        (Type.INTEGER, True, "no whole number"),
        (Type.DECIMAL, "1e5", "no number"),
        (Type.DECIMAL, float("nan"), "no number"),
        (Type.BOOLEAN, "maybe", "neither yes nor no"),
        (Type.DATE, "31.01.2026", "as 2026-01-31"),
        (Type.DATE, "2026-02-30", "no date"),
        (Type.EMAIL, "eve", "no e-mail address"),
        (Type.LINK, "http://plain.example", "https://"),
        (Type.LINK, "https://user:pass@host.example", "https://"),
        (Type.LINK, "javascript:alert(1)", "https://"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(
    type_: Type, written: object, problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        values.read(field(type_), written)


def test_a_choice_is_found_whatever_its_case_and_nothing_else_is() -> None:
    choosing = field(Type.CHOICE, choices=("PCI AoC", "other"))
    assert values.read(choosing, "pci aoc") == "PCI AoC"
    with pytest.raises(ValueError, match="none of PCI AoC, other"):
        values.read(choosing, "else")


@given(
    st.one_of(
        st.tuples(st.just(Type.DATE), st.dates()),
        st.tuples(
            st.just(Type.DECIMAL),
            st.decimals(-(10**14), 10**14, places=4, allow_nan=False, allow_infinity=False),
        ),
        st.tuples(st.just(Type.INTEGER), st.integers(-(10**14), 10**14)),
        st.tuples(st.just(Type.BOOLEAN), st.booleans()),
    )
)
def test_what_is_stored_and_what_is_shown_reads_back_the_same(case: tuple[Type, Value]) -> None:
    type_, value = case
    own = field(type_)
    assert values.from_json(own, values.to_json(value)) == value
    assert values.read(own, values.words(value)) == value


def test_what_no_field_can_hold_is_an_error() -> None:
    with pytest.raises(TypeError, match="cannot hold list"):
        values.from_json(field(Type.TEXT), ["no"])
