"""Each deed of reconciling leaves its leaf, the check of the log holds rows to it, and none speaks.

What people write (titles, reasons, causes, notes) is personal and may have to be forgotten: leaves
keep its digest, never its words.
"""

from datetime import date
from hashlib import sha256

import pytest

from evidence import told
from evidence.models import LedgerEntry
from registers.models import (
    BreakEvent,
    DaySignature,
    InputFile,
    InputWithdrawal,
    MatchingRules,
    MonthSignature,
    Reconciliation,
    ReconciliationChange,
    ReconciliationRun,
    RulesApproval,
    WriteOffLimit,
)
from registers.reconciling import definitions, files, limits, months, working
from tests.audits.world import clock
from tests.evidence.test_verification import found, update
from tests.registers.reconciled import (
    DAY,
    MONDAY,
    RULES,
    Accounting,
    breaks,
    morning,
    reasons_for,
    row,
)

pytestmark = pytest.mark.usefixtures("var_dir")
TUESDAY, APRIL = MONDAY + DAY, date(2026, 4, 1)
SPOKEN = "quokka"
"""Stands in every text that somebody writes here."""
LIFE = {
    "reconciliation.defined": Reconciliation,
    "reconciliation.rules": MatchingRules,
    "reconciliation.rules_approved": RulesApproval,
    "reconciliation.changed": ReconciliationChange,
    "reconciliation.file": InputFile,
    "reconciliation.file_withdrawn": InputWithdrawal,
    "reconciliation.run": ReconciliationRun,
    "reconciliation.limit": WriteOffLimit,
    "reconciliation.signed": DaySignature,
    "reconciliation.month_signed": MonthSignature,
    "break.assigned": BreakEvent,
    "break.explained": BreakEvent,
    "break.proposed": BreakEvent,
    "break.approved": BreakEvent,
    "break.refused": BreakEvent,
}


def say(what: str) -> str:
    return f"{what} {SPOKEN}."


def explained(books: Accounting, label: str, cards: Reconciliation, proposal: str) -> None:
    one = breaks(cards)[label]
    working.explain(one, cause=say("Cause"), ticket=f"PAY {SPOKEN}", by=books.olga)
    working.propose(one, proposal=proposal, resolution=say("Way"), by=books.olga)


@pytest.fixture
def lived(books: Accounting) -> Reconciliation:
    """A reconciliation with which everything was done once."""
    cards = books.define(title=say("Cards"), account=say("Account"))
    later = RULES.replace("version: 1", "version: 2") + f"# {SPOKEN}\n"
    rules = definitions.propose_rules(cards, text=later, reason=say("Rules"), by=books.alice)
    definitions.approve_rules(rules, note=say("Ran"), by=books.ivan)
    definitions.change(
        cards, owner=books.olga, due_days=5, ends_on=None, reason=say("Change"), by=books.alice
    )
    limits.set_limit(
        "reviewer", currency="EUR", of_one=90, of_month=90, reason=say("Limit"), by=books.alice
    )
    wrong = books.hand_in(cards, "a", [row("x1")])
    files.withdraw(wrong, reason=say("Wrong"), by=books.olga)
    run = books.both(cards, [row("s1"), row(SPOKEN)], [row("s1", "10.50")])
    working.assign(list(cards.breaks.all()), to=books.olga, by=books.olga)
    with clock(morning(MONDAY)):
        explained(books, "s1", cards, "written_off")
        working.approve(breaks(cards)["s1"], note=say("Seen"), by=books.ivan)
        explained(books, SPOKEN, cards, "accepted")
        working.refuse(breaks(cards)[SPOKEN], note=say("No"), by=books.ivan)
    books.sign(run)
    with clock(morning(APRIL)):
        why = reasons_for(cards, MONDAY, why=say("Shut"))
        months.sign(cards, MONDAY, note=say("Month"), reasons=why, by=books.ivan)
    return cards


def test_every_deed_left_its_leaf_and_nobody_forgot_one_here(lived: Reconciliation) -> None:
    kinds = {*LedgerEntry.objects.values_list("kind", flat=True)}
    assert {*LIFE} <= kinds
    known = {
        kind
        for one in told.all_told()
        if one.model in {*LIFE.values()}
        for kind in one.kinds
        if not kind.endswith(".")
    }
    assert known <= {*LIFE}
    # Runs tell of what they found, changed, cleared and opened again; people of the rest.
    by_run = {"found", "changed", "cleared", "reopened"}
    deeds = {kind.removeprefix("break.") for kind in LIFE if kind.startswith("break.")}
    assert deeds | by_run == {*BreakEvent.Kind.values}


def test_a_whole_life_has_no_problem(lived: Reconciliation) -> None:
    assert found() == []
    for kind, model in LIFE.items():
        rows = model._default_manager.filter(ledger_entry__kind=kind)
        assert rows.exists(), kind


def test_no_free_text_stands_in_a_leaf(lived: Reconciliation) -> None:
    ours = [*LedgerEntry.objects.filter(kind__in=LIFE)]
    assert len(ours) >= len(LIFE)
    for leaf in ours:
        assert SPOKEN not in leaf.leaf, leaf.kind
    limit = LedgerEntry.objects.get(kind="reconciliation.limit")
    assert sha256(say("Limit").encode()).hexdigest() in limit.leaf


@pytest.mark.parametrize(
    ("model", "columns", "named"),
    [
        (MatchingRules, {"reason": "Other."}, "reason_sha256"),
        (RulesApproval, {"note": "Other."}, "note_sha256"),
        (ReconciliationChange, {"reason": "Other."}, "reason_sha256"),
        (InputFile, {"sha256": "0" * 64}, "sha256"),
        (InputWithdrawal, {"reason": "Other."}, "reason_sha256"),
        (ReconciliationRun, {"break_count": 7}, "breaks"),
        (WriteOffLimit, {"of_month": 10_000}, "of_month"),
        (DaySignature, {"note": "Other."}, "note_sha256"),
        (MonthSignature, {"note": "Other."}, "note_sha256"),
        (MonthSignature, {"facts": "{}"}, "facts_sha256"),
    ],
)
def test_a_row_that_was_changed_is_found(
    lived: Reconciliation, model: object, columns: dict[str, object], named: str
) -> None:
    changed = model.objects.first()  # type: ignore[attr-defined]
    update(model, changed.pk, **columns)
    assert any(named in sentence for _, sentence in found())
