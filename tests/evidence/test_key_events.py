"""What the keys of a log sign about themselves, and which of them a checkpoint needs."""

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from evidence import key_events, signed_note
from evidence.key_events import KeyEvent, KeyEventError, Ring
from evidence.signed_note import Verifier

ORIGIN = "log.example/countersign"
A, B, C = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2, 3))


def vkey(key: Ed25519PrivateKey, name: str = ORIGIN) -> str:
    return Verifier(name, key.public_key().public_bytes_raw()).vkey


def event(kind: str, size: int, old: Ed25519PrivateKey, new: Ed25519PrivateKey | None) -> KeyEvent:
    return KeyEvent(
        event=kind,
        origin=ORIGIN,
        log_size=size,
        moment="2026-11-21T10:00:00.000000Z",
        old=vkey(old),
        new=vkey(new) if new else "",
        reason_sha256="0" * 64,
        confirmation_sha256="1" * 64,
        proposal=3,
    )


def rotated(size: int, old: Ed25519PrivateKey, new: Ed25519PrivateKey) -> KeyEvent:
    return event("rotated", size, old, new).signed_by(old, new)


def revoked(size: int, key: Ed25519PrivateKey, by: Ed25519PrivateKey) -> KeyEvent:
    return event("revoked", size, key, None).signed_by(by)


def ring(*events: KeyEvent) -> Ring:
    return key_events.ring(vkey(A), [(one.log_size, one) for one in events])


def valid_at(found: Ring, size: int) -> str | None:
    verifier = found.at(size)
    return verifier.vkey if verifier else None


def test_a_log_without_events_has_its_first_key() -> None:
    found = ring()
    assert valid_at(found, 0) == valid_at(found, 10**6) == vkey(A)
    assert found.current.is_valid


def test_each_key_signs_the_checkpoints_of_its_time() -> None:
    found = ring(rotated(10, A, B), rotated(20, B, C))
    assert valid_at(found, 10) == vkey(A)
    assert valid_at(found, 11) == valid_at(found, 20) == vkey(B)
    assert valid_at(found, 21) == vkey(C)
    assert [one.vkey for one in found.spans] == [vkey(A), vkey(B), vkey(C)]


def test_a_body_comes_back_as_the_event_that_it_was() -> None:
    made = rotated(10, A, B)
    assert KeyEvent.read(json.loads(json.dumps(made.body))) == made


@pytest.mark.parametrize("signers", [(), (A,), (B,), (A, C), (C,)], ids=["0", "A", "B", "AC", "C"])
def test_a_rotation_without_both_signatures_is_refused(
    signers: tuple[Ed25519PrivateKey, ...],
) -> None:
    with pytest.raises(KeyEventError, match="has not signed"):
        ring(event("rotated", 10, A, B).signed_by(*signers))


def test_a_rotation_that_was_changed_afterwards_is_refused() -> None:
    made = rotated(10, A, B)
    for changed in (
        replace(made, log_size=9),
        replace(made, moment="2026-11-22T10:00:00.000000Z"),
        replace(made, overlap_until="2027-11-22T10:00:00.000000Z"),
        replace(made, keeps_old=True),
        replace(made, proposal=4),
    ):
        with pytest.raises(KeyEventError, match="does not fit"):
            key_events.ring(vkey(A), [(10, changed)])


def test_without_the_check_a_forged_rotation_would_be_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The attack (44) succeeds against a copy that does not look at the signatures."""
    forged = event("rotated", 10, A, C).signed_by(C)
    with pytest.raises(KeyEventError):
        ring(forged)
    monkeypatch.setattr(KeyEvent, "_verify_one", lambda *_: None)
    assert valid_at(ring(forged), 11) == vkey(C)


def test_a_signature_over_a_checkpoint_is_none_over_an_event() -> None:
    made = event("rotated", 10, A, B)
    assert not signed_note._NOT_IN_A_NOTE.fullmatch("a")
    with pytest.raises(signed_note.NoteError, match="control characters"):
        signed_note.sign(made.signed_bytes.decode() + "\n", [signed_note.Signer(ORIGIN, A)])
    assert made.signed_bytes.startswith(b"countersign-key-event/v1\0{")
    assert not made.signed_bytes.startswith(b"DSSEv1")


def test_an_event_of_another_log_is_refused() -> None:
    made = rotated(10, A, B)
    strange = replace(made, origin="log.example/other").signed_by(A, B)
    with pytest.raises(KeyEventError, match="another log"):
        ring(strange)


@pytest.mark.parametrize("place", [5, 15])
def test_an_event_that_was_told_again_counts_from_there(place: int) -> None:
    found = key_events.ring(vkey(A), [(place, rotated(10, A, B))])
    assert valid_at(found, place) == vkey(A)
    assert valid_at(found, place + 1) == vkey(B)


def test_a_rotation_by_a_key_that_was_replaced_is_refused() -> None:
    with pytest.raises(KeyEventError, match="not valid by then"):
        ring(rotated(10, A, B), rotated(20, A, C))


def test_a_key_that_was_used_before_does_not_come_back() -> None:
    with pytest.raises(KeyEventError, match="used before"):
        ring(rotated(10, A, B), rotated(20, B, A))


def test_events_out_of_order_are_refused() -> None:
    with pytest.raises(KeyEventError, match="order"):
        key_events.ring(vkey(A), [(20, rotated(10, A, B)), (20, rotated(20, B, C))])


def test_a_revoked_key_signs_nothing_after_its_revocation() -> None:
    found = ring(revoked(10, A, A))
    assert valid_at(found, 10) == vkey(A)
    assert valid_at(found, 11) is None
    assert not found.current.is_valid
    assert found.revoked(vkey(A)) == 10


def test_after_a_revocation_another_key_takes_the_place() -> None:
    found = ring(revoked(10, A, A), event("replaced", 12, A, B).signed_by(B))
    assert [valid_at(found, size) for size in (10, 11, 12, 13)] == [vkey(A), None, None, vkey(B)]


def test_a_revoked_key_cannot_hand_over() -> None:
    with pytest.raises(KeyEventError, match="not valid by then"):
        ring(revoked(10, A, A), rotated(12, A, B))


def test_a_key_that_was_not_revoked_is_not_replaced_by_a_stranger() -> None:
    with pytest.raises(KeyEventError, match="not been revoked"):
        ring(event("replaced", 12, A, C).signed_by(C))


def test_an_earlier_key_can_be_revoked_by_the_one_of_now() -> None:
    found = ring(rotated(10, A, B), revoked(20, A, B))
    assert (valid_at(found, 10), valid_at(found, 30)) == (vkey(A), vkey(B))
    assert (found.revoked(vkey(A)), found.revoked(vkey(B))) == (20, None)


def test_a_stranger_cannot_revoke() -> None:
    with pytest.raises(KeyEventError, match="Neither"):
        ring(revoked(10, A, C))


def test_a_key_is_revoked_once() -> None:
    with pytest.raises(KeyEventError, match="was revoked"):
        ring(revoked(10, A, A), revoked(12, A, A))


@pytest.mark.parametrize(
    "change",
    [
        {"format": "countersign-key-event/v2"},
        {"event": "lost"},
        {"log_size": "10"},
        {"log_size": True},
        {"log_size": -1},
        {"signatures": []},
        {"signatures": {"a": 1}},
        {"keeps_old": 1},
        {"more": 1},
        {"old": None},
    ],
    ids=str,
)
def test_another_form_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(KeyEventError, match="form"):
        KeyEvent.read({**rotated(10, A, B).body, **change})


@given(st.dictionaries(st.text(), st.one_of(st.none(), st.integers(), st.text(), st.booleans())))
def test_whatever_is_read_is_refused_by_its_own_error(body: dict[str, object]) -> None:
    with pytest.raises(KeyEventError):
        KeyEvent.read(body)


def test_a_key_that_is_none_is_refused() -> None:
    none = f"{ORIGIN}+00000000+AAAA"
    made = event("rotated", 10, A, B)
    for broken in (replace(made, old=none), replace(made, new=none)):
        with pytest.raises(KeyEventError):
            ring(broken.signed_by(A, B))


def test_the_file_of_a_pack_holds_entries_and_proofs() -> None:
    raw = key_events.pack_file(ORIGIN, [(10, '{"a":1}', [bytes(32)])])
    assert json.loads(raw) == {
        "format": "countersign-keys/v1",
        "origin": ORIGIN,
        "events": [{"index": 10, "leaf": '{"a":1}', "proof": ["A" * 43 + "="]}],
    }
