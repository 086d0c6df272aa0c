"""Definitions, files and runs of reconciliations: what is taken, what is refused, what fails."""

import shutil
from pathlib import Path

import pytest
from django.db import transaction

from controls.models import Expectation
from evidence.models import LedgerEntry
from registers.errors import (
    InputUnfitError,
    ReconcilingError,
    ReconcilingNotAllowedError,
    RulesUnfitError,
    SamePersonError,
)
from registers.models import (
    Break,
    InputFile,
    Reconciliation,
    ReconciliationRun,
)
from registers.reconciling import (
    definitions,
    files,
    running,
)
from tests.audits.world import clock
from tests.registers.reconciled import (
    DAY,
    MONDAY,
    RULES,
    Accounting,
    breaks,
    morning,
    row,
    written,
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


class TestDefinitions:
    def test_rules_are_used_once_another_person_approved_them(self, books: Accounting) -> None:
        made = definitions.define(books.terms(), by=books.alice)
        assert definitions.rules_in_force(made) is None
        with pytest.raises(SamePersonError):
            definitions.approve_rules(made.rules.get(), note="Mine.", by=books.alice)
        definitions.approve_rules(made.rules.get(), note="Ran them.", by=books.ivan)
        assert definitions.rules_in_force(made) == made.rules.get()
        assert made.currencies == ["EUR", "JPY", "BHD", "USD"]
        assert made.daily_legs == ["a", "b"]

    def test_a_fault_in_the_rules_is_told_with_its_line(self, books: Accounting) -> None:
        with pytest.raises(RulesUnfitError, match=r"rules.yaml, line \d+"):
            definitions.define(books.terms(rules=RULES.replace("P1", "P9")), by=books.alice)
        assert not Reconciliation.objects.exists()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"title": " "},
            {"account": "x" * 121},
            {"window_days": 0},
            {"due_days": 32},
            {"calendar": "moon"},
            {"daily_legs": ("moon",)},
            {"feeds": {"moon": "Bank"}},
            {"large": {"EUR": 0}},
        ],
    )
    def test_terms_that_do_not_fit_are_refused(
        self, books: Accounting, wrong: dict[str, object]
    ) -> None:
        with pytest.raises(ReconcilingError):
            definitions.define(books.terms(**wrong), by=books.alice)

    def test_a_new_version_says_so_and_waits_again(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        with pytest.raises(RulesUnfitError, match="handed in before"):
            definitions.propose_rules(cards, text=RULES, reason="Again.", by=books.alice)
        same_number = RULES.replace("grace_days: 3", "grace_days: 4")
        with pytest.raises(RulesUnfitError, match="Raise the version"):
            definitions.propose_rules(cards, text=same_number, reason="Slow.", by=books.alice)
        raised = same_number.replace("version: 1", "version: 2")
        later = definitions.propose_rules(cards, text=raised, reason="Slow bank.", by=books.alice)
        assert definitions.rules_in_force(cards) != later
        definitions.approve_rules(later, note="Ran it.", by=books.ivan)
        assert definitions.rules_in_force(cards) == later

    def test_only_who_manages_defines(self, books: Accounting) -> None:
        with pytest.raises(ReconcilingNotAllowedError):
            definitions.define(books.terms(), by=books.olga)

    def test_business_days_know_weekends_calendars_and_the_end(self, books: Accounting) -> None:
        rules = RULES.replace("currencies:", "calendars: {bank: [2026-03-04]}\ncurrencies:")
        made = books.define(rules=rules, calendar="bank")
        days = list(definitions.business_days(made, MONDAY - DAY, MONDAY + 7 * DAY))
        assert [day.day for day in days] == [2, 3, 5, 6, 9]
        definitions.change(
            made,
            owner=books.olga,
            due_days=3,
            ends_on=TUESDAY,
            reason="Closed.",
            by=books.alice,
        )
        days = list(definitions.business_days(made, MONDAY, FRIDAY))
        assert days == [MONDAY, TUESDAY]
        with pytest.raises(ReconcilingError, match="Nothing would change"):
            definitions.change(
                made,
                owner=books.olga,
                due_days=3,
                ends_on=TUESDAY,
                reason="Again.",
                by=books.alice,
            )


class TestFiles:
    def test_a_file_becomes_evidence_of_its_day(
        self, books: Accounting, cards: Reconciliation, shelf: Expectation
    ) -> None:
        file = books.hand_in(cards, "a", [row("s1")])
        assert file.evidence.blob_id == file.sha256
        assert (file.evidence.covers_from, file.evidence.covers_to) == (MONDAY, MONDAY)
        assert file.evidence.claims.get().expectation == shelf

    def test_a_broken_file_is_told_with_its_line_and_nothing_is_kept(
        self, books: Accounting, cards: Reconciliation, tmp_path: Path
    ) -> None:
        path = written(tmp_path, "a", MONDAY, [row("s1"), row("s2", amount="ten")])
        with pytest.raises(InputUnfitError, match="line 3"):
            files.hand_in(cards, leg="a", day=MONDAY, path=path, by=books.olga)
        assert not InputFile.objects.exists()

    def test_the_same_bytes_do_not_come_twice(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        books.hand_in(cards, "a", [row("s1")])
        with pytest.raises(InputUnfitError, match="came before"):
            books.hand_in(cards, "a", [row("s1")], day=TUESDAY)

    def test_two_sides_may_have_the_same_bytes_and_it_is_told(
        self, books: Accounting, cards: Reconciliation, tmp_path: Path
    ) -> None:
        first = books.hand_in(cards, "a", [row("s1")])
        path = tmp_path / "b-same.csv"
        shutil.copyfile(tmp_path / "a-2026-03-02.csv", path)
        with clock(morning(MONDAY)):
            assert files.sight(cards, leg="b", day=MONDAY, path=path).twin == first
            files.hand_in(cards, leg="b", day=MONDAY, path=path, by=books.olga)
        run = books.run(cards)
        assert (run.state, run.problem, run.break_count) == ("complete", "", 0)

    def test_a_withdrawn_file_is_read_no_more_and_may_come_again(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        file = books.hand_in(cards, "a", [row("s1")])
        files.withdraw(file, reason="It is of another day.", by=books.olga)
        assert files.read_by(cards, MONDAY) == []
        with pytest.raises(ReconcilingError, match="withdrawn already"):
            files.withdraw(file, reason="Again.", by=books.olga)
        assert books.hand_in(cards, "a", [row("s1")], day=TUESDAY).day == TUESDAY

    def test_days_without_business_and_days_to_come_are_refused(
        self, cards: Reconciliation, tmp_path: Path
    ) -> None:
        path = written(tmp_path, "a", MONDAY, [row("s1")])
        with clock(morning(MONDAY)), pytest.raises(ReconcilingError, match="no business day"):
            files.sight(cards, leg="a", day=MONDAY - DAY, path=path)
        with clock(morning(MONDAY)), pytest.raises(ReconcilingError, match="ahead"):
            files.sight(cards, leg="a", day=MONDAY + 9 * DAY, path=path)
        with pytest.raises(ReconcilingError, match="no leg"):
            files.sight(cards, leg="moon", day=MONDAY, path=path)


class TestRuns:
    def test_a_clean_day_is_complete(self, books: Accounting, cards: Reconciliation) -> None:
        run = books.both(cards, [row("s1")], [row("s1")])
        assert (run.state, run.problem, run.break_count) == ("complete", "", 0)
        assert all(each["holds"] for each in run.facts["identities"])
        assert {each["leg"] for each in run.facts["files"]} == {"a", "b"}
        assert run.output_digest
        assert run.evidence.filename == "rec-1-2026-03-02-run.json"

    def test_the_same_files_give_the_first_run_again(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        run = books.both(cards, [row("s1")], [row("s1")])
        leaves = LedgerEntry.objects.count()
        assert books.run(cards) == run
        assert LedgerEntry.objects.count() == leaves

    def test_a_day_without_its_files_has_no_run(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        books.hand_in(cards, "a", [row("s1")])
        with pytest.raises(ReconcilingError, match="No file of 2026-03-02 came for b"):
            books.run(cards)
        assert not ReconciliationRun.objects.exists()

    def test_a_day_that_is_not_over_waits(self, books: Accounting, cards: Reconciliation) -> None:
        books.both(cards, [row("s1")], [row("s1")])
        with clock(morning(MONDAY - DAY)), pytest.raises(ReconcilingError, match="not over"):
            running.perform(cards, day=MONDAY, by=books.olga)

    def test_a_run_with_a_refused_file_fails_and_counts_nothing(
        self, books: Accounting, cards: Reconciliation
    ) -> None:
        books.hand_in(cards, "b", [row("s9")])
        sound = books.hand_in(cards, "a", [row("s1")])
        with transaction.atomic():
            # As a collector would bring it: the same bytes once more.
            files.keep(cards, leg="a", day=MONDAY, evidence=sound.evidence, by=None)
        run = books.run(cards)
        assert run.state == "failed"
        assert "the same bytes came before" in run.problem
        assert (run.break_count, Break.objects.count()) == (0, 0)

    def test_an_entry_of_the_ledger_that_is_no_zero_fails_the_run(self, books: Accounting) -> None:
        rules = RULES.replace("role: processor", "role: ledger", 1).replace(
            "other: other,", "other: other,", 1
        )
        rules = rules.replace("parent_id: parent", "entry_id: parent")
        cards = books.define(rules=rules)
        run = books.both(cards, [row("s1")], [row("s1", parent="e1")])
        assert run.state == "failed"
        assert "the identity ledger" in run.problem
