"""Witnesses cosign checkpoints: asked over HTTP, or brought by hand; what is kept is verified."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from evidence import (
    anchoring,
    checkpoint,
    cosigning,
    rotation,
    signed_note,
    verification,
)
from evidence.anchors import witness
from evidence.anchors.note import Note
from evidence.errors import AnchorError, CosignatureError
from evidence.key_models import Cosignature
from evidence.log_models import Deposit, TimeStamp
from evidence.models import Checkpoint
from tests.append_only import forging
from tests.evidence.test_signing import grow
from tests.evidence.witnessing import Watcher, served

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def signed(leaves: int = 3) -> Checkpoint:
    grow(leaves)
    return checkpoint.sign()


def problems() -> list[str]:
    return [str(one) for one in verification.go_on(verification.begin()).problems.all()]


@pytest.fixture
def watcher(settings: Settings, var_dir: Path) -> Iterator[Watcher]:
    with served(Watcher()) as made:
        settings.WITNESSES = [made.setting]
        assert var_dir == settings.VAR_DIR
        made.trust(checkpoint.vkey())
        yield made


class TestAsked:
    def test_a_witness_cosigns_what_it_sees_first(self, watcher: Watcher) -> None:
        row = signed()
        deposit = anchoring.deposit(row, "witness")
        assert deposit is not None
        assert "witness.example/w1 at " in deposit.receipt
        kept = Cosignature.objects.get()
        assert (kept.checkpoint, kept.vkey, kept.by) == (row, watcher.witness.vkey, None)
        assert checkpoint.served(row) == row.note + kept.line
        assert problems() == []

    def test_later_it_is_shown_that_the_log_only_grew(self, watcher: Watcher) -> None:
        witness.deposit(Note.of(signed(3)))
        witness.deposit(Note.of(signed(5)))
        assert [body.split("\n")[0] for body in watcher.asked] == ["old 0", "old 3"]
        assert watcher.asked[1].split("\n")[1] != ""
        assert Cosignature.objects.count() == 2
        assert problems() == []

    def test_one_that_saw_more_than_we_know_is_asked_again_from_there(
        self, watcher: Watcher
    ) -> None:
        witness.deposit(Note.of(signed(3)))
        with forging():
            Cosignature.objects.all().delete()
        witness.deposit(Note.of(signed(5)))
        assert [body.split("\n")[0] for body in watcher.asked] == ["old 0", "old 0", "old 3"]
        assert Cosignature.objects.get().checkpoint.size == 8

    def test_one_that_saw_a_longer_log_is_an_alarm(self, watcher: Watcher) -> None:
        row = signed()
        watcher.seen[Note.of(row).origin] = (99, bytes(32))
        with pytest.raises(AnchorError, match="It saw 99 leaves"):
            witness.deposit(Note.of(row))

    def test_one_that_saw_another_history_is_an_alarm(self, watcher: Watcher) -> None:
        """Attack 8: the log was rewritten; a witness that saw the former one does not sign."""
        row = signed()
        watcher.seen[Note.of(row).origin] = (2, bytes(32))
        with pytest.raises(AnchorError, match="does not continue what it saw"):
            witness.deposit(Note.of(row))
        assert not Cosignature.objects.exists()

    def test_one_that_saw_another_root_of_this_size_is_an_alarm(self, watcher: Watcher) -> None:
        row = signed()
        watcher.seen[Note.of(row).origin] = (row.size, bytes(32))
        with pytest.raises(AnchorError, match="another log of this size"):
            witness.deposit(Note.of(row))

    def test_one_that_does_not_know_the_log_says_so(self, watcher: Watcher) -> None:
        watcher.logs.clear()
        with pytest.raises(AnchorError, match="does not know our log"):
            witness.deposit(Note.of(signed()))

    def test_one_that_holds_another_key_says_so(self, watcher: Watcher) -> None:
        other = Watcher().key.public_key().public_bytes_raw()
        name = checkpoint.vkey().partition("+")[0]
        watcher.logs[name] = signed_note.Verifier(name, other).vkey
        with pytest.raises(AnchorError, match="does not know our key"):
            witness.deposit(Note.of(signed()))

    def test_one_that_signs_something_else_is_not_believed(
        self, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        true_line = watcher.line
        monkeypatch.setattr(watcher, "line", lambda text: true_line(text + "more\n"))
        with pytest.raises(AnchorError, match="does not fit the checkpoint"):
            witness.deposit(Note.of(signed()))
        assert not Cosignature.objects.exists()

    def test_each_is_asked_once_and_one_failure_leaves_the_others(
        self, watcher: Watcher, settings: Settings
    ) -> None:
        gone = Watcher("witness.example/gone", url="http://127.0.0.1:9/")
        settings.WITNESSES = [gone.setting, watcher.setting]
        note = Note.of(signed())
        for _ in range(2):
            with pytest.raises(AnchorError, match="gone: It did not answer"):
                witness.deposit(note)
        assert len(watcher.asked) == 1
        assert Cosignature.objects.get().witness == watcher.name

    def test_one_in_a_private_network_is_asked_only_where_that_is_allowed(
        self, watcher: Watcher, settings: Settings
    ) -> None:
        settings.PRIVATE_ADDRESSES = ()
        with pytest.raises(AnchorError, match="no public address"):
            witness.deposit(Note.of(signed()))
        assert watcher.asked == []

    def test_without_an_address_nobody_is_asked(self, settings: Settings) -> None:
        settings.WITNESSES = [Watcher().setting]
        assert witness.where() == ""

    def test_a_wrong_setting_is_told_where_deposits_are(self, settings: Settings) -> None:
        settings.WITNESSES = ["mistyped https://witness.example"]
        assert "cannot be read" in witness.where()
        row = signed()
        with pytest.raises(AnchorError, match="WITNESSES names 'mistyped'"):
            anchoring.deposit(row, "witness")
        assert Deposit.objects.get().is_done is False

    @pytest.mark.usefixtures("watcher")
    def test_after_a_rotation_it_is_shown_the_key_that_it_knows(
        self, django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]]
    ) -> None:
        witness.deposit(Note.of(signed()))
        with django_capture_on_commit_callbacks(execute=True):
            made = rotation.propose_rotation(by=None, reason="The yearly exchange.", overlap_days=7)
            rotation.confirm(made, by=None, reason="One person runs this.")
        witness.deposit(Note.of(checkpoint.sign()))
        assert Cosignature.objects.count() == 2


class TestBrought:
    def note(self, watcher: Watcher, row: Checkpoint) -> str:
        return row.note + watcher.line(signed_note.text_of(row.note))

    def test_a_cosigned_note_is_taken_in(self, settings: Settings, root: User) -> None:
        watcher = Watcher()
        settings.WITNESSES = [watcher.setting]
        row = signed()
        (kept,) = cosigning.take_in(self.note(watcher, row), by=root)
        assert (kept.checkpoint, kept.by) == (row, root)
        assert cosigning.take_in(self.note(watcher, row), by=root) == []
        assert problems() == []

    def test_line_ends_of_windows_do_no_harm(self, settings: Settings) -> None:
        watcher = Watcher()
        settings.WITNESSES = [watcher.setting]
        note = self.note(watcher, signed()).replace("\n", "\r\n").rstrip()
        assert len(cosigning.take_in(note, by=None)) == 1

    def test_a_stranger_is_no_witness(self, settings: Settings) -> None:
        settings.WITNESSES = [Watcher("witness.example/w2").setting]
        with pytest.raises(CosignatureError, match="None of the signatures"):
            cosigning.take_in(self.note(Watcher(), signed()), by=None)

    def test_a_checkpoint_of_another_history_is_an_alarm(self, settings: Settings) -> None:
        watcher = Watcher()
        settings.WITNESSES = [watcher.setting]
        row = signed()
        text = signed_note.Checkpoint(Note.of(row).origin, row.size, bytes(32)).to_text()
        note = signed_note.sign(text, [checkpoint.signer()]) + watcher.line(text)
        with pytest.raises(CosignatureError, match="never signed such a checkpoint"):
            cosigning.take_in(note, by=None)

    def test_a_time_to_come_is_refused(self, settings: Settings) -> None:
        watcher = Watcher(clock=3600)
        settings.WITNESSES = [watcher.setting]
        with pytest.raises(CosignatureError, match="lies in the future"):
            cosigning.take_in(self.note(watcher, signed()), by=None)

    def test_who_may_not_manage_the_log_brings_nothing(self, alice: User) -> None:
        with pytest.raises(CosignatureError, match="Only an administrator"):
            cosigning.take_in("", by=alice)

    @pytest.mark.parametrize(
        "note", ["", "words", "a\nb\n", "x" * 70_000, "a\n1\nAA==\n\n— a b\n"], ids=range(5)
    )
    def test_other_text_is_refused(self, note: str) -> None:
        with pytest.raises(CosignatureError):
            cosigning.take_in(note, by=None)


class TestTheCheck:
    @pytest.fixture
    def kept(self, settings: Settings) -> Cosignature:
        watcher = Watcher()
        settings.WITNESSES = [watcher.setting]
        row = signed()
        (made,) = cosigning.take_in(row.note + watcher.line(signed_note.text_of(row.note)), by=None)
        return made

    def test_rows_never_change(self, kept: Cosignature) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            Cosignature.objects.filter(pk=kept.pk).update(witness="another")
        with pytest.raises(DatabaseError), transaction.atomic():
            kept.delete()

    def test_a_line_that_was_changed_is_found(self, kept: Cosignature) -> None:
        text = signed_note.text_of(kept.checkpoint.note)
        other = Watcher(key=Watcher().key).line(text)
        with forging():
            Cosignature.objects.update(line=other)
        assert any("does not hold" in one for one in problems())

    def test_a_row_that_says_another_time_is_found(self, kept: Cosignature) -> None:
        with forging():
            Cosignature.objects.update(stated_at=kept.stated_at - timedelta(seconds=1))
        assert any("another name or time" in one for one in problems())

    def test_a_witness_that_saw_it_before_it_was_signed_is_found(self, kept: Cosignature) -> None:
        with forging():
            Checkpoint.objects.update(signed_at=timezone.now() + timedelta(hours=2))
        assert any("one of the two clocks" in one for one in problems())
        assert not TimeStamp.objects.exists()
        assert kept.witness
