"""Who signs the log, and when nobody does: restored backups, rewritten logs, second signers."""

import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from evidence import checkpoint, given_out, keys, ledger, merkle, signed_note, signing
from evidence.errors import SignerBusyError, SigningRefusedError
from evidence.log_models import SigningLease
from evidence.models import Checkpoint, LedgerEntry
from tests.append_only import forging

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

Captured = Callable[..., AbstractContextManager[object]]


def grow(leaves: int = 1, kind: str = "note") -> None:
    with transaction.atomic():
        ledger.append_many([ledger.Draft(kind, "N", {}, "system")] * leaves)


@pytest.fixture
def give_out(
    var_dir: Path, django_capture_on_commit_callbacks: Captured
) -> Callable[[], Checkpoint]:
    """Sign the log as a deed does whose transaction is committed."""

    def run() -> Checkpoint:
        with django_capture_on_commit_callbacks(execute=True):
            return checkpoint.sign()

    return run


@contextmanager
def backup_that_is_restored() -> Iterator[None]:
    """Put the database back to what it was at the start; the folder of keys stays."""
    before = transaction.savepoint()
    yield
    transaction.savepoint_rollback(before)


def attack_by_restoring(give_out: Callable[[], Checkpoint]) -> tuple[Checkpoint, Checkpoint]:
    """Give out a checkpoint, restore an older database, write another history, sign again."""
    grow(3)
    give_out()
    with backup_that_is_restored():
        grow(4, "true history")
        first = give_out()
    grow(4, "other history")
    return first, give_out()


def test_a_restored_backup_is_not_signed(give_out: Callable[[], Checkpoint]) -> None:
    grow(3)
    with backup_that_is_restored():
        grow(4)
        give_out()
    with pytest.raises(SigningRefusedError, match=r"has 3 leaves, but .* 7 leaves .*resume_log"):
        give_out()
    assert "has 3 leaves" in signing.remembered_refusal()
    assert not Checkpoint.objects.exists()


def test_a_restored_backup_that_grew_on_is_not_signed(give_out: Callable[[], Checkpoint]) -> None:
    with pytest.raises(SigningRefusedError, match="first 7 leaves of the log are not those"):
        attack_by_restoring(give_out)


def test_without_the_check_a_restored_backup_forks_the_log(
    give_out: Callable[[], Checkpoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "_refusal", lambda *_: "")
    monkeypatch.setattr(given_out, "keep", lambda _: None)
    first, second = attack_by_restoring(give_out)
    vouched = [signed_note.Verifier.from_vkey(checkpoint.vkey())]
    texts = [signed_note.open_note(one.note, vouched) for one in (first, second)]
    told = [signed_note.Checkpoint.from_text(text) for text in texts]
    assert told[0].size == told[1].size
    assert told[0].root != told[1].root


def test_even_past_the_check_two_logs_of_one_size_are_not_given_out(
    give_out: Callable[[], Checkpoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "_refusal", lambda *_: "")
    with pytest.raises(SigningRefusedError, match="Two different logs of 7 leaves"):
        attack_by_restoring(give_out)


def rewrite_leaf(index: int) -> None:
    """Change a leaf as whoever owns the database can, triggers or not."""
    with forging():
        LedgerEntry.objects.filter(pk=index).update(leaf_hash=merkle.leaf_hash(b"forged"))


def test_a_rewritten_leaf_stops_the_signing(give_out: Callable[[], Checkpoint]) -> None:
    grow(5)
    give_out()
    rewrite_leaf(2)
    grow()
    with pytest.raises(SigningRefusedError, match="first 5 leaves"):
        give_out()


def test_without_the_check_a_rewritten_leaf_is_signed(
    give_out: Callable[[], Checkpoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "_refusal", lambda *_: "")
    grow(5)
    give_out()
    rewrite_leaf(2)
    grow()
    assert give_out().size == 6


def test_what_was_given_out_is_kept_beside_the_key(give_out: Callable[[], Checkpoint]) -> None:
    grow(2)
    signed = give_out()
    assert given_out.read() == signed.note
    assert stat.S_IMODE(given_out.path().stat().st_mode) == 0o600


def test_a_rolled_back_deed_leaves_nothing_beside_the_key() -> None:
    with transaction.atomic():
        grow()
        checkpoint.sign()
        transaction.set_rollback(True)
    assert given_out.read() == ""


def test_the_record_beside_the_key_never_goes_back(give_out: Callable[[], Checkpoint]) -> None:
    grow()
    older = give_out()
    grow()
    newer = give_out()
    given_out.keep(older.note)
    assert given_out.read() == newer.note


def test_a_record_that_vanished_stops_the_signing(give_out: Callable[[], Checkpoint]) -> None:
    grow()
    give_out()
    given_out.path().unlink()
    with pytest.raises(SigningRefusedError, match="is gone"):
        give_out()


def test_a_damaged_record_stops_the_signing(give_out: Callable[[], Checkpoint]) -> None:
    grow()
    give_out()
    given_out.path().write_text("half a no")
    with pytest.raises(SigningRefusedError, match="damaged"):
        give_out()


def test_a_log_that_was_renamed_is_not_signed(
    give_out: Callable[[], Checkpoint], settings: Settings
) -> None:
    grow()
    give_out()
    settings.LOG_ORIGIN = "log.example/other"
    with pytest.raises(SigningRefusedError, match="LOG_ORIGIN"):
        give_out()


def second_folder_of_keys(settings: Settings, var_dir: Path) -> None:
    """Go on as a node that has a copy of the key, and does not know what was given out."""
    copy = var_dir / "copied"
    copy.mkdir()
    (copy / "log_ed25519.pem").write_bytes((var_dir / "keys" / "log_ed25519.pem").read_bytes())
    (copy / "log_ed25519.pem").chmod(0o600)
    settings.KEYS_DIR = copy


def test_a_second_folder_of_keys_waits_for_the_lease(
    give_out: Callable[[], Checkpoint], settings: Settings, var_dir: Path
) -> None:
    grow()
    give_out()
    first = keys.signer_id()
    second_folder_of_keys(settings, var_dir)
    grow()
    with pytest.raises(SignerBusyError, match=f"{first}.*share one folder"):
        give_out()
    SigningLease.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert give_out().size == 2
    assert SigningLease.objects.get().holder == keys.signer_id() != first


def test_without_the_lease_a_second_folder_of_keys_signs_at_once(
    give_out: Callable[[], Checkpoint], settings: Settings, var_dir: Path
) -> None:
    settings.SIGNER_LEASE_SECONDS = 0
    grow()
    give_out()
    second_folder_of_keys(settings, var_dir)
    grow()
    assert give_out().size == 2


def test_nodes_that_share_the_folder_are_one_signer(give_out: Callable[[], Checkpoint]) -> None:
    for size in (1, 2, 3):
        grow()
        assert give_out().size == size
    assert SigningLease.objects.count() == 1


def test_where_signing_is_refused_the_last_checkpoint_is_still_shown(
    give_out: Callable[[], Checkpoint],
) -> None:
    grow(2)
    earlier = give_out()
    with backup_that_is_restored():
        grow(2)
        give_out()
    assert checkpoint.newest() == earlier


@pytest.mark.parametrize(
    "content", [pytest.param(b"\xff\xfe", id="bytes"), pytest.param(b"a\0b\n", id="NUL")]
)
def test_a_record_that_is_no_text_stops_the_signing_in_a_sentence(
    give_out: Callable[[], Checkpoint], content: bytes
) -> None:
    grow()
    give_out()
    given_out.path().write_bytes(content)
    with pytest.raises(SigningRefusedError, match="damaged"):
        give_out()
    assert "damaged" in signing.remembered_refusal()
    assert "\0" not in given_out.read()


def test_a_record_that_cannot_be_read_stops_the_signing_in_a_sentence(
    give_out: Callable[[], Checkpoint],
) -> None:
    grow()
    give_out()
    given_out.path().unlink()
    given_out.path().mkdir()
    try:
        assert "cannot be read or written" in signing.refusal()
        with pytest.raises(SigningRefusedError, match=f"{given_out.path()}.*directory"):
            give_out()
    finally:
        given_out.path().rmdir()
    assert "cannot be read" in signing.remembered_refusal()


def test_what_cannot_be_kept_is_refused_and_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: str) -> None:
        raise OSError(28, "No space left on device")

    grow()
    signed = checkpoint.sign()
    monkeypatch.setattr(given_out, "_replace", full)
    with pytest.raises(SigningRefusedError, match="No space left"):
        signing.keep(signed.note)
    assert "No space left" in signing.remembered_refusal()
    with pytest.raises(SigningRefusedError, match="No space left"):
        checkpoint.covering(0)


def test_a_checkpoint_is_kept_before_it_is_given_out_even_if_its_signer_died() -> None:
    grow(2)
    signed = checkpoint.sign()
    assert given_out.read() == ""
    assert checkpoint.covering(0) == signed
    assert given_out.read() == signed.note


def test_the_last_checkpoint_is_kept_before_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    grow(2)
    signed = checkpoint.sign()
    grow()
    monkeypatch.setattr(signing, "_refusal", lambda *_: "Not today.")
    assert checkpoint.newest() == signed
    assert given_out.read() == signed.note


def test_a_log_whose_key_was_exchanged_is_not_signed(
    give_out: Callable[[], Checkpoint], settings: Settings, var_dir: Path
) -> None:
    settings.LOG_ORIGIN = "log.example/one"
    grow(2)
    give_out()
    (var_dir / "keys" / "log_ed25519.pem").unlink()
    grow()
    with pytest.raises(SigningRefusedError, match="another key or name until now"):
        give_out()


def test_a_lease_that_a_wrong_clock_wrote_is_not_honoured(
    give_out: Callable[[], Checkpoint], settings: Settings, var_dir: Path
) -> None:
    grow()
    give_out()
    SigningLease.objects.update(until=timezone.now() + timedelta(days=400))
    second_folder_of_keys(settings, var_dir)
    grow()
    assert give_out().size == 2


def test_a_tree_that_is_damaged_is_not_signed(give_out: Callable[[], Checkpoint]) -> None:
    grow(3)
    with forging():
        LedgerEntry.objects.filter(pk=1).delete()
    with pytest.raises(SigningRefusedError, match="damaged"):
        give_out()
