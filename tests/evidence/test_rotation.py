"""New keys for the log: two people, two signatures, one history."""

import json
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from evidence import (
    checkpoint,
    given_out,
    key_events,
    key_files,
    key_history,
    keys,
    ledger,
    restart,
    rotation,
    settling,
    signing,
    tasks,
)
from evidence.errors import KeyDeedError, SealError, SigningRefusedError
from evidence.key_models import KeyDecision, KeyProposal
from evidence.log_models import LogRestart, SigningLease
from evidence.models import Checkpoint, LedgerEntry
from tests.append_only import forging
from tests.evidence.rotating import WHY, Committed, opens, problems
from tests.evidence.test_key_events import A, C, rotated
from tests.evidence.test_signing import backup_that_is_restored, grow

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


class TestRotation:
    def test_a_new_key_signs_from_then_on(self, rotate: Callable[..., KeyDecision]) -> None:
        grow(3)
        old, former = checkpoint.vkey(), checkpoint.sign()
        rotate()
        new, signed = checkpoint.vkey(), Checkpoint.objects.first()
        assert old != new
        assert signed is not None
        assert (opens(signed.note, new), opens(signed.note, old)) == (True, False)
        assert (opens(former.note, new), opens(former.note, old)) == (False, True)
        assert signing.refusal() == ""
        assert problems() == []

    def test_the_entry_is_signed_by_both_keys(self, rotate: Callable[..., KeyDecision]) -> None:
        grow(3)
        old = checkpoint.vkey()
        decision = rotate()
        leaf = json.loads(decision.ledger_entry.leaf)
        event = key_events.KeyEvent.read(leaf["body"])
        assert leaf["kind"] == "key.rotated"
        assert leaf["actor"] == f"user:{decision.by_id}"
        assert (event.old, event.new) == (old, checkpoint.vkey())
        assert {key for key, _ in event.signatures} == {old, checkpoint.vkey()}
        event.verify(valid=old)
        assert event.log_size == decision.ledger_entry_id

    @pytest.mark.parametrize("name", ["", "log.example/ours"], ids=["unnamed", "named"])
    def test_the_log_keeps_its_name(
        self, name: str, settings: Settings, rotate: Callable[..., KeyDecision]
    ) -> None:
        settings.LOG_ORIGIN = name
        before = keys.log_origin()
        rotate()
        rotate()
        assert keys.log_origin() == before
        assert checkpoint.vkey().startswith(f"{before}+")

    def test_the_old_private_key_is_destroyed(
        self, rotate: Callable[..., KeyDecision], var_dir: Path
    ) -> None:
        pem = keys.signing_key().private_bytes_raw()
        rotate()
        assert not key_files.path(keys.NEXT).exists()
        assert not list((var_dir / "keys").glob("retired-*"))
        assert keys.signing_key().private_bytes_raw() != pem

    def test_or_moved_aside(self, rotate: Callable[..., KeyDecision], var_dir: Path) -> None:
        checkpoint.vkey()
        content = (var_dir / "keys" / "log_ed25519.pem").read_bytes()
        rotate(keeps_old=True)
        (aside,) = (var_dir / "keys").glob("retired-*.pem")
        assert aside.read_bytes() == content
        assert stat.S_IMODE(aside.stat().st_mode) == 0o600

    def test_for_an_overlap_both_sign(
        self, rotate: Callable[..., KeyDecision], var_dir: Path
    ) -> None:
        old = checkpoint.vkey()
        rotate(overlap_days=7)
        signed = checkpoint.newest()
        assert opens(signed.note, old)
        assert opens(signed.note, checkpoint.vkey())
        after = timezone.now() + timedelta(days=8)
        assert [one.verifier.vkey for one in keys.signers(after)] == [checkpoint.vkey()]
        rotation.end_overlap(timezone.now())
        assert list((var_dir / "keys").glob("retired-*"))
        rotation.end_overlap(after)
        assert not list((var_dir / "keys").glob("retired-*"))
        grow()
        tasks.sign_checkpoint(timezone.now())
        assert not opens(checkpoint.newest().note, old)

    def test_checkpoints_of_three_keys_keep_verifying(
        self, rotate: Callable[..., KeyDecision]
    ) -> None:
        for _ in range(2):
            grow(2)
            checkpoint.sign()
            rotate()
        assert Checkpoint.objects.count() == 4
        assert len(keys.verifiers()) == 3
        assert problems() == []

    def test_whoever_holds_the_new_key_verifies_what_the_old_one_signed(
        self, rotate: Callable[..., KeyDecision]
    ) -> None:
        grow(3)
        old, former = checkpoint.vkey(), checkpoint.sign()
        assert checkpoint.served(former) == former.note
        rotate()
        served = checkpoint.served(former)
        assert served.startswith(former.note)
        assert opens(served, old)
        assert opens(served, checkpoint.vkey())

    def test_public_keys_are_kept_in_a_file_that_only_we_read(
        self, rotate: Callable[..., KeyDecision]
    ) -> None:
        old = checkpoint.vkey()
        rotate()
        assert old in key_history.path().read_text()
        assert stat.S_IMODE(key_history.path().stat().st_mode) == 0o600
        key_history.path().chmod(0o644)
        with pytest.raises(SealError, match="chmod 600"):
            keys.ring()


class TestFourEyes:
    def test_whoever_proposed_does_not_confirm(self, ruth: User) -> None:
        made = rotation.propose_rotation(by=ruth, reason=WHY)
        with pytest.raises(KeyDeedError, match=f"confirm_key --proposal {made.pk}"):
            rotation.confirm(made, by=ruth, reason="I agree with myself.")
        assert not KeyDecision.objects.exists()

    def test_the_machine_counts_as_the_second(self, ruth: User, committed: Committed) -> None:
        with committed():
            made = rotation.propose_rotation(by=ruth, reason=WHY)
            decision = rotation.confirm(made, by=None, reason="There is no other administrator.")
        assert decision.by is None
        assert decision.ledger_entry.actor == "system"

    @pytest.mark.usefixtures("ruth", "olga")
    def test_it_does_not_count_as_both_where_there_are_two_people(self) -> None:
        made = rotation.propose_rotation(by=None, reason=WHY)
        with pytest.raises(KeyDeedError, match="a person confirms it"):
            rotation.confirm(made, by=None, reason="Nobody looks anyway.")

    @pytest.mark.usefixtures("ruth")
    def test_it_counts_as_both_where_there_are_not(self, committed: Committed) -> None:
        with committed():
            made = rotation.propose_rotation(by=None, reason=WHY)
            rotation.confirm(made, by=None, reason="There is one administrator only.")
        assert key_history.read()

    def test_who_may_not_manage_the_log_does_neither(self, alice: User, ruth: User) -> None:
        with pytest.raises(KeyDeedError, match="Only an administrator"):
            rotation.propose_rotation(by=alice, reason=WHY)
        made = rotation.propose_rotation(by=ruth, reason=WHY)
        for deed in (rotation.confirm, rotation.decline):
            with pytest.raises(KeyDeedError, match="Only an administrator"):
                deed(made, by=alice, reason=WHY)

    def test_a_reason_is_needed_each_time(self, ruth: User, olga: User) -> None:
        with pytest.raises(KeyDeedError, match="Say why"):
            rotation.propose_rotation(by=ruth, reason="  because ")
        made = rotation.propose_rotation(by=ruth, reason=WHY)
        with pytest.raises(KeyDeedError, match="Say why"):
            rotation.confirm(made, by=olga, reason="")

    def test_what_was_declined_changes_nothing(
        self, ruth: User, olga: User, committed: Committed
    ) -> None:
        before = checkpoint.vkey()
        with committed():
            made = rotation.propose_rotation(by=ruth, reason=WHY)
            rotation.decline(made, by=ruth, reason="Not in the week of the audit.")
        with pytest.raises(KeyDeedError, match="decided already"):
            rotation.confirm(made, by=olga, reason="I would have liked it.")
        assert checkpoint.vkey() == before
        assert rotation.open_proposals() == []
        assert problems() == []

    def test_one_thing_at_a_time(self, ruth: User) -> None:
        rotation.propose_rotation(by=ruth, reason=WHY)
        with pytest.raises(KeyDeedError, match="waits for a decision"):
            rotation.propose_rotation(by=ruth, reason=WHY)

    @pytest.mark.parametrize("days", [-1, 91])
    def test_an_overlap_has_a_limit(self, ruth: User, days: int) -> None:
        with pytest.raises(KeyDeedError, match="between 0 and 90"):
            rotation.propose_rotation(by=ruth, reason=WHY, overlap_days=days)


class TestCrashes:
    def test_what_a_dead_process_left_is_done_before_the_next_signing(
        self, ruth: User, olga: User, committed: Committed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        grow(3)
        old = checkpoint.vkey()
        with monkeypatch.context() as died:
            died.setattr(settling, "settle", lambda: None)
            made = rotation.propose_rotation(by=ruth, reason=WHY)
            rotation.confirm(made, by=olga, reason="Seen and agreed.")
        assert checkpoint.vkey() == old
        with committed():
            signed = checkpoint.sign()
        assert checkpoint.vkey() != old
        assert opens(signed.note, checkpoint.vkey())
        assert problems() == []

    def test_between_the_two_files_as_well(
        self, ruth: User, olga: User, committed: Committed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        grow(3)
        with monkeypatch.context() as died:
            died.setattr(settling, "_place", lambda _: None)
            with committed():
                made = rotation.propose_rotation(by=ruth, reason=WHY)
                rotation.confirm(made, by=olga, reason="Seen and agreed.")
        with pytest.raises(SealError, match="leads to another key"):
            keys.ring()
        assert opens(checkpoint.sign().note, checkpoint.vkey())
        assert problems() == []

    def test_a_lost_history_is_read_from_the_database_again(
        self, rotate: Callable[..., KeyDecision]
    ) -> None:
        grow(3)
        checkpoint.sign()
        rotate()
        before = key_history.read()
        key_history.path().unlink()
        grow()
        checkpoint.sign()
        assert key_history.read() == before
        assert problems() == []


class TestForgery:
    def test_an_event_that_only_the_database_knows_is_not_believed(
        self, rotate: Callable[..., KeyDecision]
    ) -> None:
        """Attack 44: whoever owns the database writes a rotation to a key of their own."""
        grow(3)
        checkpoint.sign()
        decision = rotate()
        told = json.loads(decision.event)
        told["log_size"] -= 1
        with forging():
            KeyDecision.objects.filter(pk=decision.pk).update(event=json.dumps(told))
        key_history.path().unlink()
        with pytest.raises(SigningRefusedError, match="does not hold"):
            checkpoint.sign()

    def test_an_event_that_stands_elsewhere_than_it_was_signed_for_is_an_alarm(self) -> None:
        with transaction.atomic():
            body = rotated(7, A, C).body
            ledger.append("key.rotated", subject="log", body=body, actor="system")
        assert any("for another place" in one for one in problems())

    def test_an_entry_that_the_folder_does_not_know_is_an_alarm(self) -> None:
        with transaction.atomic():
            body = rotated(0, A, C).body
            ledger.append("key.retold", subject="log", body=body, actor="system")
        assert any("made it up" in one for one in problems())


class TestRestoredBackups:
    def test_events_that_the_backup_lacks_are_told_again(
        self, ruth: User, olga: User, committed: Committed
    ) -> None:
        grow(3)
        with committed():
            checkpoint.sign()
        with backup_that_is_restored():
            grow(2)
            with committed():
                made = rotation.propose_rotation(by=ruth, reason=WHY)
                rotation.confirm(made, by=olga, reason="Seen and agreed.")
            new = checkpoint.vkey()
        with pytest.raises(SigningRefusedError):
            checkpoint.sign()
        with committed():
            restart.resume_log(by=ruth, reason="The backup of Sunday, the disk had died.")
        assert checkpoint.vkey() == new
        assert LedgerEntry.objects.filter(kind="key.retold").count() == 1
        (event,) = key_history.read()
        assert settling.stands(event)
        grow()
        with committed():
            signed = checkpoint.sign()
        assert opens(signed.note, new)
        assert problems() == []
        assert LogRestart.objects.count() == 1

    def test_a_folder_of_keys_that_was_lost_with_all_it_knew_begins_anew(
        self, rotate: Callable[..., KeyDecision], committed: Committed, var_dir: Path, ruth: User
    ) -> None:
        grow(3)
        rotate()
        for one in (var_dir / "keys").iterdir():
            if one.name != "log_origin":
                one.unlink()
        SigningLease.objects.update(until=timezone.now())
        with pytest.raises(SigningRefusedError, match="not in the folder of keys"):
            checkpoint.sign()
        with committed():
            restart.resume_log(by=ruth, reason="The disk with the keys has died.")
        grow()
        assert opens(checkpoint.sign().note, checkpoint.vkey())


def test_what_is_given_out_stays_kept(rotate: Callable[..., KeyDecision]) -> None:
    grow(3)
    rotate()
    assert opens(given_out.read(), checkpoint.vkey())
    assert KeyProposal.objects.count() == 1
