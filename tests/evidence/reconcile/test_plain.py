"""What is set aside as plain is what the exact passes would have matched, and nothing else."""

from pathlib import Path

import pytest
from hypothesis import given

from evidence.reconcile import plain
from evidence.reconcile.engine import Engine
from evidence.reconcile.outcome import Outcome
from tests.evidence.reconcile.small import reconcile, row, rule_text
from tests.evidence.reconcile.test_properties import essence, few, rows, run


def told(found: Outcome) -> object:
    """All that a run says beside its digest, which tells plain pairs in another way."""
    whole = essence(found)
    assert isinstance(whole, tuple)
    return whole[1:], found.break_count, found.failed_identities


def without(left: list[str], right: list[str]) -> Outcome:
    """Run with nothing set aside."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "set_aside", lambda *_: None)
        return run(left, right)


@few
@given(rows, rows)
def test_setting_aside_changes_nothing_that_is_told(left: list[str], right: list[str]) -> None:
    assert told(run(left, right)) == told(without(left, right))


@pytest.mark.parametrize(
    ("left", "right", "aside"),
    [
        ([row("A"), row("B")], [row("B"), row("A")], 2),
        ([row("A")], [row("A", "10.01")], 0),
        ([row("A")], [row("A", status="wait")], 0),
        ([row("A")], [row("A", time="2026-01-02T10:00:00+00:00")], 0),
        ([row("A")], [row("A"), row("A", "3.00")], 0),
        ([row("A"), row("A")], [row("A"), row("B")], 0),
        ([row("A", other="T"), row("B", other="T")], [row("A"), row("B")], 2),
        ([row("", other="T")], [row("", other="T")], 0),
        ([row("A", kind="novel"), row("A")], [row("A")], 1),
    ],
)
def test_only_keys_that_stand_once_and_agree_are_plain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: list[str], right: list[str], aside: int
) -> None:
    counted: list[int] = []
    take_out = plain._take_out_repeated

    def count(engine: Engine, buckets: int) -> None:
        take_out(engine, buckets)
        counted.append(next(iter(engine.rows("SELECT count(*) FROM meeting WHERE is_plain")))[0])

    monkeypatch.setattr(plain, "_take_out_repeated", count)
    found = reconcile(tmp_path, rule_text(), left, [*right, row("mark", "7.77")])
    assert counted == [aside]
    assert found.failed_identities == []


def test_an_id_that_its_leg_must_have_once_keeps_both_from_being_plain(tmp_path: Path) -> None:
    text = rule_text(leg_extra="unique: processor_id")
    left = [row("A", other="T"), row("B", other="T"), row("C", other="U")]
    found = reconcile(tmp_path, text, left, [row("A"), row("B"), row("C")])
    assert sorted((each.reason, each.left.count) for each in found.breaks) == [
        ("duplicate", 1),
        ("missing_in_platform", 0),
    ]
    assert found.failed_identities == []


def test_hashes_that_collide_send_items_the_exact_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = rule_text(leg_extra="unique: processor_id")
    left = [row("A", other="T"), row("B", other="U")]
    before = reconcile(tmp_path, text, left, [row("A"), row("B", "3.00")])
    monkeypatch.setattr(plain, "_HASHES", 1)
    found = reconcile(tmp_path, text, left, [row("A"), row("B", "3.00")])
    assert (found.totals, found.breaks) == (before.totals, before.breaks)
    assert found.failed_identities == []


@few
@given(rows, rows)
def test_joining_in_buckets_changes_nothing(left: list[str], right: list[str]) -> None:
    before = essence(run(left, right))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "ROWS_OF_A_JOIN", 2)
        assert essence(run(left, right)) == before


def test_a_copy_of_a_plain_item_under_another_id_is_a_duplicate(tmp_path: Path) -> None:
    text = rule_text(leg_extra="duplicate_seconds: 60")
    copies = [row("A", last4="4242"), row("B", last4="4242")]
    found = reconcile(tmp_path, text, [row("A", last4="4242")], copies)
    assert [(each.reason, each.right.ids) for each in found.breaks] == [("duplicate", "B")]
