"""Signed months: who may sign, what must be named, and what the evidence says."""

import csv
from datetime import date
from io import StringIO

import pytest

from accounts.models import User
from evidence import store
from registers.errors import ReconcilingError, SamePersonError
from registers.models import Break, MonthSignature, Reconciliation
from registers.reconciling import (
    definitions,
    limits,
    month_facts,
    months,
    rolling,
    running,
    scheduling,
    working,
)
from tests import cast
from tests.audits.world import World, clock
from tests.registers.reconciled import (
    DAY,
    MONDAY,
    Accounting,
    breaks,
    morning,
    reasons_for,
    row,
)

pytestmark = pytest.mark.usefixtures("var_dir")
TUESDAY, APRIL = MONDAY + DAY, date(2026, 4, 1)


def signed(books: Accounting, cards: Reconciliation) -> MonthSignature:
    with clock(morning(APRIL)):
        why = reasons_for(cards, MONDAY)
        return months.sign(cards, MONDAY, note="Looked.", reasons=why, by=books.ivan)


def owner_who_may_sign(books: Accounting, cards: Reconciliation) -> User:
    both = cast.person("control-owner", "reviewer")
    definitions.change(cards, owner=both, due_days=3, ends_on=None, reason="Leave.", by=books.alice)
    return both


class TestWhoSigns:
    def test_a_month_is_signed_once_and_after_its_end(
        self, books: Accounting, cards: Reconciliation, world: World
    ) -> None:
        wanted = world.expect(world.access, "break-roll-forward", kind="event", cadence="monthly")
        books.both(cards, [row("s1")], [row("s3")])
        with clock(morning(MONDAY)), pytest.raises(ReconcilingError, match="not over"):
            months.sign(cards, MONDAY, note="Looked.", by=books.ivan)
        made = signed(books, cards)
        with pytest.raises(ReconcilingError, match="signed already"):
            signed(books, cards)
        assert made.evidence.claims.get().expectation == wanted
        covered = (made.evidence.covers_from, made.evidence.covers_to)
        assert covered == (date(2026, 3, 1), date(2026, 3, 31))

    def test_its_owner_does_not_sign(self, books: Accounting, cards: Reconciliation) -> None:
        both = owner_who_may_sign(books, cards)
        with clock(morning(APRIL)):
            assert "own this" in months.obstacle(cards, MONDAY, by=both)
            with pytest.raises(SamePersonError):
                months.sign(cards, MONDAY, note="Mine.", by=both)

    def test_who_ran_one_of_its_days_does_not_sign(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        both = cast.person("control-owner", "reviewer")
        books.hand_in(cards, "a", [row("s1")])
        books.hand_in(cards, "b", [row("s1")])
        with clock(morning(MONDAY)):
            running.perform(cards, day=MONDAY, by=both)
        with clock(morning(APRIL)):
            assert "You ran 2026-03-02" in months.obstacle(cards, MONDAY, by=both)
            assert months.obstacle(cards, MONDAY, by=books.ivan) == ""


def test_a_month_waits_from_its_end_until_it_is_signed(
    books: Accounting, cards: Reconciliation
) -> None:
    assert list(scheduling.waiting_months(date(2026, 3, 31))) == []
    (waiting,) = scheduling.waiting_months(APRIL)
    assert (waiting.month, waiting.due) == (date(2026, 3, 1), date(2026, 4, 10))
    months_of_may = [each.month for each in scheduling.waiting_months(date(2026, 5, 1))]
    assert months_of_may == [date(2026, 3, 1), APRIL]
    signed(books, cards)
    assert list(scheduling.waiting_months(APRIL)) == []


class TestMissingDays:
    def test_each_day_without_a_signature_is_named_with_a_reason(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        books.sign(books.both(cards, [row("s1")], [row("s1")]))
        own = row("t1", day=TUESDAY)
        books.both(cards, [own], [own], day=TUESDAY)
        with clock(morning(APRIL)):
            why = reasons_for(cards, MONDAY)
            assert (MONDAY in why, TUESDAY in why, len(why)) == (False, True, 21)
            with pytest.raises(ReconcilingError, match="Why 2026-03-03 has no signature"):
                months.sign(cards, MONDAY, note="Looked.", by=books.ivan)
            blank = {**why, TUESDAY: " "}
            with pytest.raises(ReconcilingError, match="Why 2026-03-03 has no signature"):
                months.sign(cards, MONDAY, note="Looked.", reasons=blank, by=books.ivan)
            signed_day = {**why, MONDAY: "It is signed."}
            with pytest.raises(ReconcilingError, match="2026-03-02 is no day without"):
                months.sign(cards, MONDAY, note="Looked.", reasons=signed_day, by=books.ivan)
            assert not MonthSignature.objects.exists()
            made = months.sign(cards, MONDAY, note="Looked.", reasons=why, by=books.ivan)
        first, second, *_ = made.facts["missing"]
        assert first == {
            "day": "2026-03-03",
            "standing": "run without signature",
            "reason": "The bank was shut.",
        }
        assert second["standing"] == "no run"

    def test_the_evidence_names_them_too(self, books: Accounting, cards: Reconciliation) -> None:
        books.both(cards, [row("s1")], [row("s3")])
        made = signed(books, cards)
        text = b"".join(store.stream(made.evidence.blob_id)).decode()
        told = list(csv.DictReader(StringIO(text)))
        named = [each for each in told if each["part"] == "day without signature"]
        assert (len(named), named[0]["business_day"]) == (22, "2026-03-02")
        assert {each["reason"] for each in named} == {"The bank was shut."}
        rolled = [each for each in told if each["part"] == "closing"]
        assert [(each["leg"], each["breaks"]) for each in rolled] == [("a-b", "2")]

    def test_no_reason_stands_in_the_leaf(self, books: Accounting, cards: Reconciliation) -> None:
        made = signed(books, cards)
        told = made.ledger_entry.leaf
        assert "bank was shut" not in told
        assert "Looked." not in told


class TestFacts:
    def test_legs_add_up_to_their_currency(self, books: Accounting, cards: Reconciliation) -> None:
        books.both(cards, [row("s1"), row("s2")], [row("s3", "4.00")])
        (whole,) = rolling.forward(cards, MONDAY, MONDAY)
        (leg,) = rolling.forward_by_leg(cards, MONDAY, MONDAY)
        assert (leg.leg, leg.new, leg.closing) == ("a-b", whole.new, whole.closing)
        other = rolling.Rolled("EUR", "file", new=(1, 5), closing=(1, 5))
        (both,) = rolling.together([leg, other])
        assert (both.new, both.closing) == ((4, 2405), (4, 2405))
        assert both.holds

    def test_what_was_open_at_the_end_is_told_by_age_and_reason_of_then(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        books.both(cards, [row("s1"), row("s2", "7.00")], [row("s1")])
        last = date(2026, 3, 31)
        books.both(cards, [row("n1", day=last)], [row("n2", "2.00", day=last)], day=last)
        made = signed(books, cards)
        ages = [(each["age"], each["reason"], each["count"]) for each in made.facts["ages"]]
        assert ages == [
            ("0 to 1 days", "timing_overdue", 2),
            ("8 to 30 days", "missing_in_processor", 1),
        ]
        # What is closed in April was open at the end of March all the same.
        one = books.proposed(breaks(cards)["s2"])
        with clock(morning(APRIL + DAY)):
            working.approve(one, note="Seen.", by=books.ivan)
        told = list(month_facts.open_at_end(cards, MONDAY, told_by=made.ledger_entry))
        assert [each.broken.label for each in told] == ["s2", "n1", "n2"]

    def test_write_offs_count_those_of_all_reconciliations(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        other = books.define(title="Cards elsewhere")
        limits.set_limit(
            "reviewer", currency="EUR", of_one=500, of_month=900, reason="Small.", by=books.alice
        )
        for of, own, right in ((other, "u1", "10.20"), (cards, "s1", "10.50")):
            books.both(of, [row(own)], [row(own, right)])
            one = books.proposed(breaks(of)[own], "written_off")
            with clock(morning(MONDAY)):
                working.approve(one, note="Small.", by=books.ivan)
        assert Break.objects.filter(state="written_off").count() == 2
        (gone,) = month_facts.written_off(cards, MONDAY)
        assert (abs(gone.event.amount), gone.so_far) == (50, 70)
        made = signed(books, cards)
        assert made.facts["written_off"] == [
            {"currency": "EUR", "count": 1, "amount": "50", "month": "70"}
        ]
        assert month_facts.spent(MONDAY, told_by=made.ledger_entry) == {"EUR": 70}
