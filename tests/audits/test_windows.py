"""Dates of an engagement move until its freeze date, with a reason and a leaf, and never after."""

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from accounts.models import User
from audits import engagements, gates, windows
from audits.days import today
from audits.engagements import Fieldwork
from audits.errors import ClosedError, FrozenError, NotAllowedError, WindowError
from audits.models import Engagement, EngagementChange
from audits.parts import Part
from evidence import ledger
from evidence.models import LedgerEntry
from tests.audits.world import SECURITY, World, clock, moment

LATER = date(2026, 9, 30)
INTERIM = Part("Interim", date(2026, 6, 30))


@pytest.fixture
def engagement(world: World) -> Engagement:
    return world.engagement()


@pytest.fixture
def frozen(engagement: Engagement) -> Iterator[Engagement]:
    """The same, on the day after its freeze date."""
    day = today()
    Engagement.objects.update(freeze_on=day)
    engagement.refresh_from_db()
    with clock(moment(day + timedelta(days=1), 12)):
        yield engagement


def widen(engagement: Engagement, by: User, **changes: object) -> EngagementChange:
    asked: dict[str, object] = {
        "window_from": engagement.window_from,
        "window_to": LATER,
        "reason": "The letter of Dora names September too.",
        "by": by,
        **changes,
    }
    return windows.change_window(engagement, **asked)  # type: ignore[arg-type]


def last_body() -> dict[str, object]:
    entry = LedgerEntry.objects.last()
    assert entry
    body: dict[str, object] = json.loads(entry.leaf)["body"]
    return body


class TestTheWindow:
    def test_it_moves_and_the_move_stays_visible(
        self, world: World, engagement: Engagement
    ) -> None:
        change = widen(engagement, world.alice)
        engagement.refresh_from_db()
        assert engagement.window_to == LATER
        assert (change.before_from, change.before_to) == (world.start, world.end)
        assert (change.after_from, change.after_to) == (world.start, LATER)
        assert change.ledger_entry.kind == "engagement.window_changed"
        assert last_body()["before"] == [str(world.start), str(world.end)]
        assert "Dora" not in change.ledger_entry.leaf

    def test_the_history_cannot_be_rewritten(self, world: World, engagement: Engagement) -> None:
        change = widen(engagement, world.alice)
        for deed in (change.delete, lambda: EngagementChange.objects.update(reason="Nothing.")):
            with pytest.raises(DatabaseError), transaction.atomic():
                deed()

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"window_to": date(2026, 5, 1)}, "before it starts"),
            ({"window_to": date(2026, 8, 31)}, "already. Nothing was changed"),
            ({"reason": "  "}, "Say why"),
        ],
    )
    def test_what_makes_no_sense_changes_nothing(
        self, world: World, engagement: Engagement, changes: dict[str, object], said: str
    ) -> None:
        leaves = ledger.size()
        with pytest.raises(WindowError, match=said):
            widen(engagement, world.alice, **changes)
        engagement.refresh_from_db()
        assert engagement.window_to == world.end
        assert (EngagementChange.objects.count(), ledger.size()) == (0, leaves)

    def test_it_may_not_leave_a_part_behind(self, world: World, engagement: Engagement) -> None:
        windows.divide_window(engagement, parts=[INTERIM], by=world.alice)
        with pytest.raises(WindowError, match="parts of the window first"):
            widen(engagement, world.alice, window_from=date(2026, 7, 1))


class TestTheFreeze:
    def test_the_day_itself_still_allows_changes(
        self, world: World, engagement: Engagement
    ) -> None:
        windows.change_freeze(engagement, freeze_on=today(), reason="Agreed.", by=world.alice)
        widen(engagement, world.alice)
        engagement.refresh_from_db()
        assert not gates.is_frozen(engagement)

    def test_it_never_begins_in_the_past(self, world: World, engagement: Engagement) -> None:
        with pytest.raises(WindowError, match="over already"):
            windows.change_freeze(
                engagement, freeze_on=today() - timedelta(days=1), reason="x", by=world.alice
            )

    def test_it_can_be_lifted_while_it_lies_ahead(
        self, world: World, engagement: Engagement
    ) -> None:
        for day in (LATER.replace(year=2027), None):
            windows.change_freeze(engagement, freeze_on=day, reason="Agreed.", by=world.alice)
        engagement.refresh_from_db()
        assert engagement.freeze_on is None
        assert [one.after_to for one in engagement.changes.all()] == [date(2027, 9, 30), None]

    def test_afterwards_every_change_is_refused_with_what_to_do(
        self, world: World, frozen: Engagement, bob: User
    ) -> None:
        alice, leaves = world.alice, ledger.size()
        deeds: list[Callable[[], object]] = [
            lambda: widen(frozen, alice),
            lambda: windows.change_fieldwork(
                frozen, fieldwork=Fieldwork(LATER, LATER), reason="x", by=alice
            ),
            lambda: windows.change_freeze(frozen, freeze_on=None, reason="x", by=alice),
            lambda: windows.change_freeze(frozen, freeze_on=date(2030, 1, 1), reason="x", by=alice),
            lambda: windows.divide_window(frozen, parts=[INTERIM], by=alice),
            lambda: engagements.choose_categories(frozen, categories={SECURITY: "x"}, by=alice),
            lambda: engagements.add_member(
                frozen, user=bob, access_until=date(2030, 1, 1), by=alice
            ),
        ]
        for deed in deeds:
            with pytest.raises(FrozenError, match=r"nothing unfreezes it.*Open a new engagement"):
                deed()
        assert ledger.size() == leaves
        assert gates.is_frozen(frozen)

    def test_an_auditor_can_still_be_removed_and_the_engagement_closed(
        self, world: World, engagement: Engagement, bob: User
    ) -> None:
        member = engagements.add_member(
            engagement, user=bob, access_until=date(2030, 1, 1), by=world.alice
        )
        Engagement.objects.update(freeze_on=today() - timedelta(days=1))
        engagements.remove_member(member, by=world.alice)
        engagements.close_engagement(engagement, by=world.alice)

    def test_a_page_that_was_opened_before_the_freeze_changes_nothing_after_it(
        self, world: World, engagement: Engagement
    ) -> None:
        Engagement.objects.update(freeze_on=today() - timedelta(days=1))
        assert engagement.freeze_on is None
        with pytest.raises(FrozenError):
            widen(engagement, world.alice)

    def test_evidence_of_the_next_day_came_after_it(self, engagement: Engagement) -> None:
        assert not gates.came_after_freeze(engagement, moment(date(2030, 1, 1)))
        engagement.freeze_on = LATER
        assert not gates.came_after_freeze(engagement, moment(LATER, 23))
        assert gates.came_after_freeze(engagement, moment(LATER + timedelta(days=1), 0))


class TestTheFieldwork:
    def test_it_is_set_moved_and_taken_away(self, world: World, engagement: Engagement) -> None:
        for span in (Fieldwork(LATER, LATER), None):
            windows.change_fieldwork(engagement, fieldwork=span, reason="Agreed.", by=world.alice)
        engagement.refresh_from_db()
        assert engagement.fieldwork_from is None
        assert [one.what for one in engagement.changes.all()] == ["fieldwork", "fieldwork"]
        assert last_body()["after"] == ["", ""]

    def test_it_is_in_order(self, world: World, engagement: Engagement) -> None:
        with pytest.raises(WindowError, match="fieldwork ends on"):
            windows.change_fieldwork(
                engagement, fieldwork=Fieldwork(LATER, world.start), reason="x", by=world.alice
            )


class TestAReportAsOfOneDate:
    def test_its_window_is_one_day(self, world: World) -> None:
        asked = {"framework": world.framework, "categories": {SECURITY: "x"}, "by": world.alice}
        with pytest.raises(WindowError, match="give the same day twice"):
            engagements.open_engagement(
                "Design",
                type="soc2_type1",
                window_from=world.start,
                window_to=world.end,
                **asked,  # type: ignore[arg-type]
            )
        one = engagements.open_engagement(
            "Design",
            type="soc2_type1",
            window_from=world.start,
            window_to=world.start,
            **asked,  # type: ignore[arg-type]
        )
        with pytest.raises(WindowError, match="give the same day twice"):
            widen(one, world.alice)


class TestTheParts:
    def test_they_are_kept_and_replaced(self, world: World, engagement: Engagement) -> None:
        windows.divide_window(engagement, parts=[INTERIM], by=world.alice)
        windows.divide_window(
            engagement, parts=[Part("First half", date(2026, 7, 15))], by=world.alice
        )
        assert [part.title for part in engagement.sub_periods.all()] == ["First half"]
        assert "First half" not in str(last_body())

    def test_a_part_outside_the_window_is_refused(
        self, world: World, engagement: Engagement
    ) -> None:
        with pytest.raises(WindowError, match="which is not a day from"):
            windows.divide_window(engagement, parts=[Part("Late", LATER)], by=world.alice)


def test_every_deed_refuses_who_may_not_manage_engagements(
    engagement: Engagement, charlie: User, bob: User
) -> None:
    for by in (charlie, bob):
        deeds: list[Callable[[], object]] = [
            lambda by=by: widen(engagement, by),  # type: ignore[misc]
            lambda by=by: windows.change_fieldwork(  # type: ignore[misc]
                engagement, fieldwork=None, reason="x", by=by
            ),
            lambda by=by: windows.change_freeze(  # type: ignore[misc]
                engagement, freeze_on=LATER.replace(year=2030), reason="x", by=by
            ),
            lambda by=by: windows.divide_window(engagement, parts=[], by=by),  # type: ignore[misc]
        ]
        for deed in deeds:
            with pytest.raises(NotAllowedError):
                deed()


def test_a_closed_engagement_moves_no_more(world: World, engagement: Engagement) -> None:
    engagements.close_engagement(engagement, by=world.alice)
    with pytest.raises(ClosedError):
        widen(engagement, world.alice)
