"""Each pass matches what it should, and each reason code is given for its own cause."""

from datetime import date
from pathlib import Path

import pytest

from evidence.reconcile.outcome import Outcome, State
from tests.evidence.reconcile.small import ALL, reasons, reconcile, row, rule_text

GROUPS = "\n      - {id: P3, left: settlement_id, right: settlement_id, measure: net}"
SPLITS = """
      - {id: P1, left: own_id, right: own_id}
      - {id: P4, left: own_id, right: parent_id}
"""


def only(found: Outcome) -> str:
    """Return the only reason that a run gives, once."""
    assert found.failed_identities == []
    (reason,) = {each.reason for each in found.breaks}
    return reason


def classes(found: Outcome) -> dict[tuple[str, str], int]:
    told: dict[tuple[str, str], int] = {}
    for total in found.totals:
        key = total.side, total.item_class
        told[key] = told.get(key, 0) + total.count
    return told


def test_equal_items_match_by_their_own_id(tmp_path: Path) -> None:
    found = reconcile(tmp_path, rule_text(), [row("A"), row("B")], [row("B"), row("A")])
    assert (found.state, found.breaks, found.candidates) == (State.CLEAN, [], [])
    assert classes(found) == {("left", "matched"): 2, ("right", "matched"): 2}


def test_what_has_no_own_id_matches_by_that_of_the_processor(tmp_path: Path) -> None:
    found = reconcile(tmp_path, rule_text(), [row("A", other="T1")], [row("", other="T1")])
    assert found.state is State.CLEAN


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"amount": "10.01"}, "amount"),
        ({"currency": "USD"}, "currency"),
        ({"status": "bad"}, "status"),
        ({"status": "wait"}, "status"),
        ({"kind": "refund"}, "unknown"),
    ],
)
def test_a_difference_under_one_key_has_its_reason(
    tmp_path: Path, changed: dict[str, str], reason: str
) -> None:
    found = reconcile(tmp_path, rule_text(), [row("A")], [row("A", **changed)])
    assert only(found) == reason
    assert (found.breaks[0].left.count, found.breaks[0].right.count) == (1, 1)
    assert found.state is State.BREAKS


def test_a_pending_item_is_no_break_before_its_day(tmp_path: Path) -> None:
    late = date(2026, 3, 3)
    found = reconcile(tmp_path, rule_text(), [row("A")], [row("A", status="wait")], as_of=late)
    assert found.state is State.CLEAN
    assert classes(found) == {("left", "not_due"): 1, ("right", "not_due"): 1}


@pytest.mark.parametrize(
    ("roles", "left", "reason"),
    [
        (("platform", "processor"), True, "missing_in_processor"),
        (("platform", "processor"), False, "missing_in_platform"),
        (("platform", "ledger"), True, "missing_in_ledger"),
        (("processor", "bank"), True, "missing_in_bank"),
        (("processor", "bank"), False, "unexpected_in_bank"),
    ],
)
def test_what_stands_alone_is_missing_on_the_other_side(
    tmp_path: Path, roles: tuple[str, str], left: bool, reason: str
) -> None:
    sides = ([row("A")], []) if left else ([], [row("A")])
    assert only(reconcile(tmp_path, rule_text(roles=roles), *sides)) == reason


@pytest.mark.parametrize(
    ("as_of", "state", "reason"),
    [
        (date(2026, 3, 3), State.CLEAN, None),
        (date(2026, 3, 4), State.BREAKS, "timing_overdue"),
        (date(2026, 3, 6), State.BREAKS, "timing_overdue"),
        (date(2026, 3, 9), State.BREAKS, "missing_in_processor"),
    ],
)
def test_time_turns_what_is_not_due_into_overdue_and_missing(
    tmp_path: Path, as_of: date, state: State, reason: str | None
) -> None:
    # Monday 2 March, two business days of lag, three of grace.
    found = reconcile(tmp_path, rule_text(), [row("A")], [], as_of=as_of)
    assert found.state is state
    assert [each.reason for each in found.breaks] == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("refund", "orphan_refund"),
        ("chargeback", "orphan_chargeback"),
        ("return", "return_unposted"),
        ("hold", "reserve"),
        ("adjust", "manual_adjustment"),
        ("other", "unknown"),
    ],
)
def test_kinds_with_a_code_of_their_own_get_it(tmp_path: Path, kind: str, reason: str) -> None:
    lone = row("R", kind=kind, parent="nowhere")
    assert only(reconcile(tmp_path, rule_text(), [], [lone])) == reason


def test_a_refund_whose_original_is_known_is_merely_missing(tmp_path: Path) -> None:
    refund = row("R", kind="refund", parent="A")
    found = reconcile(tmp_path, rule_text(), [row("A")], [row("A"), refund])
    assert only(found) == "missing_in_platform"


def test_the_same_id_twice_is_a_duplicate_and_matches_once(tmp_path: Path) -> None:
    found = reconcile(tmp_path, rule_text(), [row("A")], [row("A"), row("A"), row("A")])
    assert only(found) == "duplicate"
    assert len(found.breaks) == 2
    assert classes(found)["right", "matched"] == 1
    assert len({each.id for each in found.breaks}) == 2


def test_the_same_content_under_a_new_id_is_a_duplicate(tmp_path: Path) -> None:
    text = rule_text(leg_extra="duplicate_seconds: 60")
    copies = [row("A", last4="4242"), row("B", last4="4242", time="2026-03-02T10:00:30+00:00")]
    found = reconcile(tmp_path, text, [row("A", last4="4242")], copies)
    assert only(found) == "duplicate"
    later = [row("A", last4="4242"), row("B", last4="4242", time="2026-03-02T10:05:00+00:00")]
    found = reconcile(tmp_path, text, [row("A", last4="4242")], later)
    assert only(found) == "missing_in_platform"


def test_what_failed_alone_moved_no_money(tmp_path: Path) -> None:
    found = reconcile(tmp_path, rule_text(), [row("A", status="bad")], [])
    assert found.state is State.CLEAN
    assert classes(found) == {("left", "out_of_scope"): 1}


def test_an_unknown_word_puts_its_row_into_quarantine(tmp_path: Path) -> None:
    found = reconcile(tmp_path, rule_text(), [row("A", kind="novel")], [row("A")])
    assert reasons(found) == {"mapping_unknown": ["A"], "missing_in_platform": ["A"]}
    assert classes(found)["left", "quarantined"] == 1
    assert found.failed_identities == []


def test_entries_of_a_settlement_make_its_payout(tmp_path: Path) -> None:
    text = rule_text(passes=GROUPS, kinds=(ALL, "[payout]"))
    entries = [
        row("A", "100.00", batch="S1", fee="2.90"),
        row("B", "-30.00", batch="S1", kind="refund"),
    ]
    payout = row("P", "67.10", batch="S1", kind="payout")
    found = reconcile(tmp_path, text, entries, [payout])
    assert found.state is State.CLEAN
    short = row("P", "67.09", batch="S1", kind="payout")
    found = reconcile(tmp_path, text, entries, [short])
    assert only(found) == "amount"
    (each,) = found.breaks
    assert (each.left.count, each.right.count, each.key) == (2, 1, "S1")


def test_a_tolerance_is_used_and_listed(tmp_path: Path) -> None:
    passes = GROUPS.replace("measure: net", "measure: net, tolerance: {EUR: 2}")
    text = rule_text(passes=passes, kinds=(ALL, "[payout]"))
    entries = [row("A", "10.00", batch="S1"), row("B", "10.00", batch="S2")]
    payouts = [
        row("P", "9.98", batch="S1", kind="payout"),
        row("Q", "10.03", batch="S2", kind="payout"),
    ]
    found = reconcile(tmp_path, text, entries, payouts)
    assert [(each.key, each.difference) for each in found.tolerated] == [("S1", 2)]
    assert only(found) == "amount"


def test_captures_in_parts_make_their_whole(tmp_path: Path) -> None:
    text = rule_text(passes=SPLITS)
    parts = [row("X", "6.00", parent="A"), row("Y", "4.00", parent="A")]
    assert reconcile(tmp_path, text, [row("A")], parts).state is State.CLEAN
    parts[1] = row("Y", "4.50", parent="A")
    assert only(reconcile(tmp_path, text, [row("A")], parts)) == "split_sum"


def test_candidates_are_shown_and_closed_by_nobody(tmp_path: Path) -> None:
    found = reconcile(tmp_path, rule_text(), [row("A")], [row("B")])
    assert [(pair.left, pair.right) for pair in found.candidates] == [("A", "B")]
    assert found.break_count == 2
    other = reconcile(tmp_path, rule_text(), [row("A")], [row("B", merchant="M2")])
    assert other.candidates == []


def test_an_id_that_is_used_again_after_long_is_another_item(tmp_path: Path) -> None:
    old = row("A", time="2025-10-01T10:00:00+00:00")
    found = reconcile(tmp_path, rule_text(), [row("A"), old], [row("A")])
    assert reasons(found) == {"missing_in_processor": ["A"]}
    assert found.breaks[0].due_on == date(2025, 10, 3)


FEES = """
fees:
  - name: card-fees
    of: {leg: b, kinds: [sale]}
    basis_points: 290
    fixed: {EUR: 30}
    rounding: half_even
    batch_cap: {EUR: 2}
"""


@pytest.mark.parametrize(
    ("fee", "is_break", "difference"),
    [("0.59", False, 0), ("0.60", False, 1), ("0.58", False, -1), ("0.61", True, 2), ("", True, 0)],
)
def test_a_fee_is_computed_anew(tmp_path: Path, fee: str, is_break: bool, difference: int) -> None:
    found = reconcile(tmp_path, rule_text(more=FEES), [row("A", fee="9")], [row("A", fee=fee)])
    assert [each.reason for each in found.breaks] == (["fee_variance"] if is_break else [])
    assert [each.difference for each in found.tolerated] == (
        [difference] if difference and not is_break else []
    )
    assert found.failed_identities == []


def test_the_cap_of_a_batch_ends_its_tolerance(tmp_path: Path) -> None:
    ids = ("A", "B", "C")
    off = [row(name, fee="0.60", batch="S1") for name in ids]
    found = reconcile(tmp_path, rule_text(more=FEES), [row(name) for name in ids], off)
    assert {name: sorted(ids) for name, ids in reasons(found).items()} == {
        "fee_variance": ["A", "B", "C"]
    }


@pytest.mark.parametrize(("rounding", "fee"), [("half_even", "0.02"), ("half_up", "0.03")])
def test_half_a_unit_is_rounded_as_the_contract_says(
    tmp_path: Path, rounding: str, fee: str
) -> None:
    # 250 basis points of 1.00 are 2.5 minor units.
    more = f"""
fees:
  - {{name: card-fees, of: {{leg: b, kinds: [sale]}}, basis_points: 250, rounding: {rounding},
     tolerance: 0}}
"""
    right = [row("A", "1.00", fee=fee)]
    found = reconcile(tmp_path, rule_text(more=more), [row("A", "1.00")], right)
    assert found.state is State.CLEAN
    wrong = [row("A", "1.00", fee="0.03" if fee == "0.02" else "0.02")]
    found = reconcile(tmp_path, rule_text(more=more), [row("A", "1.00")], wrong)
    assert only(found) == "fee_variance"
