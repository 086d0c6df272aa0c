"""The commands about the key of the log, its witnesses and the keeper of all keys."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import User
from evidence import checkpoint, rotation, signed_note
from evidence.key_models import Cosignature, KeyDecision, KeyProposal
from tests.evidence.test_signing import grow
from tests.evidence.witnessing import Watcher

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
Captured = Callable[..., AbstractContextManager[object]]


def said(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def test_a_key_is_exchanged_by_two_commands(django_capture_on_commit_callbacks: Captured) -> None:
    former = checkpoint.vkey()
    assert "as proposal" in said("rotate_key", "--reason", "The yearly exchange.", "--keep-old")
    made = KeyProposal.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        text = said("confirm_key", "--proposal", str(made.pk), "--reason", "One person runs this.")
    assert text.startswith("Confirmed.")
    assert checkpoint.vkey() != former
    assert (made.by, made.keeps_old) == (None, True)


def test_the_command_is_the_second_person(
    root: User, django_capture_on_commit_callbacks: Captured
) -> None:
    made = rotation.propose_rotation(by=root, reason="The yearly exchange.")
    with django_capture_on_commit_callbacks(execute=True):
        said("confirm_key", "--proposal", str(made.pk), "--reason", "No other administrator.")
    assert KeyDecision.objects.get().by is None


def test_a_key_is_revoked_or_the_proposal_declined() -> None:
    since = "2026-01-01T10:00:00+00:00"
    said("revoke_key", "--since", since, "--reason", "A laptop was stolen.")
    made = KeyProposal.objects.get()
    assert made.compromised_at is not None
    assert made.compromised_at.isoformat() == since
    text = said("confirm_key", "--proposal", str(made.pk), "--reason", "Found again.", "--decline")
    assert text.startswith("Declined.")


@pytest.mark.parametrize("since", ["yesterday", "2026-01-01T10:00:00"], ids=["words", "no zone"])
def test_a_moment_has_a_zone(since: str) -> None:
    with pytest.raises(CommandError, match="with its zone"):
        said("revoke_key", "--since", since, "--reason", "A laptop was stolen.")


def test_refusals_of_the_room_are_told() -> None:
    with pytest.raises(CommandError, match="Say why"):
        said("rotate_key", "--reason", "because")
    with pytest.raises(CommandError, match="There is no proposal 7"):
        said("confirm_key", "--proposal", "7", "--reason", "because")
    since = "2026-01-01T10:00:00+00:00"
    with pytest.raises(CommandError, match="never had"):
        said("revoke_key", "--since", since, "--reason", "It was stolen.", "--key", "x+1+y")
    said("rotate_key", "--reason", "The yearly exchange.")
    with pytest.raises(CommandError, match="Say why"):
        said("confirm_key", "--proposal", str(KeyProposal.objects.get().pk), "--reason", "so")


def test_a_cosigned_checkpoint_is_taken_in(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = Watcher()
    settings.WITNESSES = [watcher.setting]
    grow(3)
    note = checkpoint.sign().note
    file = tmp_path / "cosigned.txt"
    file.write_text(note + watcher.line(signed_note.text_of(note)), encoding="utf-8")
    assert f"{watcher.name} saw 3 leaves" in said("cosign", str(file))
    assert Cosignature.objects.count() == 1
    monkeypatch.setattr("sys.stdin", StringIO(file.read_text(encoding="utf-8")))
    assert "here already" in said("cosign", "-")
    with pytest.raises(CommandError, match="cannot be read"):
        said("cosign", str(tmp_path / "none"))
    file.write_text("words")
    with pytest.raises(CommandError, match="no signed checkpoint"):
        said("cosign", str(file))


def test_keys_that_are_where_they_belong_stay_there() -> None:
    checkpoint.vkey()
    assert "kept by Files already" in said("move_keys")
