"""Which periods a source is to be asked for."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from collectors import planning, registry
from collectors.base import AsksFor
from collectors.models import Run, Source
from collectors.period import Period
from collectors.run import perform
from controls.cadence import Cadence
from tests.collectors import world
from tests.evidence import items

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
_tickets = iter(range(10_000))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def month(number: int) -> Period:
    days = {9: 30, 10: 31, 8: 31, 11: 30}[number]
    return Period(date(2026, number, 1), date(2026, number, days))


@pytest.fixture
def patch(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    return monkeypatch


def changes(
    patch: pytest.MonkeyPatch, *, connected: str = "2026-11-20T08:00", **more: Any
) -> Source:
    """A source of events, connected at some time."""
    cadences, lag = more.pop("cadences", []), more.pop("lag_days", 0)
    world.install(patch, kind="event", asks_for=AsksFor.CLOSED_WINDOW, **more)
    expected = [
        items.expectation(
            f"changes-{cadence}", collector="doors", cadence=cadence, kind="event", lag_days=lag
        )
        for cadence in cadences
    ]
    source = world.source(expectations=expected)
    source.created_at = at(connected)
    source.save()
    return source


def due(source: Source, now: datetime = NOW) -> list[Period]:
    return planning.periods_due(source, registry.get("doors"), now=now)


def answered(source: Source, period: Period, state: str, *, on: datetime = NOW) -> None:
    """Let a period have been asked for before."""
    trail = {Run.State.PARTIAL: 3, Run.State.COMPLETE: 2, Run.State.EMPTY: 0}

    def collect(ask: Any) -> Any:
        if state == Run.State.FAILED:
            raise OSError
        ask.trail.source_count = trail[Run.State(state)]
        return world.answer([] if state == Run.State.EMPTY else world.DOORS)

    with pytest.MonkeyPatch.context() as patch:
        world.install(patch, collect, kind="event", asks_for=AsksFor.CLOSED_WINDOW)
        patch.setattr("django.utils.timezone.now", lambda: on)
        run = perform(source, period=period, key=f"ticket-{next(_tickets)}")
    assert run.state == state


def test_a_state_is_asked_for_today(patch: pytest.MonkeyPatch) -> None:
    world.install(patch)
    source = world.source(time_zone="Pacific/Kiritimati")
    assert due(source) == [Period(date(2026, 11, 22), date(2026, 11, 22))]


def test_files_are_not_asked_for(patch: pytest.MonkeyPatch) -> None:
    world.install(patch, asks_for=AsksFor.FILE, schedule="")
    assert due(world.source()) == []


def test_the_last_closed_month_is_asked_for_first(patch: pytest.MonkeyPatch) -> None:
    assert due(changes(patch)) == [month(10)]


def test_a_system_that_does_not_remember_is_asked_from_its_connection_on(
    patch: pytest.MonkeyPatch,
) -> None:
    source = changes(patch, remembers=False)
    assert due(source) == []
    assert due(source, at("2026-12-01T00:30")) == [month(11)]


def test_every_month_that_closed_since_is_asked_for(patch: pytest.MonkeyPatch) -> None:
    source = changes(patch, connected="2026-08-15T08:00")
    july = Period(date(2026, 7, 1), date(2026, 7, 31))
    assert due(source) == [july, month(8), month(9), month(10)]


def test_a_month_is_closed_by_the_clocks_of_the_source(patch: pytest.MonkeyPatch) -> None:
    source = changes(patch)
    source.time_zone = "America/Los_Angeles"
    assert month(11) not in due(source, at("2026-12-01T07:59"))
    assert month(11) in due(source, at("2026-12-01T08:00"))


@pytest.mark.parametrize("state", [Run.State.COMPLETE, Run.State.EMPTY])
def test_what_was_answered_is_not_asked_for_again(
    patch: pytest.MonkeyPatch, state: Run.State
) -> None:
    source = changes(patch)
    answered(source, month(10), state)
    assert due(source) == []


def test_what_failed_is_asked_for_again(patch: pytest.MonkeyPatch) -> None:
    source = changes(patch)
    for _ in range(5):
        answered(source, month(10), Run.State.FAILED)
    assert due(source) == [month(10)]


def test_what_is_partial_is_asked_for_again_but_not_for_ever(patch: pytest.MonkeyPatch) -> None:
    source = changes(patch)
    for times in range(planning.PARTIAL_TRIES):
        assert due(source) == [month(10)], times
        answered(source, month(10), Run.State.PARTIAL)
    assert due(source) == []


def test_the_shortest_cadence_of_the_expectations_holds(patch: pytest.MonkeyPatch) -> None:
    source = changes(patch, cadences=["quarterly", "weekly", "monthly"])
    assert due(source) == [Period(date(2026, 11, 9), date(2026, 11, 15))]


def test_business_days_are_asked_for_with_the_days_between_them(
    patch: pytest.MonkeyPatch,
) -> None:
    """Of a Monday morning Saturday and Sunday are asked for: what was paid then is money too."""
    source = changes(patch, cadences=["business_daily"], connected="2026-11-20T08:00")
    asked = due(source, at("2026-11-23T10:00"))
    days = [date(2026, 11, day) for day in (19, 20, 21, 22)]
    assert asked == [Period(day, day) for day in days]


def test_no_more_than_a_batch_is_asked_for_at_once(patch: pytest.MonkeyPatch) -> None:
    source = changes(patch, connected="2026-03-01T08:00", cadences=["daily"])
    found = due(source)
    assert len(found) == planning.MOST_AT_ONCE
    assert found[0].start == date(2026, 2, 28)


@pytest.mark.parametrize("cadence", list(Cadence))
def test_a_window_that_lasts_until_today_is_not_closed(cadence: Cadence) -> None:
    for day in (date(2026, 12, 31), date(2026, 6, 30), date(2026, 11, 15), date(2026, 11, 22)):
        closed = planning.closed_windows(cadence, day)
        assert closed[-1].end < day
        assert closed == sorted(closed)


def test_a_week_is_never_cut_by_the_year() -> None:
    weeks = planning.closed_windows(Cadence.WEEKLY, date(2026, 1, 1))
    assert all((week.end - week.start).days == 6 for week in weeks)
    assert all(week.start.weekday() == 0 for week in weeks)


def test_the_last_closed_window(patch: pytest.MonkeyPatch) -> None:
    source = changes(patch)
    assert planning.last_closed(source, now=at("2026-12-01T00:00")) == month(11)
    assert planning.last_closed(source, now=at("2026-11-30T23:59")) == month(10)


class TestSettling:
    """A source whose lists gain events for some days more is asked after these days."""

    def test_a_month_is_asked_for_once_its_lag_is_over(self, patch: pytest.MonkeyPatch) -> None:
        source = changes(patch, cadences=["monthly"], lag_days=3)
        assert month(11) not in due(source, at("2026-12-03T23:59"))
        assert month(11) in due(source, at("2026-12-04T00:00"))
        assert planning.last_closed(source, now=at("2026-12-03T23:59")) == month(10)

    def test_the_longest_lag_of_what_it_serves_holds(self, patch: pytest.MonkeyPatch) -> None:
        source = changes(patch, cadences=["monthly"], lag_days=1)
        slow = items.expectation("slow", cadence="monthly", kind="event", lag_days=5)
        state = items.expectation("state", cadence="monthly", kind="state", lag_days=9)
        source.expectations.add(slow, state)
        assert month(11) not in due(source, at("2026-12-05T12:00"))
        assert month(11) in due(source, at("2026-12-06T00:00"))

    def test_what_was_asked_too_early_is_no_answer(self, patch: pytest.MonkeyPatch) -> None:
        """Neither as whole, which it was when no lag was known, nor as one of the tries."""
        source = changes(patch, cadences=["monthly"])
        answered(source, month(11), Run.State.COMPLETE, on=at("2026-12-01T08:00"))
        source.expectations.update(lag_days=3)
        for _ in range(planning.PARTIAL_TRIES):
            answered(source, month(11), Run.State.PARTIAL, on=at("2026-12-02T08:00"))
        assert month(11) in due(source, at("2026-12-04T02:00"))
        answered(source, month(11), Run.State.COMPLETE, on=at("2026-12-04T08:00"))
        assert month(11) not in due(source, at("2026-12-05T02:00"))

    def test_a_run_before_the_lag_is_over_is_partial_and_says_when_to_come_back(
        self, patch: pytest.MonkeyPatch
    ) -> None:
        source = changes(patch, cadences=["monthly"], lag_days=3)
        patch.setattr("django.utils.timezone.now", lambda: at("2026-12-03T23:59"))
        early = perform(source, period=month(11), key="early")
        assert early.state == Run.State.PARTIAL
        assert "3 days had passed for its source to settle" in early.reason
        assert "on 2026-12-04 or later" in early.reason
        patch.setattr("django.utils.timezone.now", lambda: at("2026-12-04T00:00"))
        assert perform(source, period=month(11), key="whole").state == Run.State.COMPLETE

    def test_a_day_must_be_over_for_the_organisation_too(
        self, patch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        """Coverage counts its days: what it takes for too early must not be the last word."""
        source = changes(patch, cadences=["monthly"])
        source.time_zone = "Pacific/Auckland"
        settings.ORGANISATION_TIME_ZONE = "America/Los_Angeles"
        assert month(11) not in due(source, at("2026-12-01T07:59"))
        assert month(11) in due(source, at("2026-12-01T08:00"))
