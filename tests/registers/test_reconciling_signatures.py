"""Signatures of days, what waits for whom, and facts that nobody can change."""

import pytest
from django.db import DatabaseError, connection, transaction

from controls.append_only import unguarded
from controls.models import Expectation
from evidence.models import CheckResult
from registers.errors import (
    ReconcilingError,
)
from registers.models import (
    Break,
    BreakEvent,
    InputFile,
    Reconciliation,
)
from registers.reconciling import (
    definitions,
    files,
    queue,
    record,
    running,
    scheduling,
    signing,
    working,
)
from registers.reconciling.aging import Level
from registers.reconciling.queue import Choice
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


class TestSignatures:
    def test_another_person_signs_and_the_day_counts(
        self, books: Accounting, cards: Reconciliation, daily: Expectation, shelf: Expectation
    ) -> None:
        assert shelf.slug == files.FILES
        sql = "SELECT * FROM population WHERE signed_by = prepared_by OR explained_minor IS NULL"
        daily.checks.create(slug="signed", title="Signed", sql=sql, digest="0" * 64)
        run = books.both(cards, [row("s1")], [row("s1")])
        made = books.sign(run)
        assert not made.is_late
        slugs = {claim.expectation.slug for claim in made.evidence.claims.all()}
        assert slugs == {"daily-reconciliation", "reconciliation-files"}
        table = made.evidence.population
        assert table.row_count == 1
        (result,) = made.evidence.check_results.all()
        assert result.state == CheckResult.State.PASSED
        with pytest.raises(ReconcilingError, match="signed already"):
            books.sign(run)

    def test_neither_who_ran_it_nor_its_owner_signs(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        both = cast.person("control-owner", "reviewer")
        run = books.both(cards, [row("s1")], [row("s1")])
        assert "roles" in signing.obstacle(run, by=books.olga)
        definitions.change(
            cards, owner=both, due_days=3, ends_on=None, reason="Leave.", by=books.alice
        )
        run.reconciliation.refresh_from_db()
        assert "own this" in signing.obstacle(run, by=both)
        books.hand_in(cards, "a", [row("t1", day=TUESDAY)], day=TUESDAY)
        books.hand_in(cards, "b", [row("t1", day=TUESDAY)], day=TUESDAY)
        with clock(morning(TUESDAY)):
            second = running.perform(cards, day=TUESDAY, by=both)
        assert "ran this yourself" in signing.obstacle(second, by=both)

    def test_open_breaks_need_an_owner_first(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        run = books.both(cards, [row("s1")], [row("s1", "11.00")])
        with pytest.raises(ReconcilingError, match="1 open break has no owner"):
            books.sign(run)
        working.assign(list(Break.objects.all()), to=books.olga, by=books.olga)
        assert books.sign(run).pk

    def test_a_failed_run_and_an_earlier_one_are_not_signed(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        first = books.both(cards, [row("s1")], [row("s1")])
        with transaction.atomic():
            evidence = InputFile.objects.filter(leg="a").get().evidence
            double = files.keep(cards, leg="a", day=MONDAY, evidence=evidence, by=None)
        failed = books.run(cards)
        with pytest.raises(ReconcilingError, match="failed"):
            books.sign(failed)
        with pytest.raises(ReconcilingError, match="later run"):
            books.sign(first)
        files.withdraw(double, reason="Twice.", by=books.olga)
        assert books.run(cards) == first

    def test_the_day_counts_once_all_reconciliations_are_signed(
        self, books: Accounting, cards: Reconciliation, daily: Expectation, shelf: Expectation
    ) -> None:
        other = books.define(title="Cards elsewhere", account="Settlement USD")
        first = books.sign(books.both(cards, [row("s1")], [row("s1")]))
        assert [each.expectation for each in first.evidence.claims.all()] == [shelf]
        second = books.sign(books.both(other, [row("u1")], [row("u1")]))
        assert {each.expectation for each in second.evidence.claims.all()} == {daily, shelf}
        assert second.evidence.population.row_count == 2
        assert record.waiting_for(cards, MONDAY) == []

    def test_a_late_signature_says_so(self, books: Accounting, cards: Reconciliation) -> None:
        run = books.both(cards, [row("s1")], [row("s1")])
        assert books.sign(run, at=MONDAY + 5 * DAY).is_late


class TestWaiting:
    def test_days_wait_until_they_are_signed(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        books.sign(books.both(cards, [row("s1")], [row("s1")]))
        own = row("t1", day=TUESDAY)
        books.both(cards, [own], [own], day=TUESDAY)
        waiting = list(scheduling.waiting(MONDAY + 3 * DAY))
        assert [(each.day, bool(each.run)) for each in waiting] == [
            (TUESDAY, True),
            (TUESDAY + DAY, False),
        ]
        assert "signature" in waiting[0].words
        assert "No run yet" in waiting[1].words

    def test_a_day_runs_by_itself_once_its_files_are_there(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        books.hand_in(cards, "a", [row("s1")])
        assert list(scheduling.due_runs(morning(MONDAY))) == []
        books.hand_in(cards, "b", [row("s1")])
        ((found, day, _),) = scheduling.due_runs(morning(MONDAY))
        assert (found, day) == (cards, MONDAY)
        with clock(morning(MONDAY)):
            running.perform(cards, day=MONDAY)
        assert list(scheduling.due_runs(morning(MONDAY))) == []

    def test_the_queue_goes_from_old_to_young_and_knows_its_ages(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        books.both(cards, [row("s1")], [row("s9")])
        own = row("t1", day=TUESDAY)
        books.both(cards, [own], [row("t2", day=TUESDAY)], day=TUESDAY)
        working.assign([one(cards, "t1")], to=books.olga, by=books.olga)
        today = MONDAY + 4 * DAY
        found = list(queue.breaks(Choice(), today=today))
        assert [each.aged_from for each in found] == [MONDAY, MONDAY, TUESDAY, TUESDAY]
        place = queue.Place(found[1].aged_from, found[1].number)
        assert queue.Place.read(str(place)) == place
        assert list(queue.breaks(Choice(), today=today, after=place)) == found[2:]
        counted = {bucket.slug: count for bucket, count in queue.ages(today)}
        assert counted == {"0-1": 0, "2-3": 2, "4-7": 2, "8-30": 0, "over-30": 0}
        assert len(queue.breaks(Choice(age="2-3"), today=today)) == 2
        assert len(queue.breaks(Choice(owner=str(books.olga.pk)), today=today)) == 1
        assert len(queue.breaks(Choice(owner=queue.NOBODY), today=today)) == 3
        assert not queue.breaks(Choice(state="cleared"), today=today)

    def test_old_and_large_breaks_go_up(self, books: Accounting) -> None:
        cards = books.define(large={"EUR": 5000}, huge={"EUR": 9000})
        books.both(cards, [row("s1"), row("s2", "50.00")], [row("s9", "90.00")])
        told = {
            each.level: each.count for each in queue.waiting(MONDAY + DAY) if each.level is not None
        }
        assert told == {0: 3, 1: 2, 2: 1}
        told = {
            each.level: each.count
            for each in queue.waiting(MONDAY + 40 * DAY)
            if each.level is not None
        }
        assert told[Level.EXECUTIVE] == 3


@pytest.mark.django_db
def test_every_fact_is_guarded() -> None:
    tables = [f"registers_{name}" for name in GUARDED]
    assert unguarded(connection, tables) == []


def test_a_step_of_the_history_cannot_be_changed(books: Accounting, cards: Reconciliation) -> None:
    books.both(cards, [row("s1")], [row("s3")])
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        BreakEvent.objects.update(text="Other")
