"""The parts of a window: they fill it, and every day lies in exactly one of them."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.errors import WindowError
from audits.parts import REMAINDER, WHOLE, Part, Stretch, divided, part_of

START, END = date(2026, 1, 1), date(2026, 12, 31)
ends = st.sets(st.dates(START, END), max_size=6)


@given(ends)
def test_the_parts_fill_the_window_without_gap_or_overlap(days: set[date]) -> None:
    found = divided(START, END, [Part(f"Until {day}", day) for day in days])
    assert found[0].start == START
    assert found[-1].end == END
    for one, following in pairwise(found):
        assert following.start == one.end + timedelta(days=1)
    assert len(found) == len(days | {END})


@given(ends, st.dates(START, END))
def test_every_day_lies_in_the_part_that_is_named(days: set[date], day: date) -> None:
    found = divided(START, END, [Part("A part", end) for end in days])
    part = part_of(found, day)
    assert part.start <= day <= part.end


def test_a_day_outside_belongs_to_the_nearest_part() -> None:
    found = divided(START, END, [Part("Interim", date(2026, 6, 30))])
    assert part_of(found, date(2025, 1, 1)).title == "Interim"
    assert part_of(found, date(2027, 1, 1)).title == REMAINDER


def test_without_named_parts_the_window_is_one() -> None:
    assert divided(START, END, []) == [Stretch(WHOLE, START, END)]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([Part(" ", START)], "a title"),
        ([Part("Early", date(2025, 12, 31))], "2025-12-31, which is not a day"),
        ([Part("Late", date(2027, 1, 1))], "2027-01-01, which is not a day"),
        ([Part("One", START), Part("Two", START)], "which is not a day from 2026-01-02"),
    ],
)
def test_what_does_not_fit_is_refused(parts: list[Part], said: str) -> None:
    with pytest.raises(WindowError, match=said):
        divided(START, END, parts)
