"""Coverage follows its written rules; each test names the rule that it holds."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from audits.claims import Claimed, Decision, Kind, Verdict
from audits.coverage import Exemption, Move, Occurrence, State, cover, worst
from tests.audits.occurrences import LATER, MAY, MAY_END, at, covered, expected, item, one


class TestOnlyWhatWasKnownCounts:
    def test_an_item_that_came_later_does_not_exist_yet(self) -> None:
        claim = item("EV-1", MAY, MAY_END, received=date(2026, 6, 3))
        assert one(expected(Kind.EVENT), claim, as_of=at(date(2026, 6, 2))).evidence == ()
        assert one(expected(Kind.EVENT), claim, as_of=at(date(2026, 6, 3))).evidence == ("EV-1",)

    def test_it_exists_from_the_very_moment_it_was_received(self) -> None:
        claim = item("EV-1", MAY, MAY_END, received=at(date(2026, 6, 3)))
        moment = at(date(2026, 6, 3))
        early = one(expected(Kind.EVENT), claim, as_of=moment - timedelta(microseconds=1))
        assert early.state is State.UPCOMING
        assert one(expected(Kind.EVENT), claim, as_of=moment).state is State.MET


class TestReturnedAndSuperseded:
    def test_a_returned_item_covers_nothing_and_is_named(self) -> None:
        claim = item("EV-1", MAY, MAY_END, decision=Decision.RETURNED)
        occurrence = one(expected(Kind.EVENT), claim)
        assert occurrence.state is State.MISSED
        assert occurrence.evidence == ()
        assert "EV-1 was returned." in occurrence.reason

    @pytest.mark.parametrize("kind", Kind)
    def test_what_replaces_a_returned_item_after_the_due_day_is_late(self, kind: Kind) -> None:
        day = date(2026, 5, 20)
        occurrence = one(
            expected(kind),
            item("EV-1", MAY, MAY_END, collected=day, decision=Decision.RETURNED),
            item("EV-2", day, collected=day, received=date(2026, 6, 20))
            if kind is Kind.STATE
            else item("EV-2", MAY, MAY_END, received=date(2026, 6, 20)),
        )
        assert occurrence.state is State.LATE
        assert "2026-06-20" in occurrence.reason
        assert "2026-06-05" in occurrence.reason

    @pytest.mark.parametrize("kind", Kind)
    def test_a_superseded_item_still_proves_that_something_came_in_time(self, kind: Kind) -> None:
        day = MAY_END
        first = item("EV-1", MAY, MAY_END, is_superseded=True, received=date(2026, 6, 2))
        second = item("EV-2", MAY, MAY_END, received=date(2026, 7, 20))
        if kind is Kind.STATE:
            first = first._replace(covers_from=day, collected_on=day)
            second = second._replace(covers_from=day, collected_on=day)
        occurrence = one(expected(kind), first, second)
        assert occurrence.state is State.MET
        assert occurrence.evidence == ("EV-2",)

    @pytest.mark.parametrize("kind", Kind)
    def test_a_superseded_item_alone_covers_nothing(self, kind: Kind) -> None:
        claim = item("EV-1", MAY_END, collected=MAY_END, is_superseded=True)
        assert one(expected(kind), claim).state is State.MISSED

    def test_a_correction_that_shows_fewer_days_leaves_the_rest_uncovered(self) -> None:
        occurrence = one(
            expected(Kind.EVENT),
            item("EV-1", MAY, MAY_END, is_superseded=True),
            item("EV-2", MAY, date(2026, 5, 20), received=date(2026, 6, 2)),
        )
        assert occurrence.state is State.PARTIAL
        assert "2026-05-21 to 2026-05-31" in occurrence.reason


class TestDueDays:
    def test_the_due_day_itself_is_in_time(self) -> None:
        claim = item("EV-1", MAY, MAY_END, received=at(date(2026, 6, 5), hour=23))
        assert one(expected(Kind.EVENT), claim).state is State.MET

    def test_late_is_for_ever_whatever_comes_after(self) -> None:
        occurrence = one(
            expected(Kind.EVENT),
            item("EV-1", MAY, MAY_END, received=date(2026, 6, 6)),
            item("EV-2", MAY, MAY_END, received=date(2026, 6, 7)),
        )
        assert occurrence.state is State.LATE
        assert occurrence.evidence == ("EV-2",)

    def test_nothing_is_upcoming_on_the_due_day_and_missed_on_the_next(self) -> None:
        due = date(2026, 6, 5)
        assert one(expected(Kind.STATE), as_of=at(due, 23)).state is State.UPCOMING
        missed = one(expected(Kind.STATE), as_of=at(due + timedelta(days=1), 0))
        assert missed.state is State.MISSED
        assert missed.reason == "Nothing that covers it came by 2026-06-05."

    def test_days_are_those_of_the_organisation(self) -> None:
        zone = ZoneInfo("Pacific/Auckland")
        claim = item("EV-1", MAY, MAY_END, received=datetime(2026, 6, 5, 13, tzinfo=UTC))
        (occurrence,) = cover(
            [expected(Kind.EVENT)], [claim], start=MAY, end=MAY_END, as_of=LATER, zone=zone
        )
        assert occurrence.state is State.LATE

    def test_what_has_not_begun_is_upcoming_whatever_lies_there(self) -> None:
        policy = item("EV-1", date(2026, 1, 1), MAY_END, collected=date(2026, 1, 1))
        occurrence = one(expected(Kind.DOCUMENT), policy, as_of=at(date(2026, 4, 30)))
        assert (occurrence.state, occurrence.evidence) == (State.UPCOMING, ())


class TestChecks:
    @pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.ERROR])
    @pytest.mark.parametrize("kind", Kind)
    def test_exceptions_and_errors_are_failing(self, kind: Kind, verdict: Verdict) -> None:
        collected = MAY_END if kind is Kind.STATE else date(2026, 6, 1)
        claim = item("EV-1", MAY, MAY_END, collected=collected, verdict=verdict)
        occurrence = one(expected(kind), claim)
        assert occurrence.state is State.FAILING
        said = "could not run" if verdict is Verdict.ERROR else "found exceptions"
        assert said in occurrence.reason

    def test_the_latest_state_decides_and_the_earlier_failure_stays_named(self) -> None:
        bad = item("EV-1", date(2026, 5, 4), collected=date(2026, 5, 4), verdict=Verdict.FAILED)
        good = item("EV-2", date(2026, 5, 9), collected=date(2026, 5, 9), verdict=Verdict.PASSED)
        occurrence = one(expected(Kind.STATE), good, bad)
        assert occurrence.state is State.MET
        assert occurrence.reason == "An earlier item, EV-1, did not pass its check."
        worsened = one(
            expected(Kind.STATE),
            bad._replace(covers_from=MAY_END, covers_to=MAY_END, collected_on=MAY_END),
            good,
        )
        assert worsened.state is State.FAILING

    def test_a_failure_repaired_on_the_same_day_stays_named(self) -> None:
        day = date(2026, 5, 4)
        bad = item("EV-1", day, collected=day, received=at(day, 9), verdict=Verdict.FAILED)
        good = item("EV-2", day, collected=day, received=at(day, 15), verdict=Verdict.PASSED)
        assert "EV-1" in one(expected(Kind.STATE), bad, good).reason

    def test_one_bad_day_of_events_is_not_outvoted(self) -> None:
        days = [MAY + timedelta(days=number) for number in range(31)]
        claims = [item(f"EV-{day.day}", day, verdict=Verdict.PASSED) for day in days]
        claims[3] = claims[3]._replace(verdict=Verdict.FAILED)
        occurrence = one(expected(Kind.EVENT), *claims)
        assert occurrence.state is State.FAILING
        assert occurrence.reason == "The check of EV-4 found exceptions."

    def test_a_later_population_of_the_same_days_decides_and_the_first_stays_named(self) -> None:
        occurrence = one(
            expected(Kind.EVENT),
            item("EV-1", MAY, MAY_END, collected=date(2026, 6, 1), verdict=Verdict.FAILED),
            item("EV-2", MAY, MAY_END, collected=date(2026, 6, 3), verdict=Verdict.PASSED),
        )
        assert occurrence.state is State.MET
        assert "EV-1" in occurrence.reason

    def test_failing_and_late_says_both(self) -> None:
        claim = item("EV-1", MAY, MAY_END, received=date(2026, 7, 1), verdict=Verdict.FAILED)
        occurrence = one(expected(Kind.EVENT), claim)
        assert occurrence.state is State.FAILING
        assert "found exceptions" in occurrence.reason
        assert "due was 2026-06-05" in occurrence.reason


class TestReviews:
    def test_what_nobody_reviewed_covers(self) -> None:
        claim = item("EV-1", MAY, MAY_END, decision=Decision.NONE)
        assert one(expected(Kind.EVENT), claim).state is State.MET


class TestMoves:
    JUNE = (date(2026, 6, 20), date(2026, 6, 2))

    def moved(self, due: date, recorded: date, *claims: Claimed) -> Occurrence:
        change = Move(1, MAY, MAY_END, due, recorded, "The system was being replaced.")
        (occurrence,) = cover(
            [expected(Kind.EVENT)], claims, start=MAY, end=MAY_END, as_of=LATER, moves=[change]
        )
        return occurrence

    def test_what_came_by_the_new_day_is_in_time_and_the_move_is_named(self) -> None:
        claim = item("EV-1", MAY, MAY_END, received=date(2026, 6, 15))
        occurrence = self.moved(*self.JUNE, claim)
        assert (occurrence.state, occurrence.due) == (State.MET, date(2026, 6, 20))
        assert occurrence.reason == (
            "Its due day was moved from 2026-06-05 to 2026-06-20: The system was being replaced."
        )

    def test_what_came_after_the_new_day_is_late(self) -> None:
        claim = item("EV-1", MAY, MAY_END, received=date(2026, 6, 21))
        assert self.moved(*self.JUNE, claim).state is State.LATE

    def test_a_move_recorded_after_the_due_day_says_so(self) -> None:
        occurrence = self.moved(date(2026, 6, 20), date(2026, 6, 6))
        assert occurrence.state is State.MISSED
        assert "recorded on 2026-06-06, after the due day had passed" in occurrence.reason

    def test_a_move_of_other_days_moves_nothing(self) -> None:
        change = Move(1, date(2026, 5, 2), MAY_END, date(2026, 7, 1), MAY, "Half of it.")
        (occurrence,) = cover(
            [expected(Kind.EVENT)], [], start=MAY, end=MAY_END, as_of=LATER, moves=[change]
        )
        assert occurrence.due == date(2026, 6, 5)


class TestSourceLag:
    def test_a_population_counts_only_after_its_source_has_settled(self) -> None:
        slow = expected(Kind.EVENT)._replace(lag_days=3)
        early = item("EV-1", MAY, MAY_END, collected=date(2026, 6, 3))
        occurrence = one(slow, early)
        assert (occurrence.state, occurrence.evidence) == (State.PARTIAL, ("EV-1",))
        assert "before its days were over and 3 days had passed" in occurrence.reason
        settled = item("EV-2", MAY, MAY_END, collected=date(2026, 6, 4))
        assert one(slow, settled).state is State.MET

    def test_states_and_documents_have_no_lag(self) -> None:
        day = MAY_END
        for kind in (Kind.STATE, Kind.DOCUMENT):
            slow = expected(kind)._replace(lag_days=3)
            assert one(slow, item("EV-1", day, collected=day)).state is State.MET


class TestWhatIsExpected:
    def test_an_expectation_counts_only_while_it_is_active(self) -> None:
        active = expected(Kind.STATE)._replace(
            active_from=date(2026, 3, 15), active_to=date(2026, 5, 31)
        )
        found = covered(active, start=date(2026, 1, 1), end=date(2026, 12, 31))
        assert [(one.start, one.end) for one in found] == [
            (date(2026, 3, 15), date(2026, 3, 31)),
            (date(2026, 4, 1), date(2026, 4, 30)),
            (date(2026, 5, 1), date(2026, 5, 31)),
        ]

    def test_one_that_is_active_outside_the_period_expects_nothing(self) -> None:
        assert covered(expected(Kind.STATE)._replace(active_from=date(2026, 6, 1))) == []
        assert covered(expected(Kind.STATE)._replace(active_to=date(2026, 4, 30))) == []

    def test_expectations_do_not_share_claims(self) -> None:
        other = expected(Kind.EVENT)._replace(expectation=2, slug="another")
        mine, theirs = cover(
            [expected(Kind.EVENT), other],
            [item("EV-1", MAY, MAY_END)],
            start=MAY,
            end=MAY_END,
            as_of=LATER,
        )
        assert (mine.state, theirs.state) == (State.MET, State.MISSED)

    def test_an_exemption_takes_the_windows_that_lie_within_it(self) -> None:
        exemption = Exemption(1, date(2026, 5, 1), date(2026, 6, 30), "The system was retired.")
        found = cover(
            [expected(Kind.STATE)],
            [],
            start=date(2026, 4, 15),
            end=date(2026, 7, 15),
            as_of=LATER,
            exemptions=[exemption],
        )
        states = [one.state for one in found]
        assert states == [State.MISSED, State.EXEMPT, State.EXEMPT, State.MISSED]
        assert found[1].reason == "The system was retired."

    def test_an_exemption_of_half_a_window_takes_nothing(self) -> None:
        exemption = Exemption(1, MAY, date(2026, 5, 20), "Half.")
        (occurrence,) = cover(
            [expected(Kind.STATE)],
            [],
            start=MAY,
            end=MAY_END,
            as_of=LATER,
            exemptions=[exemption],
        )
        assert occurrence.state is State.MISSED


def test_missed_is_the_worst_and_exempt_the_mildest() -> None:
    assert worst([State.MET, State.LATE, State.MISSED, State.FAILING]) is State.MISSED
    assert worst([State.EXEMPT, State.MET]) is State.MET
