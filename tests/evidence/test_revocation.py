"""Keys of the log that count no more: what they sign afterwards is refused everywhere."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from evidence import checkpoint, keys, ledger, restart, rotation, signed_note, signing
from evidence.errors import KeyDeedError, KeyRevokedError, RestartError, SigningRefusedError
from evidence.key_models import KeyDecision
from evidence.models import Checkpoint
from tests.evidence.rotating import WHY, Committed, opens, problems
from tests.evidence.test_signing import grow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def test_nothing_more_is_signed(revoke: Callable[..., KeyDecision]) -> None:
    grow(3)
    former = checkpoint.sign()
    revoke()
    with pytest.raises(SigningRefusedError, match="is revoked"):
        checkpoint.sign()
    with pytest.raises(KeyRevokedError):
        keys.signing_key()
    assert "is revoked" in signing.remembered_refusal()
    assert checkpoint.newest() == former
    assert checkpoint.served(former) == former.note


def test_a_new_key_takes_the_place(
    revoke: Callable[..., KeyDecision], rotate: Callable[..., KeyDecision]
) -> None:
    grow(3)
    old = checkpoint.vkey()
    revoke()
    decision = rotate()
    event = json.loads(decision.event)
    assert (event["event"], list(event["signatures"])) == ("replaced", [checkpoint.vkey()])
    assert opens(checkpoint.sign().note, checkpoint.vkey())
    assert not opens(checkpoint.sign().note, old)
    assert signing.remembered_refusal() == ""
    assert problems() == []


def test_a_proposal_stops_the_signing_until_it_is_decided(ruth: User, committed: Committed) -> None:
    grow(3)
    with committed():
        made = rotation.propose_revocation(
            by=ruth, reason="A laptop was stolen.", compromised_at=timezone.now()
        )
    assert "proposed to revoke" in signing.remembered_refusal()
    with pytest.raises(SigningRefusedError, match="proposed to revoke"):
        checkpoint.sign()
    with committed():
        rotation.decline(made, by=ruth, reason="It was found again, untouched.")
    assert signing.remembered_refusal() == ""
    assert checkpoint.sign().size == 5


def test_what_a_revoked_key_signs_afterwards_is_refused_at_start_and_by_the_check(
    revoke: Callable[..., KeyDecision], rotate: Callable[..., KeyDecision]
) -> None:
    """Attack 45: whoever holds the old key writes a checkpoint into the database."""
    grow(3)
    thief = checkpoint.signer()
    revoke()
    rotate()
    grow(2)
    forge(thief)
    with pytest.raises(SigningRefusedError, match="one that was revoked"):
        checkpoint.sign()
    assert any("None of the keys that you trust" in one for one in problems())


def test_without_the_check_it_would_be_believed(
    revoke: Callable[..., KeyDecision],
    rotate: Callable[..., KeyDecision],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grow(3)
    thief = checkpoint.signer()
    revoke()
    rotate()
    grow(2)
    forge(thief)
    monkeypatch.setattr(keys, "verifiers_at", lambda _size: keys.verifiers())
    assert signing.refusal() == ""


def forge(thief: signed_note.Signer) -> None:
    size = ledger.size()
    root = ledger.root(size)
    text = signed_note.Checkpoint(thief.name, size, root).to_text()
    Checkpoint.objects.create(
        size=size,
        root=root,
        note=signed_note.sign(text, [thief]),
        signed_at=timezone.now(),
    )


def test_an_earlier_key_is_revoked_while_the_log_goes_on(
    revoke: Callable[..., KeyDecision], rotate: Callable[..., KeyDecision]
) -> None:
    grow(3)
    old = checkpoint.vkey()
    checkpoint.sign()
    rotate(overlap_days=30)
    revoke(old)
    grow()
    assert not opens(checkpoint.sign().note, old)
    assert problems() == []


def test_a_moment_that_is_still_to_come_is_refused(ruth: User) -> None:
    with pytest.raises(KeyDeedError, match="future"):
        rotation.propose_revocation(
            by=ruth, reason=WHY, compromised_at=timezone.now() + timedelta(hours=1)
        )


def test_a_key_that_the_log_never_had_is_refused(ruth: User) -> None:
    with pytest.raises(KeyDeedError, match="never had"):
        rotation.propose_revocation(
            by=ruth, reason=WHY, compromised_at=timezone.now(), vkey="x+1+y"
        )


def test_a_restart_does_not_get_around_a_revocation(
    revoke: Callable[..., KeyDecision], ruth: User
) -> None:
    revoke()
    with pytest.raises(RestartError, match="is revoked"):
        restart.resume_log(by=ruth, reason="We go on all the same.")
