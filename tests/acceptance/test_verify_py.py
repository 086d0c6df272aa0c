"""verify.py and the shared set: what it says of each pack, and that each attack is a real one."""

import hashlib
from pathlib import Path

import pytest

from reports.verifier import verify
from tests.acceptance.attacks.registry import ATTACKS, COULD_NOT_CHECK, INVALID, Attack, Means
from tests.acceptance.attacks.running import run_script
from tests.acceptance.attacks.weaker import falls, sums_agree
from tests.reports.verifier import packs, trees
from tests.reports.verifier.packs import good

NAMES = [one.name for one in ATTACKS]
# Refused twice over: a leaf must be JSON as well, which the two hashes of a node never are.
TWICE = {"48-a-node-is-passed-off-as-a-leaf"}


@pytest.mark.parametrize("attack", ATTACKS, ids=NAMES)
def test_it_says_what_must_be_said(attack: Attack, tmp_path: Path) -> None:
    case = attack.make(Means())
    outcome = run_script(case, tmp_path)
    assert outcome.fits(case), outcome


@pytest.mark.parametrize(
    "attack", [one for one in ATTACKS if one.weakness], ids=lambda one: one.name
)
def test_a_weaker_verifier_falls_for_it(attack: Attack, tmp_path: Path) -> None:
    assert attack.weakness
    assert falls(attack.weakness, attack.make(Means()), tmp_path)


def test_whatever_is_refused_has_its_weaker_verifier() -> None:
    unproved = {
        one.name for one in ATTACKS if one.weakness is None and one.make(Means()).verdict == INVALID
    }
    assert unproved == TWICE


def test_without_the_prefix_of_leaves_a_node_could_pass_for_one() -> None:
    """The hash of a node over two leaves, taken as that of a leaf, leads to the same root."""
    hashes = good().log.hashes[:2]
    log = packs.Log([b"".join(hashes)])
    plain = hashlib.sha256(b"\1" + log.leaves[0]).digest()
    assert verify.climb(plain, 0, 1, []) == trees.node(*hashes)
    assert log.root != trees.node(*hashes)


def test_the_set_covers_what_the_list_says_of_packs() -> None:
    # What is not here is about the store, the database and the clock, or about later parts.
    others = {42, 43, 52}
    assert set(range(1, 55)) - others <= {one.number for one in ATTACKS}


def test_who_compares_checksums_only_takes_the_good_pack() -> None:
    means = Means()
    assert sums_agree(means.pack)
    assert not sums_agree(means.pack.replace(b"alice,yes", b"alice,no!"))


def test_no_verdict_is_never_an_acceptance(tmp_path: Path) -> None:
    for attack in ATTACKS:
        case = attack.make(Means())
        if case.verdict == COULD_NOT_CHECK:
            assert run_script(case, tmp_path).verdict == COULD_NOT_CHECK
