"""A proof convinces whoever has the log's key, with nothing of ours but the answer."""

import base64
from hashlib import sha256

import pytest

from accounts.models import User
from evidence import checkpoint, merkle, signed_note
from evidence.models import Checkpoint, Evidence
from tests.api import calls
from tests.api.calls import EVIDENCE, Program

pytestmark = pytest.mark.django_db


def address(evidence: Evidence) -> str:
    return f"{EVIDENCE}/{evidence.ref}/proof"


def test_the_proof_leads_from_the_leaf_to_the_signed_root(robot: Program) -> None:
    several = [calls.evidence(content=b"%d" % number) for number in range(5)]
    for evidence in several:
        told = robot.get(address(evidence)).json()
        assert told["ref"] == evidence.ref
        leaf_hash = sha256(b"\0" + told["leaf"].encode()).digest()
        assert leaf_hash.hex() == told["leaf_hash"]
        assert f'"sha256":"{evidence.blob_id}"' in told["leaf"]
        verifier = signed_note.Verifier.from_vkey(told["vkey"])
        text = signed_note.open_note(told["checkpoint"], [verifier])
        signed = signed_note.Checkpoint.from_text(text)
        assert signed.size == told["size"]
        hashes = [base64.b64decode(one) for one in told["hashes"]]
        merkle.verify_inclusion(leaf_hash, told["index"], signed.size, hashes, signed.root)


def test_as_text_it_is_a_proof_file(robot: Program) -> None:
    evidence = calls.evidence()
    answer = robot.get(address(evidence), Accept="text/plain")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    proof = signed_note.parse_proof_file(answer.content.decode())
    assert proof.index == evidence.ledger_entry_id
    verifier = signed_note.Verifier.from_vkey(checkpoint.vkey())
    signed_note.open_note(proof.checkpoint_note, [verifier])


def test_a_checkpoint_that_covers_the_leaf_is_taken_again(robot: Program) -> None:
    first = calls.evidence()
    told = robot.get(address(first)).json()
    second = calls.evidence(content=b"2")
    assert robot.get(address(first)).json() == told
    assert robot.get(address(second)).json()["size"] == 2
    assert Checkpoint.objects.count() == 2


def test_an_error_is_json_even_where_text_was_wanted(robot: Program) -> None:
    answer = robot.get(f"{EVIDENCE}/EV-999999/proof", Accept="text/plain")
    calls.error(answer, 404, "not_found")


def test_another_form_is_refused(robot: Program) -> None:
    answer = robot.get(address(calls.evidence()), Accept="application/pdf")
    calls.error(answer, 406, "not_acceptable")


def test_it_refuses_a_wrong_method(robot: Program) -> None:
    calls.error(robot.call("POST", address(calls.evidence())), 405, "method_not_allowed")


def test_it_refuses_charlie(charlie: User) -> None:
    answer = calls.program(charlie).get(address(calls.evidence()))
    calls.error(answer, 403, "insufficient_scope")
