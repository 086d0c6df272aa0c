"""The log of a pack continues that of an earlier one, and the auditor's own checkpoint tells."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import merkle
from reports.verifier import verify
from tests.reports.verifier import packs
from tests.reports.verifier.attacks import Attack, Attacks
from tests.reports.verifier.conftest import Outcome, Verifier
from tests.reports.verifier.packs import Draft, Json, LogKey, good
from tests.reports.verifier.trees import canonical, history_of, root_of

NAME = "consistency.json"
ATTACKS = Attacks()


def continued(size: int = 5) -> Draft:
    """A good pack that continues the log as it was at an earlier one."""
    draft = good()
    draft.continues = size
    packs.finish(draft)
    return draft


def told(draft: Draft) -> Json:
    found: Json = json.loads(draft.files[NAME])
    return found


def tell(draft: Draft, **changes: object) -> None:
    draft.files[NAME] = canonical(told(draft) | changes)


def hold(verified: Verifier, draft: Draft, folder: Path, note: str) -> Outcome:
    """Verify a pack against a checkpoint that was kept."""
    path = folder / "held.txt"
    path.write_text(note, encoding="utf-8")
    return verified(draft.pack(), "--held-checkpoint", str(path))


@pytest.mark.parametrize("size", range(1, 12))
def test_the_proof_leads_from_every_size(verified: Verifier, tmp_path: Path, size: int) -> None:
    draft = continued(size)
    outcome = hold(verified, draft, tmp_path, draft.log.checkpoint(size=size))
    assert outcome.verdict == "VALID", outcome
    said = f"History: the log continues the {size} entries of ENG-2025-1/1"
    assert said in outcome.passed


def test_the_proof_is_checked_without_a_checkpoint_of_ones_own(verified: Verifier) -> None:
    assert verified(continued().pack()).verdict == "VALID"


def test_a_history_that_was_rewritten_is_refused(verified: Verifier, tmp_path: Path) -> None:
    held = continued().log.checkpoint(size=5)
    rewritten = good(seed=1)
    rewritten.continues = 5
    packs.finish(rewritten)
    assert verified(rewritten.pack()).verdict == "VALID"
    outcome = hold(verified, rewritten, tmp_path, held)
    assert outcome.refuses("checkpoint.txt", "the history of the log was rewritten")


@pytest.mark.parametrize("size", [3, 7])
def test_a_checkpoint_of_another_size_needs_the_pack_between(
    verified: Verifier, tmp_path: Path, size: int
) -> None:
    draft = continued(5)
    outcome = hold(verified, draft, tmp_path, draft.log.checkpoint(size=size))
    assert (outcome.status, outcome.failures) == (2, [])
    assert f"yours of {size} entries: the pack proves it from the 5" in outcome.unchecked[0]
    assert "Hold that pack to your checkpoint first" in outcome.unchecked[0]


def test_without_a_proof_there_is_no_verdict(verified: Verifier, tmp_path: Path) -> None:
    outcome = hold(verified, good(), tmp_path, good().log.checkpoint(size=5))
    assert (outcome.status, outcome.failures) == (2, [])
    assert "the pack holds no such proof" in outcome.unchecked[0]


def test_a_later_form_is_no_verdict(verified: Verifier) -> None:
    draft = continued()
    tell(draft, format="countersign-consistency/v2")
    assert (verified(draft.pack()).status, verified(draft.pack()).failures) == (2, [])


@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 3))
def test_it_agrees_with_another_implementation(one: int, other: int, bend: int) -> None:
    old, new = sorted((one, other + 1))
    if old == new:
        old -= 1
    hashes = [hashlib.sha256(bytes([place])).digest() for place in range(new)]
    proof = history_of(old, hashes)
    if bend and proof:
        at = bend % len(proof)
        proof = [*proof[:at], bytes(32), *proof[at + 1 :]] if bend < 3 else proof[1:]
    first = verify.Checkpoint(old, root_of(hashes[:old]), b"")
    last = verify.Checkpoint(new, root_of(hashes), b"")
    assert outcome_of(lambda: verify.check_history(first, last, proof)) == outcome_of(
        lambda: merkle.verify_consistency(old, first.root, new, last.root, proof)
    )


def outcome_of(check: object) -> bool:
    try:
        check()  # type: ignore[operator]
    except (ValueError, merkle.ProofError):
        return False
    return True


@ATTACKS.on(NAME, "does not lead from the 5 entries of then")
def a_hash_of_the_proof_is_changed(draft: Draft) -> None:
    proof = told(draft)["proof"]
    tell(draft, proof=[*proof[:-1], base64.b64encode(bytes(32)).decode()])


@ATTACKS.on(NAME, "has a proof with too many or too few hashes")
def the_proof_has_a_hash_more(draft: Draft) -> None:
    proof = told(draft)["proof"]
    tell(draft, proof=[*proof, proof[0]])


@ATTACKS.on(NAME, "has a proof with too many or too few hashes")
def the_proof_has_a_hash_less(draft: Draft) -> None:
    tell(draft, proof=told(draft)["proof"][:-1])


@ATTACKS.on(NAME, "has a proof with too many or too few hashes")
def the_proof_is_left_out(draft: Draft) -> None:
    tell(draft, proof=[])


@ATTACKS.on(NAME, "has no start, and no reason for that")
def the_start_is_left_out(draft: Draft) -> None:
    tell(draft, **{"from": None, "checkpoint": None, "pack": None, "proof": []})


@ATTACKS.on(NAME, "holds base64 in another than its one canonical form")
def a_hash_is_written_in_another_base64(draft: Draft) -> None:
    proof = told(draft)["proof"]
    tell(draft, proof=[proof[0] + "\n", *proof[1:]])


@ATTACKS.on(NAME, "leads to another log than that of this pack")
def the_proof_leads_to_another_log(draft: Draft) -> None:
    tell(draft, to={"size": 12, "root": "0" * 64})


@ATTACKS.on(NAME, "starts from another log than its older checkpoint says")
def the_proof_starts_from_another_log(draft: Draft) -> None:
    tell(draft, **{"from": packs.state_of(draft.log, 4)})


@ATTACKS.on(NAME, "is not signed by the log")
def the_older_checkpoint_is_of_another_key(draft: Draft) -> None:
    tell(draft, checkpoint=draft.log.checkpoint(LogKey.of(b"somebody else"), size=5))


@ATTACKS.on(NAME, "starts from a log that is not an older and shorter one")
def the_older_checkpoint_is_this_one(draft: Draft) -> None:
    here = packs.state_of(draft.log, 12)
    tell(draft, **{"from": here, "checkpoint": draft.log.checkpoint(), "proof": []})


@ATTACKS.on(NAME, "is not the signed checkpoint of a log")
def the_older_checkpoint_has_a_size_with_zeros(draft: Draft) -> None:
    root = base64.b64encode(root_of(draft.log.hashes[:5])).decode()
    tell(draft, checkpoint=packs.KEY.note(f"{packs.KEY.name}\n005\n{root}\n"))


@ATTACKS.each()
def test_it_refuses_a_history_that_does_not_hold(
    verified: Verifier, attack: Attack, file: str, reason: str
) -> None:
    draft = continued()
    attack(draft)
    outcome = verified(draft.pack())
    assert outcome.refuses(file, reason), outcome
