"""The generated world: every planted fault is found, nothing else is, and all identities hold."""

from collections import Counter
from pathlib import Path

import pytest

from evidence.reconcile import rules, run
from evidence.reconcile.outcome import Break, Outcome, State
from tests.evidence.reconcile.world import ALPHA_NUMBERS, AS_OF, BETA_NUMBERS, EACH, World

RULES = Path(__file__).with_name("world.yaml")
PLANTED_CODES = {
    "timing_overdue",
    "missing_in_processor",
    "missing_in_platform",
    "missing_in_ledger",
    "missing_in_bank",
    "unexpected_in_bank",
    "amount",
    "currency",
    "status",
    "duplicate",
    "fee_variance",
    "fx_rounding",
    "split_sum",
    "orphan_refund",
    "orphan_chargeback",
    "return_unposted",
    "reserve",
    "mapping_unknown",
    "manual_adjustment",
    "unknown",
}


def told(found: Break) -> tuple[str, str, str]:
    comparison = "" if found.reason == "mapping_unknown" else found.comparison
    return comparison, found.reason, found.key or found.left.ids or found.right.ids


def reconcile(folder: Path, world: World, *, shuffled: int = 0) -> Outcome:
    folder.mkdir()
    legs = world.write(folder, shuffled=shuffled)
    return run.reconcile(rules.read(RULES), legs, scratch=folder, terms=run.Terms(AS_OF))


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=7, size=10_000)


@pytest.fixture(scope="module")
def found(world: World, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return reconcile(tmp_path_factory.mktemp("world") / "files", world)


def test_all_that_was_planted_is_found_and_nothing_else(world: World, found: Outcome) -> None:
    listed = [told(each) for each in found.breaks]
    assert {*listed} - world.planted == set()
    assert world.planted - {*listed} == set()
    assert len(listed) == len({*listed}) == found.break_count
    planted = Counter(reason for _, reason, _ in world.planted)
    assert {*planted} == PLANTED_CODES
    assert min(planted.values()) >= EACH


def test_files_that_are_missing_or_refused_are_told(found: Outcome) -> None:
    reasons = Counter(each.reason for each in found.file_breaks)
    gaps = sum(max(each) - len(each) for each in (ALPHA_NUMBERS, BETA_NUMBERS))
    assert reasons == {"file_missing": gaps, "file_rejected": EACH}
    assert gaps >= EACH
    refused = {each.subject: each.detail for each in found.file_breaks if each.line or each.detail}
    # Of two files with the same bytes, the second by name is the copy.
    assert "the same bytes" in refused["alpha-001.csv"]
    assert "the same bytes" in refused["zz-USD-1.xml"]
    assert "cut off" in refused["zz-cut.sta"]
    assert "trailer of the account" in refused["zz-wrong.bai"]
    assert "sandbox" in refused["platform-test.csv"]


def test_what_is_not_due_is_no_break(world: World, found: Outcome) -> None:
    early = sum(
        total.count
        for total in found.totals
        if (total.comparison, total.side, total.item_class)
        == ("platform-processor", "left", "not_due")
    )
    assert early == world.not_due == EACH


def test_all_identities_hold(found: Outcome) -> None:
    assert found.failed_identities == []
    names = {identity.name for identity in found.identities}
    assert names == {"files", "once", "classes", "matched", "settlement", "ledger", "chain"}
    assert found.state is State.BREAKS


def test_another_order_of_rows_gives_the_same_digest(tmp_path: Path) -> None:
    world = World(seed=11, size=400)
    first = reconcile(tmp_path / "first", world)
    again = reconcile(tmp_path / "again", world)
    other = reconcile(tmp_path / "other", world, shuffled=5)
    assert first.digest == again.digest == other.digest
    assert {told(each) for each in other.breaks} == world.planted
    assert [each.id for each in first.breaks] == [each.id for each in other.breaks]
    assert {each.sha256 for each in first.files} != {each.sha256 for each in other.files}
    assert World(seed=12, size=400).planted != world.planted
