"""Files before the window bring the other halves of pairs, and tell nothing of their own."""

from pathlib import Path

from tests.evidence.reconcile.small import reasons, reconcile, row, rule_text

LEAD = {"leading_in": {"a.csv"}}


def classes(found: object) -> dict[tuple[str, str], int]:
    return {(each.side, each.item_class): each.count for each in found.totals}  # type: ignore[attr-defined]


def test_what_stands_alone_there_is_out_of_scope(tmp_path: Path) -> None:
    left = [row("A"), row("B"), row("C", kind="nothing known")]
    found = reconcile(tmp_path, rule_text(), left, [row("B")], **LEAD)  # type: ignore[arg-type]
    assert found.breaks == []
    assert classes(found) == {
        ("left", "matched"): 1,
        ("right", "matched"): 1,
        ("left", "out_of_scope"): 2,
    }
    assert found.failed_identities == []
    assert [each.leads_in for each in found.files] == [True, False]


def test_a_difference_to_an_item_of_the_window_is_told(tmp_path: Path) -> None:
    left = [row("A"), row("B")]
    right = [row("A", "10.01"), row("D")]
    found = reconcile(tmp_path, rule_text(), left, right, **LEAD)  # type: ignore[arg-type]
    assert reasons(found) == {"amount": ["A"], "missing_in_platform": ["D"]}
    assert found.failed_identities == []


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    left, right = [row("A"), row("B"), row("B")], [row("A", "10.01"), row("B")]
    first = reconcile(tmp_path, rule_text(), left, right, **LEAD)  # type: ignore[arg-type]
    again = reconcile(tmp_path, rule_text(), left[::-1], right[::-1], **LEAD)  # type: ignore[arg-type]
    assert first.digest == again.digest
    assert first.digest != reconcile(tmp_path, rule_text(), left, right).digest
