"""Breaks: carried from run to run, worked on by two people, written off within limits, rolled."""

import pytest

from evidence.models import LedgerEntry
from registers.errors import (
    ChangedMeanwhileError,
    LimitError,
    ReconcilingError,
    ReconcilingNotAllowedError,
    SamePersonError,
)
from registers.models import (
    Break,
    Reconciliation,
)
from registers.reconciling import (
    files,
    limits,
    rolling,
    working,
)
from tests import cast
from tests.audits.world import clock
from tests.registers.reconciled import (
    DAY,
    MONDAY,
    Accounting,
    breaks,
    morning,
    row,
)

pytestmark = pytest.mark.usefixtures("var_dir")
TUESDAY, FRIDAY = MONDAY + DAY, MONDAY + 4 * DAY
GUARDED = (
    "reconciliationchange",
    "matchingrules",
    "rulesapproval",
    "inputfile",
    "inputwithdrawal",
    "reconciliationrun",
    "breakevent",
    "writeofflimit",
    "daysignature",
    "monthsignature",
)


def one(cards: Reconciliation, label: str) -> Break:
    return breaks(cards)[label]


class TestBreaks:
    def test_a_difference_stays_the_same_break_until_it_is_gone(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        first = books.both(cards, [row("s1"), row("s2")], [row("s1")])
        assert (first.new_count, first.cleared_count) == (1, 0)
        found = one(cards, "s2")
        second = books.both(cards, [row("s3", day=TUESDAY)], [row("s3", day=TUESDAY)], day=TUESDAY)
        found.refresh_from_db()
        assert (second.new_count, found.opened_on, found.seen_by) == (0, MONDAY, second)
        wednesday = TUESDAY + DAY
        third = books.both(
            cards,
            [row("s4", day=wednesday)],
            [row("s4", day=wednesday), row("s2")],
            day=wednesday,
        )
        found.refresh_from_db()
        assert third.cleared_count == 1
        assert (found.state, found.is_open, found.closed_on) == ("cleared", False, wednesday)

    def test_what_a_run_cleared_and_the_next_one_finds_is_opened_again(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        books.both(cards, [row("s2")], [row("s9")])
        late = books.hand_in(cards, "b", [row("s2"), row("s8", day=TUESDAY)], day=TUESDAY)
        books.hand_in(cards, "a", [row("s8", day=TUESDAY)], day=TUESDAY)
        books.run(cards, day=TUESDAY)
        assert not one(cards, "s2").is_open
        files.withdraw(late, reason="Wrong file.", by=books.olga)
        books.hand_in(cards, "b", [row("s8", day=TUESDAY)], day=TUESDAY)
        books.run(cards, day=TUESDAY)
        again = one(cards, "s2")
        assert (again.is_open, again.state) == (True, "open")
        kinds = [each.kind for each in again.events.all()]
        assert kinds == ["found", "cleared", "reopened"]

    def test_what_lies_beyond_the_window_is_not_gone(self, books: Accounting) -> None:
        cards = books.define(window_days=2)
        books.both(cards, [row("s2")], [row("s9")])
        for number, day in enumerate((TUESDAY, TUESDAY + DAY, TUESDAY + 2 * DAY)):
            own = row(f"t{number}", day=day)
            books.both(cards, [own], [own], day=day)
        assert one(cards, "s2").is_open

    def test_the_other_half_of_a_pair_may_stand_before_the_window(self, books: Accounting) -> None:
        cards = books.define(window_days=2)
        for number in range(5):
            day = MONDAY + number * DAY
            sales = [row(f"s{number}", day=day)]
            settled = [row(f"s{number - 1}", day=day - DAY)] if number else []
            run = books.both(cards, sales, settled, day=day)
            assert run.new_count == 1, "the sale of the day alone"
        assert run.facts["files"][0]["leads_in"]
        assert [*Break.objects.filter(is_open=True).values_list("label", flat=True)] == ["s4"]

    def test_what_was_made_good_stays_so_beyond_the_window(self, books: Accounting) -> None:
        cards = books.define(window_days=2)
        books.both(cards, [row("s1")], [])
        books.both(cards, [], [row("s1")], day=TUESDAY)
        assert one(cards, "s1").state == "cleared"
        for number in range(2, 4):
            day = MONDAY + number * DAY
            own = row(f"t{number}", day=day)
            run = books.both(cards, [own], [own], day=day)
        assert (run.break_count, one(cards, "s1").state) == (0, "cleared")

    def test_a_run_about_an_earlier_day_moves_nothing(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        books.both(cards, [row("s3", day=TUESDAY)], [row("s3", day=TUESDAY)], day=TUESDAY)
        late = books.both(cards, [row("s1")], [row("s2")])
        assert (late.state, late.moved_queue, late.break_count) == ("complete", False, 2)
        assert not Break.objects.exists()

    def test_two_people_close_a_break(self, books: Accounting, cards: Reconciliation) -> None:
        books.both(cards, [row("s2")], [row("s2", "10.50")])
        found = one(cards, "s2")
        assert (found.reason, found.amount, found.currency) == ("amount", -50, "EUR")
        working.assign([found], to=books.olga, by=books.olga)
        with pytest.raises(ReconcilingError, match="comes from"):
            working.propose(found, proposal="accepted", resolution="So be it.", by=books.olga)
        proposed = books.proposed(found)
        assert proposed.state == "proposed"
        two_hats = cast.person("control-owner", "reviewer")
        with pytest.raises(ReconcilingNotAllowedError):
            working.approve(proposed, note="Fine.", by=books.olga)
        working.refuse(proposed, note="Show me the contract.", by=two_hats)
        again = working.propose(
            found, proposal="accepted", resolution="Contract of 2025.", by=two_hats
        )
        with pytest.raises(SamePersonError):
            working.approve(again, note="Mine.", by=two_hats)
        with pytest.raises(ChangedMeanwhileError):
            working.approve(again, note="Old page.", by=books.ivan, seen=1)
        closed = working.approve(again, note="Read it.", by=books.ivan, seen=again.steps)
        assert (closed.state, closed.is_open) == ("accepted", False)
        with pytest.raises(ReconcilingError, match="closed already"):
            working.explain(closed, cause="More.", by=books.olga)
        told = [each.kind for each in closed.events.all()]
        assert told == [
            "found", "assigned", "explained", "proposed", "refused", "proposed", "approved",
        ]  # fmt: skip

    def test_what_a_person_closed_stays_closed_while_it_is_found(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        books.both(cards, [row("s2")], [row("s2", "10.50")])
        with clock(morning(MONDAY)):
            working.approve(books.proposed(one(cards, "s2")), note="Read it.", by=books.ivan)
        own = row("s3", day=TUESDAY)
        run = books.both(cards, [own], [own], day=TUESDAY)
        assert (run.break_count, run.new_count, one(cards, "s2").is_open) == (1, 0, False)

    def test_a_deed_on_several_leaves_one_leaf(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        books.both(cards, [row("s1"), row("s2")], [row("s3")])
        before = LedgerEntry.objects.count()
        assert working.assign(list(Break.objects.all()), to=books.olga, by=books.alice) == 3
        assert LedgerEntry.objects.count() == before + 1
        with pytest.raises(ReconcilingError, match="may not work"):
            working.assign(list(Break.objects.all()), to=books.ivan, by=books.alice)

    def test_words_with_a_secret_are_refused(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        books.both(cards, [row("s1")], [row("s3")])
        with pytest.raises(ReconcilingError, match="card number"):
            working.explain(one(cards, "s1"), cause="Card 4111 1111 1111 1111", by=books.olga)


class TestWriteOffs:
    @pytest.fixture
    def losses(self, books: Accounting, cards: Reconciliation) -> list[Break]:
        books.both(
            cards,
            [row("s1"), row("s2"), row("s3")],
            [row("s1", "10.50"), row("s2", "10.50"), row("s3", "12.00")],
        )
        return [books.proposed(one(cards, name), "written_off") for name in ("s1", "s2", "s3")]

    def approve(self, books: Accounting, broken: Break) -> Break:
        with clock(morning(MONDAY)):
            return working.approve(broken, note="Seen.", by=books.ivan)

    def test_nobody_approves_without_a_limit(self, books: Accounting, losses: list[Break]) -> None:
        with pytest.raises(LimitError, match="None of your roles"):
            self.approve(books, losses[0])

    def test_limits_of_one_and_of_the_month_hold(
        self, books: Accounting, losses: list[Break]
    ) -> None:
        limits.set_limit(
            "reviewer", currency="EUR", of_one=60, of_month=80, reason="Small.", by=books.alice
        )
        with pytest.raises(LimitError, match=r"2\.00 EUR is more"):
            self.approve(books, losses[2])
        assert self.approve(books, losses[0]).state == "written_off"
        with pytest.raises(LimitError, match=r"0\.50 EUR of 0\.80 EUR"):
            self.approve(books, losses[1])
        assert limits.spent_in("EUR", MONDAY) == 50
        assert limits.spent_in("EUR", MONDAY + 40 * DAY) == 0

    def test_the_last_limit_counts(self, books: Accounting, losses: list[Break]) -> None:
        for most in (1000, 0):
            limits.set_limit(
                "reviewer",
                currency="EUR",
                of_one=most,
                of_month=most,
                reason="So.",
                by=books.alice,
            )
        assert [each.of_one for each in limits.in_force()] == [0]
        with pytest.raises(LimitError):
            self.approve(books, losses[0])

    @pytest.mark.parametrize(
        ("role", "currency", "each", "month"),
        [("moon", "EUR", 1, 1), ("reviewer", "XXQ", 1, 1), ("reviewer", "EUR", 2, 1)],
    )
    def test_odd_limits_are_refused(
        self, books: Accounting, role: str, currency: str, each: int, month: int
    ) -> None:
        with pytest.raises(ReconcilingError):
            limits.set_limit(
                role,
                currency=currency,
                of_one=each,
                of_month=month,
                reason="So.",
                by=books.alice,
            )


class TestRollForward:
    def test_opening_new_and_cleared_give_closing(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        books.both(cards, [row("s1"), row("s2"), row("s3")], [row("s3", "10.50")])
        own = row("s9", day=TUESDAY)
        books.both(cards, [own], [own, row("s1")], day=TUESDAY)
        with clock(morning(TUESDAY)):
            working.approve(books.proposed(one(cards, "s3")), note="Seen.", by=books.ivan)
        (rolled,) = rolling.forward(cards, TUESDAY, TUESDAY + DAY)
        assert rolled.opening == (3, 1950)
        assert rolled.new == (0, 0)
        assert rolled.cleared == {"cleared": (1, 1000), "accepted": (1, -50)}
        assert rolled.closing == (1, 1000)
        assert rolled.holds
        (past,) = rolling.forward(cards, MONDAY, MONDAY)
        assert (past.opening, past.new, past.closing) == ((0, 0), (3, 1950), (3, 1950))
        assert past.holds

    def test_a_break_that_was_tampered_with_is_noticed(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        books.both(cards, [row("s1")], [row("s3")])
        Break.objects.filter(label="s1").update(is_open=False)
        (rolled,) = rolling.forward(cards, MONDAY, MONDAY)
        assert not rolled.holds
