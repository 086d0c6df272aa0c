"""A pack may carry what witnesses said of its checkpoint; the auditor names those to believe."""

import base64
import hashlib
import struct

import pytest

from tests.reports.verifier.conftest import Verifier
from tests.reports.verifier.packs import Draft, LogKey, good

NAME = "checkpoint.cosigned.txt"
SECONDS = 1_790_000_000
WITNESS = LogKey.of(b"a witness", "witness.example/w1")


def key_id(witness: LogKey) -> bytes:
    return hashlib.sha256(witness.name.encode() + b"\n\x04" + witness.public).digest()[:4]


def vkey(witness: LogKey) -> str:
    encoded = base64.b64encode(b"\x04" + witness.public).decode()
    return f"{witness.name}+{key_id(witness).hex()}+{encoded}"


def line(note: str, witness: LogKey = WITNESS) -> str:
    text = note.rpartition("\n\n")[0] + "\n"
    said = f"cosignature/v1\ntime {SECONDS}\n{text}".encode()
    blob = key_id(witness) + struct.pack(">Q", SECONDS) + witness.private.sign(said)
    return f"— {witness.name} {base64.b64encode(blob).decode()}\n"


def cosigned(change: str = "") -> Draft:
    draft = good()
    note = draft.files["checkpoint.txt"].decode()
    draft.files[NAME] = (note + (change or line(note))).encode()
    return draft


def test_the_witness_of_the_auditor_saw_it(verified: Verifier) -> None:
    outcome = verified(cosigned().pack(), "--witness", vkey(WITNESS))
    assert outcome.verdict == "VALID", outcome
    assert "Witnesses: witness.example/w1 saw it at 2026-09-21T14:13:20Z" in outcome.passed


def test_without_a_witness_of_ones_own_its_lines_are_let_be(verified: Verifier) -> None:
    assert verified(cosigned().pack()).verdict == "VALID"


@pytest.mark.parametrize("has_file", [True, False])
def test_one_that_said_nothing_leaves_it_open(verified: Verifier, has_file: bool) -> None:
    other = LogKey.of(b"another witness", "witness.example/w2")
    draft = cosigned() if has_file else good()
    outcome = verified(draft.pack(), "--witness", vkey(other))
    assert (outcome.status, outcome.verdict) == (2, "COULD NOT CHECK")
    assert "witness.example/w2 saw this log" in outcome.unchecked[0]


def test_one_that_saw_another_log_refuses_the_pack(verified: Verifier) -> None:
    note = good().files["checkpoint.txt"].decode()
    other = line(note.replace("\n", "\n1", 1))
    outcome = verified(cosigned(other).pack(), "--witness", vkey(WITNESS))
    assert outcome.refuses(NAME, "does not fit")


def test_one_that_is_too_short_is_refused(verified: Verifier) -> None:
    blob = base64.b64encode(key_id(WITNESS) + bytes(12)).decode()
    draft = cosigned(f"— {WITNESS.name} {blob}\n")
    assert verified(draft.pack(), "--witness", vkey(WITNESS)).refuses(NAME, "not Ed25519")


@pytest.mark.parametrize("change", ["words\n", "— \n", "\n"], ids=["words", "half", "empty"])
def test_what_follows_the_checkpoint_are_signatures(verified: Verifier, change: str) -> None:
    assert verified(cosigned(change).pack()).refuses(NAME, "with further signatures")


def test_it_begins_with_the_checkpoint(verified: Verifier) -> None:
    draft = cosigned()
    draft.files[NAME] = draft.files[NAME].replace(b"log.example", b"log.sample", 1)
    assert verified(draft.pack()).refuses(NAME, "with further signatures")


def test_the_key_of_a_log_is_none_of_a_witness(verified: Verifier) -> None:
    outcome = verified(cosigned().pack(), "--witness", WITNESS.vkey)
    assert outcome.status == 2
    assert "--witness" in outcome.unchecked[0]
