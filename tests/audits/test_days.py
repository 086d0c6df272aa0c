"""Days of the organisation: its holidays, and the windows of business days around them."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st

from audits import days
from controls.cadence import windows

YEAR = (date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture
def calendar(settings: Any) -> Any:
    settings.HOLIDAY_COUNTRY, settings.HOLIDAY_REGION = "DE", "BY"
    settings.OWN_HOLIDAYS = frozenset({date(2026, 12, 24), date(2027, 1, 4)})
    return settings


def test_public_holidays_of_country_and_region_and_own_days_are_off(calendar: Any) -> None:
    off = days.off(*YEAR)
    assert {date(2026, 1, 1), date(2026, 1, 6), date(2026, 5, 14), date(2026, 12, 24)} <= off
    assert date(2027, 1, 4) not in off
    calendar.HOLIDAY_REGION = "BE"
    assert date(2026, 1, 6) not in days.off(*YEAR)


def test_without_a_country_only_own_days_are_off(calendar: Any) -> None:
    calendar.HOLIDAY_COUNTRY = ""
    assert days.off(*YEAR) == {date(2026, 12, 24)}


def test_a_period_over_new_year_has_the_holidays_of_both_years(calendar: Any) -> None:
    off = days.off(date(2026, 12, 20), date(2027, 1, 10))
    assert {date(2026, 12, 25), date(2027, 1, 1), date(2027, 1, 6)} <= off


def test_nothing_is_expected_on_a_holiday_of_business_days(calendar: Any) -> None:
    start, end = date(2026, 4, 1), date(2026, 4, 8)
    found = windows("business_daily", start, end, days_allowed=1, holidays=days.off(start, end))
    assert [window.start.day for window in found] == [1, 2, 7, 8]


@tuned(
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.dates(date(2019, 1, 1), date(2031, 1, 1)), st.integers(0, 400))
def test_business_days_holidays_and_weekends_make_up_every_period(
    calendar: Any, start: date, length: int
) -> None:
    end = start + timedelta(days=length)
    off = days.off(start, end)
    business = {
        window.start
        for window in windows("business_daily", start, end, days_allowed=0, holidays=off)
    }
    for place in range(length + 1):
        day = start + timedelta(days=place)
        assert (day in business) is (day.weekday() < 5 and day not in off)


def test_the_last_moment_of_a_day_is_that_of_the_organisation(settings: Any) -> None:
    settings.ORGANISATION_TIME_ZONE = "Europe/Berlin"
    for day in (date(2026, 3, 29), date(2026, 10, 25), date(2026, 12, 31)):
        assert days.day_of(days.end_of(day)) == day
        assert days.day_of(days.end_of(day) + timedelta(microseconds=1)) > day
