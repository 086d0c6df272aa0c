"""The signed state of the log, for whoever wants to keep watch."""

import base64

import pytest

from accounts.models import User
from evidence import ledger, signed_note
from evidence.models import Checkpoint
from tests.api import calls
from tests.api.calls import Program

pytestmark = pytest.mark.django_db
CHECKPOINT = "/api/v1/checkpoint"


def test_it_states_the_log_as_it_stands(robot: Program) -> None:
    for number in range(3):
        calls.evidence(content=b"%d" % number)
    told = robot.get(CHECKPOINT).json()
    assert told["size"] == 3
    assert base64.b64decode(told["root_hash"]) == ledger.root(3)
    verifier = signed_note.Verifier.from_vkey(told["vkey"])
    signed = signed_note.Checkpoint.from_text(signed_note.open_note(told["note"], [verifier]))
    assert (signed.origin, signed.size) == (told["origin"], 3)


def test_as_text_it_is_the_bare_note(robot: Program) -> None:
    calls.evidence()
    answer = robot.get(CHECKPOINT, Accept="text/plain")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode() == robot.get(CHECKPOINT).json()["note"]


def test_a_log_that_did_not_grow_is_not_signed_again(robot: Program) -> None:
    calls.evidence()
    assert robot.get(CHECKPOINT).json() == robot.get(CHECKPOINT).json()
    assert Checkpoint.objects.count() == 1


def test_an_empty_log_has_a_checkpoint_too(robot: Program) -> None:
    assert robot.get(CHECKPOINT).json()["size"] == 0


def test_it_refuses_a_wrong_method(robot: Program) -> None:
    calls.error(robot.call("DELETE", CHECKPOINT), 405, "method_not_allowed")


def test_it_refuses_charlie(charlie: User) -> None:
    calls.error(calls.program(charlie).get(CHECKPOINT), 403, "insufficient_scope")
    assert not Checkpoint.objects.exists()
