"""Cosignatures as C2SP defines them, held against the example of its specification."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence import cosignature, signed_note
from evidence.cosignature import Witness
from evidence.signed_note import NoteError
from tests.evidence.witnessing import Watcher

# The text of the example in c2sp.org/tlog-cosignature.
TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
EXAMPLE = (
    "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2o"
    "yin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA=="
)


def test_what_is_signed_is_what_the_specification_shows() -> None:
    assert cosignature.message(TEXT, 1679315147) == (
        b"cosignature/v1\ntime 1679315147\n" + TEXT.encode()
    )


def test_the_example_of_the_specification_states_its_time() -> None:
    _, _, blob = signed_note.read_line(EXAMPLE)
    assert int.from_bytes(blob[:8], "big") == 1679315147
    assert len(blob) == 72


def test_a_cosignature_is_found_among_other_lines() -> None:
    watcher, stranger = Watcher(), Watcher("witness.example/w2")
    lines = [EXAMPLE, stranger.line(TEXT).rstrip("\n"), watcher.line(TEXT).rstrip("\n")]
    (found,) = cosignature.found(TEXT, lines, [watcher.witness])
    assert found.witness == watcher.witness
    assert found.text == lines[2] + "\n"


def test_one_over_another_checkpoint_is_refused() -> None:
    watcher = Watcher()
    line = watcher.line(TEXT.replace("20852163", "20852164")).rstrip("\n")
    with pytest.raises(NoteError, match="does not fit"):
        cosignature.found(TEXT, [line], [watcher.witness])


@given(place=st.integers(4, 75), flip=st.integers(1, 255))
def test_any_changed_byte_of_it_is_refused(place: int, flip: int) -> None:
    watcher = Watcher()
    name, encoded = watcher.line(TEXT).removeprefix("— ").rstrip("\n").split(" ")
    blob = bytearray(base64.b64decode(encoded))
    blob[place] ^= flip
    line = f"— {name} {base64.b64encode(blob).decode()}"
    with pytest.raises(NoteError):
        cosignature.found(TEXT, [line], [watcher.witness])


def test_a_signature_of_another_length_is_refused() -> None:
    watcher = Watcher()
    blob = base64.b64encode(watcher.witness.key_id + bytes(64)).decode()
    with pytest.raises(NoteError, match="another length"):
        cosignature.found(TEXT, [f"— {watcher.name} {blob}"], [watcher.witness])


def test_a_key_of_a_witness_is_written_as_one_line() -> None:
    witness = Watcher().witness
    assert Witness.from_vkey(witness.vkey) == witness
    assert base64.b64decode(witness.vkey.split("+", 2)[2])[:1] == b"\x04"


def test_the_key_of_a_log_is_none_of_a_witness() -> None:
    verifier = signed_note.Verifier("witness.example/w1", Watcher().witness.public_key)
    with pytest.raises(NoteError, match="type 4"):
        Witness.from_vkey(verifier.vkey)


@pytest.mark.parametrize("vkey", ["", "w", "w+00000000", "w+00000000+AAAA", "a b+00000000+BAAA"])
def test_other_text_is_no_key(vkey: str) -> None:
    with pytest.raises(NoteError):
        Witness.from_vkey(vkey)


def test_a_mistyped_key_is_noticed() -> None:
    vkey = Watcher().witness.vkey
    name, key_id, key = vkey.split("+", 2)
    with pytest.raises(NoteError, match="mistyped"):
        Witness.from_vkey(f"{name}+{int(key_id, 16) ^ 1:08x}+{key}")


def test_a_request_is_size_proof_and_checkpoint() -> None:
    assert cosignature.request(0, [], "note\n") == "old 0\n\nnote\n"
    asked = cosignature.request(7, [bytes(32)], "note\n")
    assert asked == f"old 7\n{'A' * 43}=\n\nnote\n"
    with pytest.raises(NoteError, match="longer"):
        cosignature.request(7, [bytes(32)] * 64, "note\n")


@pytest.mark.parametrize("text", ["", "7", "07\n", "-1\n", "7\n\n", "seven\n", "7 \n"])
def test_a_size_is_told_in_one_way(text: str) -> None:
    assert cosignature.told_size("7\n") == 7
    with pytest.raises(NoteError):
        cosignature.told_size(text)
