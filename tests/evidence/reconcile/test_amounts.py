"""Amounts are read exactly, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.reconcile.amounts import MINOR, Style, parse, rate, written
from evidence.reconcile.errors import RowError
from evidence.reconcile.items import GREATEST

CONTINENTAL = Style(",", ".")


@pytest.mark.parametrize(
    ("text", "exponent", "style", "amount"),
    [
        ("12.34", 2, Style(), 1234),
        ("12", 2, Style(), 1200),
        ("12.3", 2, Style(), 1230),
        ("-12.34", 2, Style(), -1234),
        ("12.34-", 2, Style(), -1234),
        ("(12.34)", 2, Style(), -1234),
        ("\u221212.34", 2, Style(), -1234),
        ("+0.01", 2, Style(), 1),
        ("1.234.567,89", 2, CONTINENTAL, 123456789),
        ("1,234", 3, CONTINENTAL, 1234),
        ("1234", 0, Style(), 1234),
        ("12.340000", 2, Style(), 1234),
        ("1234", 2, MINOR, 1234),
    ],
)
def test_an_amount_is_read(text: str, exponent: int, style: Style, amount: int) -> None:
    assert parse(text, exponent, style) == amount


@pytest.mark.parametrize(
    ("text", "exponent", "style"),
    [
        ("", 2, Style()),
        ("-", 2, Style()),
        (".5", 2, Style()),
        ("1,5", 2, Style()),
        ("1.23.4", 2, Style()),
        ("12.34.567,89", 2, CONTINENTAL),
        ("1.5", 0, Style()),
        ("1.000", 2, Style()),
        ("12.34", 2, MINOR),
        ("--5", 2, Style(",")),
        ("1 000", 2, Style()),
        ("\u0661", 2, Style()),
        (str(GREATEST + 1), 0, Style()),
    ],
)
def test_what_may_mean_something_else_is_refused(text: str, exponent: int, style: Style) -> None:
    with pytest.raises(RowError):
        parse(text, exponent, style)


@given(st.integers(-GREATEST, GREATEST), st.sampled_from([0, 2, 3, 4]))
def test_what_is_written_is_read_back(amount: int, exponent: int) -> None:
    assert parse(written(amount, exponent), exponent, Style()) == amount


def test_rates_are_whole_billionths() -> None:
    assert rate("1.0825") == 1_082_500_000
    for bad in ("1.0000000001", "-1", "1,1", ""):
        with pytest.raises(RowError):
            rate(bad)
