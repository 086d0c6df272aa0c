"""States, events and documents each cover in their own way; partial answers never do."""

from datetime import date, timedelta

import pytest

from audits.claims import Decision, Kind
from audits.coverage import State
from tests.audits.occurrences import MAY, MAY_END, at, covered, expected, item, one


class TestPartialItems:
    @pytest.mark.parametrize("kind", Kind)
    def test_one_makes_its_window_partial_and_is_named(self, kind: Kind) -> None:
        collected = MAY_END if kind is Kind.STATE else date(2026, 6, 1)
        claim = item("EV-1", MAY, MAY_END, collected=collected)._replace(is_partial=True)
        occurrence = one(expected(kind), claim)
        assert (occurrence.state, occurrence.evidence) == (State.PARTIAL, ("EV-1",))
        assert "EV-1 is incomplete" in occurrence.reason

    @pytest.mark.parametrize("kind", Kind)
    def test_a_whole_one_silences_it_and_decides_the_day_of_arrival(self, kind: Kind) -> None:
        collected = MAY_END if kind is Kind.STATE else date(2026, 6, 1)
        broken = item("EV-1", MAY, MAY_END, collected=collected)._replace(is_partial=True)
        whole = item("EV-2", MAY, MAY_END, collected=collected, received=date(2026, 6, 9))
        occurrence = one(expected(kind), broken, whole)
        assert (occurrence.state, occurrence.evidence) == (State.LATE, ("EV-2",))
        assert "EV-1" not in occurrence.reason

    def test_a_returned_one_is_only_returned(self) -> None:
        claim = item("EV-1", MAY, MAY_END, decision=Decision.RETURNED)._replace(is_partial=True)
        occurrence = one(expected(Kind.EVENT), claim)
        assert occurrence.state is State.MISSED
        assert "incomplete" not in occurrence.reason


class TestStates:
    def test_a_capture_covers_the_window_of_its_day_only(self) -> None:
        claim = item("EV-1", date(2026, 5, 31), collected=date(2026, 5, 31))
        may, june = covered(expected(Kind.STATE), [claim], end=date(2026, 6, 30))
        assert (may.state, june.state) == (State.MET, State.MISSED)

    def test_an_item_of_several_days_counts_for_the_day_of_its_collection(self) -> None:
        claim = item("EV-1", MAY, date(2026, 6, 30), collected=date(2026, 6, 10))
        may, june = covered(expected(Kind.STATE), [claim], end=date(2026, 6, 30))
        assert (may.state, june.state) == (State.MISSED, State.MET)

    def test_a_capture_from_outside_the_days_that_it_claims_shows_nothing(self) -> None:
        claim = item("EV-1", MAY, MAY_END, collected=date(2026, 6, 1))
        may, june = covered(expected(Kind.STATE), [claim], end=date(2026, 6, 30))
        assert (may.state, june.state) == (State.MISSED, State.MISSED)

    def test_a_state_of_a_day_after_its_collection_was_never_seen(self) -> None:
        claim = item("EV-1", date(2026, 5, 20), collected=date(2026, 5, 18))
        assert one(expected(Kind.STATE), claim).state is State.MISSED

    def test_a_source_one_day_ahead_of_our_time_zone_is_believed(self) -> None:
        claim = item("EV-1", date(2026, 5, 20), collected=date(2026, 5, 19))
        assert one(expected(Kind.STATE), claim).state is State.MET

    def test_a_capture_on_a_day_on_which_nothing_is_expected_covers_nothing(self) -> None:
        saturday = date(2026, 5, 16)
        claim = item("EV-1", saturday, collected=saturday)
        found = covered(expected(Kind.STATE, "business_daily"), [claim])
        assert {occurrence.state for occurrence in found} == {State.MISSED}


class TestEvents:
    def test_a_population_covers_once_its_period_is_over(self) -> None:
        claim = item("EV-1", MAY, MAY_END, collected=date(2026, 6, 1))
        assert one(expected(Kind.EVENT), claim).state is State.MET

    def test_one_that_was_retrieved_on_the_last_day_is_partial(self) -> None:
        claim = item("EV-1", MAY, MAY_END, collected=MAY_END)
        occurrence = one(expected(Kind.EVENT), claim)
        assert occurrence.state is State.PARTIAL
        assert "Not covered: 2026-05-31." in occurrence.reason
        assert "retrieve them again" in occurrence.reason

    def test_one_that_was_retrieved_before_its_period_began_is_partial(self) -> None:
        claim = item("EV-1", MAY, MAY_END, collected=date(2026, 4, 30))
        occurrence = one(expected(Kind.EVENT), claim)
        assert occurrence.state is State.PARTIAL
        assert occurrence.evidence == ("EV-1",)
        assert "EV-1 was retrieved on 2026-04-30" in occurrence.reason

    def test_a_second_retrieval_makes_it_whole_and_silences_the_first(self) -> None:
        occurrence = one(
            expected(Kind.EVENT),
            item("EV-1", MAY, MAY_END, collected=date(2026, 5, 20)),
            item("EV-2", MAY, MAY_END, collected=date(2026, 6, 2)),
        )
        assert occurrence.state is State.MET
        assert occurrence.evidence == ("EV-2",)
        assert occurrence.reason == ""

    def test_daily_populations_cover_a_month_together(self) -> None:
        days = [MAY + timedelta(days=number) for number in range(31)]
        claims = [item(f"EV-{day.day}", day) for day in days]
        whole = one(expected(Kind.EVENT), *claims)
        assert whole.state is State.MET
        assert len(whole.evidence) == 31
        holed = one(expected(Kind.EVENT), *claims[:9], *claims[10:])
        assert holed.state is State.PARTIAL
        assert "Not covered: 2026-05-10." in holed.reason

    def test_the_month_is_late_when_its_last_missing_day_came_late(self) -> None:
        halves = (
            item("EV-1", MAY, date(2026, 5, 20), received=date(2026, 5, 22)),
            item("EV-2", date(2026, 5, 21), MAY_END, received=date(2026, 6, 6)),
        )
        occurrence = one(expected(Kind.EVENT), *halves)
        assert occurrence.state is State.LATE
        assert occurrence.reason == "It was covered on 2026-06-06; due was 2026-06-05."

    def test_many_gaps_are_counted_not_listed(self) -> None:
        days = [date(2026, 5, number) for number in range(2, 31, 2)]
        occurrence = one(expected(Kind.EVENT), *(item(f"EV-{day.day}", day) for day in days))
        assert "and 13 more gaps" in occurrence.reason

    def test_a_window_that_still_runs_is_upcoming_with_what_it_has(self) -> None:
        claim = item("EV-1", MAY, date(2026, 5, 10))
        occurrence = one(expected(Kind.EVENT), claim, as_of=at(date(2026, 5, 12)))
        assert occurrence.state is State.UPCOMING
        assert occurrence.evidence == ("EV-1",)

    def test_it_is_partial_from_the_day_after_the_window_on(self) -> None:
        claim = item("EV-1", MAY, date(2026, 5, 10))
        assert one(expected(Kind.EVENT), claim, as_of=at(MAY_END)).state is State.UPCOMING
        assert one(expected(Kind.EVENT), claim, as_of=at(date(2026, 6, 1))).state is State.PARTIAL


class TestDocuments:
    def test_a_document_covers_every_window_it_meets(self) -> None:
        policy = item("EV-1", date(2026, 4, 1), date(2027, 3, 31), collected=date(2026, 4, 1))
        found = covered(expected(Kind.DOCUMENT, "quarterly"), [policy], start=date(2026, 1, 1))
        assert [occurrence.state for occurrence in found] == [State.MISSED, State.MET]

    def test_it_says_when_nothing_was_in_force(self) -> None:
        policy = item("EV-1", date(2026, 5, 11), MAY_END, collected=date(2026, 5, 11))
        occurrence = one(expected(Kind.DOCUMENT), policy)
        assert occurrence.state is State.MET
        assert occurrence.reason == "Nothing in force on: 2026-05-01 to 2026-05-10."

    def test_the_first_document_decides_whether_it_came_in_time(self) -> None:
        occurrence = one(
            expected(Kind.DOCUMENT),
            item("EV-1", MAY, date(2026, 5, 5), received=date(2026, 5, 2)),
            item("EV-2", date(2026, 5, 6), MAY_END, received=date(2026, 9, 1)),
        )
        assert occurrence.state is State.MET

    def test_it_is_late_when_the_first_came_late(self) -> None:
        policy = item("EV-1", MAY, MAY_END, received=date(2026, 6, 6))
        assert one(expected(Kind.DOCUMENT), policy).state is State.LATE
