"""Days without business are recorded: what a changed setting says holds from then on only."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st

from audits import days, rests, summary, tasks
from audits.coverage import State
from audits.facts import coverage_of
from audits.models import Engagement, HolidayCalendar
from audits.rests import Calendar
from evidence.models import LedgerEntry
from tests.audits.world import World, at_a_date, clock, moment

BRIDGE = date(2026, 6, 5)
"""A Friday of the past that somebody declares a day off later."""
LATER = date(2026, 7, 17)
"""A Friday that lies ahead of the change."""
FIRST, CHANGED = moment(date(2026, 5, 4)), moment(date(2026, 7, 1))
DAY = timedelta(days=1)
ALWAYS = (date(2000, 1, 1), date(2050, 12, 31))
DAYS = st.integers(0, 30).map(lambda offset: date(2026, 3, 1) + offset * DAY)


@pytest.fixture
def calendar(settings: Any) -> Any:
    settings.HOLIDAY_COUNTRY = settings.HOLIDAY_REGION = ""
    settings.OWN_HOLIDAYS = frozenset()
    return settings


@pytest.fixture
def engagement(world: World) -> Engagement:
    world.expect(world.access, "log-review", kind="document", cadence="business_daily")
    return world.engagement()


def expected_on(engagement: Engagement, day: date, as_of: datetime | None = None) -> bool:
    found = coverage_of(engagement, as_of, slugs=["log-review"]).occurrences
    return any(one.start == day for one in found)


@pytest.mark.django_db
@pytest.mark.usefixtures("calendar")
class TestRecording:
    def test_the_first_calendar_and_every_change_leave_a_leaf(self, calendar: Any) -> None:
        assert rests.record(FIRST)
        calendar.OWN_HOLIDAYS = frozenset({LATER})
        changed = rests.record(CHANGED)
        assert changed
        leaf = json.loads(changed.ledger_entry.leaf)
        assert (leaf["kind"], leaf["body"]["days"]) == ("calendar.recorded", 1)
        assert rests.recorded()[-1].off == {LATER}

    def test_nothing_is_recorded_twice(self, calendar: Any) -> None:
        rests.record(FIRST)
        with CaptureQueriesContext(connection) as captured:
            assert rests.record(FIRST + 40 * DAY) is None
        assert len(captured) == 1
        calendar.OWN_HOLIDAYS = frozenset({BRIDGE})
        assert rests.record(CHANGED) is None, "A day of the past changes nothing."
        assert LedgerEntry.objects.filter(kind="calendar.recorded").count() == 1

    def test_the_years_ahead_are_recorded_before_they_come(self, calendar: Any) -> None:
        calendar.HOLIDAY_COUNTRY = "DE"
        rests.record(FIRST)
        assert rests.record(moment(date(2027, 12, 31))) is None
        further = rests.record(moment(date(2028, 1, 1)))
        assert further
        assert further.last == date(2030, 12, 31)

    def test_the_beat_does_it(self) -> None:
        tasks.keep_the_calendar(FIRST)
        assert HolidayCalendar.objects.count() == 1

    def test_it_cannot_be_altered(self) -> None:
        rests.record(FIRST)
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            HolidayCalendar.objects.update(days="")


@pytest.mark.usefixtures("calendar")
class TestCoverage:
    def test_a_change_leaves_the_past_as_it_was(
        self, calendar: Any, engagement: Engagement
    ) -> None:
        rests.record(FIRST)
        calendar.OWN_HOLIDAYS = frozenset({BRIDGE, LATER})
        rests.record(CHANGED)
        assert expected_on(engagement, BRIDGE)
        assert not expected_on(engagement, LATER)

    def test_a_day_off_that_is_taken_back_stays_one_where_it_has_passed(
        self, calendar: Any, engagement: Engagement
    ) -> None:
        calendar.OWN_HOLIDAYS = frozenset({BRIDGE, LATER})
        rests.record(FIRST)
        calendar.OWN_HOLIDAYS = frozenset()
        rests.record(CHANGED)
        assert not expected_on(engagement, BRIDGE)
        assert expected_on(engagement, LATER)

    def test_as_of_a_day_only_what_was_known_then_counts(
        self, calendar: Any, engagement: Engagement
    ) -> None:
        rests.record(FIRST)
        calendar.OWN_HOLIDAYS = frozenset({LATER})
        rests.record(CHANGED)
        assert expected_on(engagement, LATER, CHANGED - DAY)
        assert not expected_on(engagement, LATER, CHANGED)
        assert expected_on(engagement, LATER, FIRST - 100 * DAY)

    def test_as_long_as_nothing_is_recorded_the_settings_hold(
        self, calendar: Any, engagement: Engagement
    ) -> None:
        assert expected_on(engagement, BRIDGE)
        calendar.OWN_HOLIDAYS = frozenset({BRIDGE})
        assert not expected_on(engagement, BRIDGE)

    def test_a_setting_that_is_not_recorded_yet_changes_nothing(
        self, calendar: Any, engagement: Engagement
    ) -> None:
        with clock(FIRST):
            rests.record(FIRST)
        calendar.OWN_HOLIDAYS = frozenset({BRIDGE, LATER})
        assert expected_on(engagement, BRIDGE)
        assert expected_on(engagement, LATER)

    def test_a_kept_summary_is_made_anew_when_a_calendar_is_recorded(
        self, calendar: Any, engagement: Engagement
    ) -> None:
        rests.record(FIRST)
        before = sum(summary.of(engagement).totals.values())
        calendar.OWN_HOLIDAYS = frozenset({BRIDGE, LATER})
        rests.record(CHANGED)
        assert sum(summary.of(engagement).totals.values()) == before - 1

    def test_it_costs_no_query_more(self, world: World, engagement: Engagement) -> None:
        rests.record(FIRST)
        for audit in (engagement, at_a_date(world, LATER)):
            with CaptureQueriesContext(connection) as captured:
                assert coverage_of(audit).totals[State.MISSED]
            assert len(captured) == 5

    def test_a_date_is_judged_by_the_business_day_of_its_own_calendar(
        self, calendar: Any, world: World
    ) -> None:
        """The 17th was made a day off on 1 July, so its Friday is none; the 16th judges it."""
        rests.record(FIRST)
        calendar.OWN_HOLIDAYS = frozenset({LATER})
        rests.record(CHANGED)
        calendar.OWN_HOLIDAYS = frozenset()
        world.expect(world.access, "log-review", kind="document", cadence="business_daily")
        design = at_a_date(world, LATER)
        [one] = coverage_of(design, slugs=["log-review"]).occurrences
        assert one.start == LATER - DAY


@tuned(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(DAYS, st.frozensets(DAYS, max_size=6)), min_size=1, max_size=4), DAYS, DAYS
)
def test_a_day_is_what_the_calendar_of_its_day_says(
    told: list[tuple[date, frozenset[date]]], day: date, known: date
) -> None:
    """Against the rule word by word: the last one by the day's end, of those recorded by then."""
    told = sorted(told, key=lambda each: each[0])
    calendars = [
        Calendar(datetime(on.year, on.month, on.day, 8, tzinfo=UTC), *ALWAYS, free)
        for on, free in told
    ]
    as_of = datetime(known.year, known.month, known.day, 23, tzinfo=UTC)
    visible = [each for each in told if each[0] <= known] or told[:1]
    in_force = [each for each in visible[1:] if each[0] <= day] or visible[:1]
    assert (day in rests.off(calendars, day, day, as_of)) is (day in in_force[-1][1])
    year = rests.off(calendars, date(2026, 1, 1), date(2026, 12, 31), as_of)
    assert (day in year) is (day in in_force[-1][1])


def test_days_of_which_a_calendar_says_nothing_follow_from_the_settings(settings: Any) -> None:
    settings.HOLIDAY_COUNTRY, settings.HOLIDAY_REGION = "DE", ""
    settings.OWN_HOLIDAYS = frozenset()
    year = Calendar(FIRST, date(2026, 1, 1), date(2026, 12, 31), frozenset({BRIDGE}))
    found = rests.off([year], date(2025, 12, 20), date(2027, 1, 10))
    assert found == days.off(date(2025, 12, 20), date(2025, 12, 31)) | {
        BRIDGE,
        date(2027, 1, 1),
    }
