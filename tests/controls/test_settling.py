"""A source knows a day whole once the day and its lag are over, said in one place."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controls.settling import known_until, passed, whole_from

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@given(DAYS, DAYS, st.integers(0, 366))
def test_asking_on_the_first_whole_day_or_later_knows_the_day(
    last: date, retrieved: date, lag: int
) -> None:
    assert (retrieved >= whole_from(last, lag)) is (known_until(retrieved, lag) >= last)


def test_the_day_itself_is_too_early() -> None:
    day = date(2026, 8, 31)
    assert known_until(day, 0) == day - timedelta(days=1)
    assert whole_from(day, 2) == date(2026, 9, 3)


@pytest.mark.parametrize(
    ("lag", "words"),
    [
        (0, ""),
        (1, " and 1 day had passed for its source to settle"),
        (3, " and 3 days had passed for its source to settle"),
    ],
)
def test_the_lag_is_named_where_there_is_one(lag: int, words: str) -> None:
    assert passed(lag) == words
