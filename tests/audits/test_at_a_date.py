"""A report as of one date is judged by the latest time of each rhythm that was over by then."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audits import explained, packs, scope
from audits.at_a_date import window_at, words
from audits.claims import Claimed, Kind
from audits.coverage import Expected, Occurrence, State, cover
from audits.facts import coverage_of
from audits.finding_subjects import windows_of
from audits.models import Engagement
from controls.cadence import Cadence, Window, windows
from tests.audits.world import World, at_a_date, hand_in, hand_in_staff, moment, submission

DAY = timedelta(days=1)
DAYS = st.dates(date(2001, 1, 1), date(2099, 12, 31))
DATE = date(2026, 7, 15)
"""A Wednesday in the middle of a month."""
LONG_AGO = date(2000, 1, 1)


def at(kind: Kind, cadence: str, day: date = DATE, **more: object) -> tuple[date, date] | None:
    facts = {"days_allowed": 5, "active_from": LONG_AGO} | more
    found = window_at(day, kind=kind, cadence=cadence, **facts)  # type: ignore[arg-type]
    return (found.start, found.end) if found else None


class TestWindow:
    @pytest.mark.parametrize(
        ("cadence", "start", "end"),
        [
            ("daily", DATE, DATE),
            ("weekly", date(2026, 7, 6), date(2026, 7, 12)),
            ("twice_monthly", date(2026, 7, 1), DATE),
            ("monthly", date(2026, 6, 1), date(2026, 6, 30)),
            ("per_event", date(2026, 6, 1), date(2026, 6, 30)),
            ("quarterly", date(2026, 4, 1), date(2026, 6, 30)),
            ("semi_annual", date(2026, 1, 1), date(2026, 6, 30)),
            ("annual", date(2025, 1, 1), date(2025, 12, 31)),
        ],
    )
    def test_events_are_asked_for_whole_times_only(
        self, cadence: str, start: date, end: date
    ) -> None:
        assert at(Kind.EVENT, cadence) == (start, end)
        assert at(Kind.STATE, cadence) == (start, DATE)
        assert at(Kind.DOCUMENT, cadence) == (start, DATE)

    def test_a_business_day_is_the_last_before_a_weekend(self) -> None:
        sunday, friday = date(2026, 7, 19), date(2026, 7, 17)
        assert at(Kind.STATE, "business_daily", sunday) == (friday, sunday)
        rest = frozenset({friday})
        thursday = friday - DAY
        assert at(Kind.EVENT, "business_daily", sunday, holidays=rest) == (thursday, thursday)

    def test_what_is_not_active_on_the_date_is_not_expected(self) -> None:
        assert at(Kind.STATE, "monthly", active_from=DATE + DAY) is None
        assert at(Kind.STATE, "monthly", active_to=DATE - DAY) is None
        assert at(Kind.STATE, "monthly", active_to=DATE) is not None

    def test_what_is_young_is_judged_from_its_first_day(self) -> None:
        young = date(2026, 7, 10)
        for kind in Kind:
            assert at(kind, "monthly", active_from=young) == (young, DATE)
        middle = date(2026, 6, 20)
        assert at(Kind.EVENT, "monthly", active_from=middle) == (middle, date(2026, 6, 30))
        saturday = date(2026, 7, 18)
        assert at(Kind.STATE, "business_daily", saturday, active_from=saturday) is None

    @given(st.sampled_from(Kind), st.sampled_from(Cadence), DAYS, DAYS, st.integers(0, 400))
    def test_it_never_asks_for_what_lies_after_the_date_or_before_it_was_active(
        self, kind: Kind, cadence: Cadence, day: date, since: date, allowed: int
    ) -> None:
        found = window_at(day, kind=kind, cadence=cadence, days_allowed=allowed, active_from=since)
        if found is None:
            assert since > day or cadence is Cadence.BUSINESS_DAILY
            return
        assert since <= found.start <= found.end <= day
        assert found.due == found.end + timedelta(days=allowed)
        assert kind is Kind.EVENT or found.end == day

    @settings(deadline=None)
    @given(st.sampled_from(Kind), st.sampled_from(Cadence), DAYS, st.integers(0, 400))
    def test_who_kept_every_time_of_the_period_before_has_met_the_date(
        self, kind: Kind, cadence: Cadence, day: date, offset: int
    ) -> None:
        """A control that never missed its rhythm meets the date, whenever in each time it was."""
        expected = Expected(1, "one", kind, cadence, 5, LONG_AGO)
        start = date(day.year - 1, 1, 1)
        claims = []
        for number, window in enumerate(windows(cadence, start, day, days_allowed=5), 1):
            if window.end == day and not _is_whole(cadence, day):
                continue
            place = offset % ((window.end - window.start).days + 1)
            on = window.start + DAY * place if kind is Kind.STATE else None
            first, last = on or window.start, on or window.end
            came = datetime.combine(last + DAY, datetime.min.time(), UTC)
            claims.append(Claimed(1, f"EV-{number}", first, last, last + DAY, came, number=number))
        as_of = datetime(day.year + 1, 12, 1, tzinfo=UTC)
        [one] = cover([expected], claims, start=day, end=day, as_of=as_of, is_at_a_date=True)
        assert one.state is State.MET, one


def _is_whole(cadence: Cadence, day: date) -> bool:
    """Whether a time of the rhythm ends on the day."""
    following = windows(cadence, day, day + DAY, days_allowed=0)
    return cadence is Cadence.BUSINESS_DAILY or len(following) == 2


def judged(kind: Kind, *claims: Claimed, cadence: str = "monthly") -> Occurrence:
    expected = Expected(1, "one", kind, cadence, 5, LONG_AGO)
    as_of = datetime(2026, 9, 1, tzinfo=UTC)
    [one] = cover([expected], claims, start=DATE, end=DATE, as_of=as_of, is_at_a_date=True)
    return one


def claim(number: int, first: date, last: date, collected: date | None = None) -> Claimed:
    on = collected or last + DAY
    at_noon = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    return Claimed(1, f"EV-{number}", first, last, on, at_noon, number=number)


class TestJudgement:
    def test_the_state_nearest_before_the_date_counts(self) -> None:
        early, near = date(2026, 6, 2), date(2026, 7, 14)
        after = DATE + DAY
        one = judged(
            Kind.STATE, *(claim(n, day, day, day) for n, day in enumerate((early, near, after), 1))
        )
        assert (one.state, one.evidence) == (State.MET, ("EV-2",))
        assert one.reason == (
            "As of 2026-07-15 it is judged by the latest state captured on "
            "2026-06-01 to 2026-07-15."
        )

    def test_a_state_of_after_the_date_or_of_long_before_shows_nothing(self) -> None:
        for day in (DATE + DAY, date(2026, 5, 31)):
            one = judged(Kind.STATE, claim(1, day, day, day))
            assert (one.state, one.evidence) == (State.MISSED, ())

    def test_events_of_the_running_month_are_not_asked_for(self) -> None:
        june = claim(1, date(2026, 6, 1), date(2026, 6, 30))
        one = judged(Kind.EVENT, june)
        assert (one.state, one.end) == (State.MET, date(2026, 6, 30))
        assert "the latest time that was over: 2026-06-01 to 2026-06-30" in one.reason

    def test_events_that_were_retrieved_too_early_are_partial(self) -> None:
        one = judged(Kind.EVENT, claim(1, date(2026, 6, 1), date(2026, 6, 30), date(2026, 6, 30)))
        assert one.state is State.PARTIAL
        assert "retrieve them again" in one.reason

    def test_a_document_that_lapsed_before_the_date_says_so(self) -> None:
        one = judged(Kind.DOCUMENT, claim(1, date(2026, 1, 1), date(2026, 7, 1), date(2026, 1, 1)))
        assert one.state is State.MET
        assert "Nothing in force on: 2026-07-02 to 2026-07-15." in one.reason


@pytest.fixture
def audit(world: World) -> Engagement:
    return at_a_date(world, DATE)


class TestEngagement:
    def test_each_control_is_judged_once(self, world: World, audit: Engagement) -> None:
        state = hand_in_staff(world, date(2026, 7, 2))
        hand_in_staff(world, date(2026, 5, 20))
        june = hand_in(submission(b"june", date(2026, 6, 1), date(2026, 6, 30), world.leavers))
        report = coverage_of(audit, moment(date(2026, 8, 1)))
        found = {one.slug: (one.state, one.evidence) for one in report.occurrences}
        assert found == {
            "staff-mfa-state": (State.MET, (state.ref,)),
            "leavers": (State.MET, (june.ref,)),
        }
        assert report.months == (date(2026, 6, 1), date(2026, 7, 1))
        assert report.totals[State.MET] == 2

    def test_the_evidence_of_those_days_is_in_scope_and_in_the_pack(
        self, world: World, audit: Engagement
    ) -> None:
        near = hand_in_staff(world, date(2026, 6, 3))
        far = hand_in_staff(world, date(2026, 5, 31))
        after = hand_in_staff(world, DATE + DAY)
        refs = set(scope.evidence_of(audit).values_list("ref", flat=True))
        assert near.ref in refs
        assert refs.isdisjoint({far.ref, after.ref})
        selection = packs.selection_of(packs.freeze(audit, by=None))
        assert [item.ref for item in selection.items] == [near.ref]

    def test_the_occurrence_explains_itself(self, world: World, audit: Engagement) -> None:
        item = hand_in_staff(world, date(2026, 7, 2))
        [window] = windows_of(audit, world.mfa)
        assert window == Window(date(2026, 6, 1), DATE, date(2026, 7, 20))
        found = explained.explain(audit, world.mfa.slug, window.start)
        assert found is not None
        assert [(one.evidence.ref, one.counts) for one in found.items] == [(item.ref, True)]
        assert found.occurrence.reason.startswith("As of 2026-07-15")

    def test_a_period_says_nothing_of_a_date(self, world: World) -> None:
        hand_in_staff(world, date(2026, 7, 2))
        report = coverage_of(world.engagement(), moment(date(2026, 9, 30)))
        assert not any("As of" in one.reason for one in report.occurrences)


def test_one_day_is_named_once() -> None:
    assert words(Kind.EVENT, DATE, DATE, DATE).endswith("over: 2026-07-15.")
