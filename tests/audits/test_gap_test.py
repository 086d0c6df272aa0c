"""Counts per month, days without items and gaps of ids, as the rows themselves show them."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from audits.gap_test import LISTED, Profile, Run, examine

START, END = date(2026, 6, 1), date(2026, 6, 30)


def of(*rows: tuple[str, str]) -> Profile:
    return examine(rows, date_place=1, id_place=0, start=START, end=END)


def test_rows_are_counted_by_month() -> None:
    found = of(("1", "2026-06-01"), ("2", "2026-06-30"), ("3", "2026-07-01"))
    assert found.months == {"2026-06": 2, "2026-07": 1}
    assert (found.count, found.outside, found.undated) == (3, 1, 0)
    assert (found.first_day, found.last_day) == ("2026-06-01", "2026-07-01")


def test_a_moment_counts_on_its_day_in_utc() -> None:
    assert of(("1", "2026-06-02T23:59:59.000000Z")).months == {"2026-06": 1}


def test_a_row_without_a_date_is_said_and_not_lost() -> None:
    found = of(("1", ""), ("2", "2026-06-01"))
    assert (found.undated, found.months) == (1, {"": 1, "2026-06": 1})


def test_days_without_items_are_listed_as_runs() -> None:
    days = [START + timedelta(days=n) for n in range(30) if n not in {3, 4, 9}]
    found = of(*((str(n), day.isoformat()) for n, day in enumerate(days)))
    assert found.empty_days == 3
    assert found.empty_runs == (Run("2026-06-04", "2026-06-05"), Run("2026-06-10", "2026-06-10"))


def test_numbers_that_do_not_occur_are_gaps() -> None:
    ids = of(*((f"CHG-{n:03d}", "2026-06-01") for n in (7, 8, 11, 14))).ids
    assert ids
    assert (ids.is_sequence, ids.first, ids.last, ids.missing) == (True, "CHG-007", "CHG-014", 4)
    assert ids.runs == (Run("CHG-009", "CHG-010"), Run("CHG-012", "CHG-013"))


def test_ids_of_several_widths_are_written_without_zeros() -> None:
    ids = of(*((str(n), "2026-06-01") for n in (9, 12))).ids
    assert ids
    assert ids.runs == (Run("10", "11"),)


def test_ids_that_are_no_sequence_have_no_gap_test() -> None:
    ids = of(("CHG-1", ""), ("FIX-9", ""), ("FIX-9", ""), ("", "")).ids
    assert ids
    assert (ids.is_sequence, ids.missing, ids.duplicates, ids.blank) == (False, 0, 1, 1)


def test_without_columns_there_are_only_rows() -> None:
    found = examine([["a"], ["b"]], date_place=None, id_place=None, start=START, end=END)
    assert found == Profile(2, {})


def test_long_lists_are_cut_and_counts_are_not() -> None:
    ids = of(*((str(2 * n), "2026-06-01") for n in range(200))).ids
    assert ids
    assert (len(ids.runs), ids.missing) == (LISTED, 199)


@settings(deadline=None)
@given(st.sets(st.integers(0, 500), min_size=1))
def test_what_is_there_and_what_is_missing_make_the_whole_sequence(numbers: set[int]) -> None:
    ids = of(*((f"X{n}", "2026-06-01") for n in numbers)).ids
    assert ids
    assert len(numbers) + ids.missing == max(numbers) - min(numbers) + 1
    assert ids.duplicates == 0


@settings(deadline=None)
@given(st.lists(st.integers(0, 29)))
def test_days_with_and_without_items_make_the_period(places: list[int]) -> None:
    days = [(START + timedelta(days=place)).isoformat() for place in places]
    found = of(*((str(n), day) for n, day in enumerate(days)))
    assert len(set(days)) + found.empty_days == 30
    assert found.count == len(places) == sum(found.months.values())
