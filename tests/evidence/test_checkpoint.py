"""Checkpoints: signed, consistent, and one for each size of the log."""

import stat
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db import transaction

from compliance import start_checks
from evidence import checkpoint, keys, ledger, signed_note
from evidence.errors import SealError
from evidence.models import Checkpoint

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def grow(leaves: int = 1) -> None:
    with transaction.atomic():
        ledger.append_many([ledger.Draft("note", "N", {}, "system")] * leaves)


def test_a_checkpoint_states_origin_size_and_root() -> None:
    grow(3)
    signed = checkpoint.sign()
    verifier = signed_note.Verifier.from_vkey(checkpoint.vkey())
    text = signed_note.open_note(signed.note, [verifier])
    stated = signed_note.Checkpoint.from_text(text)
    assert (stated.origin, stated.size) == (keys.log_origin(), 3)
    assert stated.root == ledger.root(3) == bytes(signed.root)


def test_a_log_that_did_not_grow_keeps_its_checkpoint() -> None:
    grow()
    assert checkpoint.sign() == checkpoint.sign()
    grow()
    checkpoint.sign()
    assert list(Checkpoint.objects.values_list("size", flat=True)) == [2, 1]


def test_an_empty_log_has_a_checkpoint_too() -> None:
    assert checkpoint.sign().size == 0


def test_keys_are_made_once_and_only_we_may_read_them(var_dir: Path) -> None:
    first = (keys.signing_key().private_bytes_raw(), keys.sealing_key())
    assert (keys.signing_key().private_bytes_raw(), keys.sealing_key()) == first
    for file in (var_dir / "keys").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_origins_of_two_installations_differ(var_dir: Path) -> None:
    first = keys.log_origin()
    for one in (var_dir / "keys").iterdir():
        one.unlink()
    assert keys.log_origin() != first


def test_the_name_outlives_the_key_from_which_it_follows(var_dir: Path) -> None:
    first = keys.log_origin()
    (var_dir / "keys" / "log_ed25519.pem").unlink()
    assert keys.log_origin() == first


def test_a_broken_sealing_key_is_told(var_dir: Path) -> None:
    (var_dir / "keys" / "sealing.key").write_bytes(b"short")
    (var_dir / "keys" / "sealing.key").chmod(0o600)
    with pytest.raises(SealError, match="32 bytes"):
        keys.sealing_key()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660], ids=["group", "others", "writing"])
def test_a_key_that_others_may_read_is_not_used(var_dir: Path, mode: int) -> None:
    grow()
    checkpoint.sign()
    path = var_dir / "keys" / "log_ed25519.pem"
    path.chmod(mode)
    with pytest.raises(SealError, match=f"chmod 600 {path}"):
        keys.signing_key()
    with pytest.raises(CommandError, match="can be read by others"):
        start_checks.key_files()
    path.chmod(0o600)
    start_checks.key_files()
    assert checkpoint.sign().size == 1
