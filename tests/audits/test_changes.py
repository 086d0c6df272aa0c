"""Skips and moves are facts with a reason, known from their moment on, and taken back by others."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection

from accounts.models import User
from audits import changes
from audits.changes import Span
from audits.coverage import Occurrence, State
from audits.errors import ChangeError, NotAllowedError
from audits.facts import coverage_of
from audits.models import Engagement, OccurrenceChange
from controls.append_only import unguarded
from evidence.models import LedgerEntry
from tests.audits.world import World, clock, hand_in, moment, submission

AFTER = datetime(2026, 10, 1, tzinfo=UTC)
JUNE = Span(date(2026, 6, 1), date(2026, 6, 30), date(2026, 7, 5))
REASON = "The directory was being replaced."


@pytest.fixture
def engagement(world: World) -> Engagement:
    return world.engagement()


def june(engagement: Engagement, as_of: datetime = AFTER) -> Occurrence:
    found = coverage_of(engagement, as_of, slugs=["leavers"]).occurrences
    return next(one for one in found if one.start == JUNE.start)


def skip(world: World, on: date = date(2026, 7, 2), *, by: User | None = None) -> OccurrenceChange:
    with clock(moment(on)):
        return changes.skip(world.leavers, span=JUNE, reason=REASON, by=by or world.alice)


class TestSkips:
    def test_what_is_skipped_is_exempt_with_its_reason(
        self, world: World, engagement: Engagement
    ) -> None:
        skip(world)
        assert (june(engagement).state, june(engagement).reason) == (State.EXEMPT, REASON)
        others = coverage_of(engagement, AFTER, slugs=["leavers"]).occurrences[1:]
        assert {one.state for one in others} == {State.MISSED}

    def test_it_is_not_known_before_it_was_recorded(
        self, world: World, engagement: Engagement
    ) -> None:
        skip(world, date(2026, 7, 20))
        assert june(engagement, moment(date(2026, 7, 19))).state is State.MISSED
        assert june(engagement, moment(date(2026, 7, 21))).state is State.EXEMPT

    def test_a_withdrawn_one_holds_no_more_but_did_then(
        self, world: World, engagement: Engagement
    ) -> None:
        change = skip(world)
        with clock(moment(date(2026, 8, 1))):
            changes.withdraw(change, reason="It was there after all.", by=world.alice)
        assert june(engagement).state is State.MISSED
        assert june(engagement, moment(date(2026, 7, 31))).state is State.EXEMPT

    def test_it_leaves_a_leaf_without_its_words(self, world: World) -> None:
        change = skip(world)
        entry = LedgerEntry.objects.order_by("-index")[0]
        assert (entry.kind, entry.subject) == ("occurrence.skip", "leavers")
        assert change.ledger_entry == entry
        assert REASON not in entry.leaf
        assert '"start":"2026-06-01"' in entry.leaf

    def test_two_of_the_same_days_are_refused(self, world: World) -> None:
        change = skip(world)
        with pytest.raises(ChangeError, match="skipped already"):
            skip(world)
        changes.withdraw(change, reason="Wrong month.", by=world.alice)
        with pytest.raises(ChangeError, match="withdrawn already"):
            changes.withdraw(change, reason="Again.", by=world.alice)
        skip(world)

    def test_a_withdrawal_stays(self, world: World) -> None:
        change = changes.withdraw(skip(world), reason="Wrong month.", by=world.alice)
        with pytest.raises(ChangeError, match="A withdrawal stays"):
            changes.withdraw(change, reason="Back again.", by=world.alice)


class TestMoves:
    def test_the_new_day_decides_what_is_late(self, world: World, engagement: Engagement) -> None:
        sent = submission(b"who left", JUNE.start, JUNE.end, world.leavers)
        hand_in(sent, received=date(2026, 7, 15))
        assert june(engagement).state is State.LATE
        with clock(moment(date(2026, 7, 2))):
            changes.move(
                world.leavers, span=JUNE, due=date(2026, 7, 20), reason=REASON, by=world.alice
            )
        moved = june(engagement)
        assert (moved.state, moved.due) == (State.MET, date(2026, 7, 20))
        assert f"moved from 2026-07-05 to 2026-07-20: {REASON}" in moved.reason

    def test_one_after_the_fact_is_shown_as_such(
        self, world: World, engagement: Engagement
    ) -> None:
        with clock(moment(date(2026, 7, 30))):
            changes.move(
                world.leavers, span=JUNE, due=date(2026, 8, 20), reason=REASON, by=world.alice
            )
        assert "recorded on 2026-07-30, after the due day had passed" in june(engagement).reason

    @pytest.mark.parametrize("due", [JUNE.due, date(2026, 7, 1)])
    def test_it_goes_to_a_later_day_only(self, world: World, due: date) -> None:
        with pytest.raises(ChangeError, match="Choose a later day"):
            changes.move(world.leavers, span=JUNE, due=due, reason=REASON, by=world.alice)
        assert not OccurrenceChange.objects.exists()


@pytest.mark.parametrize("reason", ["", "  \n", "x" * (changes.LONGEST_REASON + 1)])
def test_a_reason_is_needed(world: World, reason: str) -> None:
    leaves = LedgerEntry.objects.count()
    with pytest.raises(ChangeError, match="Say why"):
        changes.skip(world.leavers, span=JUNE, reason=reason, by=world.alice)
    assert LedgerEntry.objects.count() == leaves


def test_who_lacks_the_capability_is_refused(world: World, bob: User) -> None:
    with pytest.raises(NotAllowedError):
        skip(world, by=bob)


def test_the_table_only_grows(world: World) -> None:
    assert unguarded(connection, ["audits_occurrencechange", "evidence_claim"]) == []
