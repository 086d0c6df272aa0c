"""Taking a log up again after a restored backup: an administrator's deed that leaves its mark."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from accounts.journal import digest
from accounts.models import User
from evidence import given_out, ledger, restart, signing, verification
from evidence import verification_stages as stages
from evidence.errors import RestartError
from evidence.log_models import LogRestart, SigningLease
from evidence.models import Checkpoint, LedgerEntry
from tests.evidence.test_signing import (
    Captured,
    backup_that_is_restored,
    give_out,
    grow,
    rewrite_leaf,
)

__all__ = ["give_out"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]
REASON = "The disk of the database died; backup of Sunday night."


@pytest.fixture
def restored(give_out: Callable[[], Checkpoint]) -> str:
    """A log of 3 leaves whose checkpoint over 7 was given out; returns that note."""
    grow(3)
    with backup_that_is_restored():
        grow(4)
        given = give_out()
    return given.note


def test_it_is_signed_again_and_the_break_stays_on_record(
    restored: str, root: User, django_capture_on_commit_callbacks: Captured
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        made = restart.resume_log(by=root, reason=REASON)
    assert (made.given_size, made.found_size, made.given_note) == (7, 3, restored)
    leaf = json.loads(LedgerEntry.objects.get(kind="log.resumed").leaf)
    assert leaf["body"]["reason_sha256"] == digest(REASON)
    assert REASON not in json.dumps(leaf)
    assert leaf["body"]["given_size"] == 7
    assert signing.refusal() == signing.remembered_refusal() == ""
    assert given_out.stated(given_out.read()).size == 4
    assert given_out.path().with_name(f"given_out.{made.pk}.note").read_text() == restored


def test_it_goes_on_after_a_rewritten_leaf_too(
    give_out: Callable[[], Checkpoint], root: User, django_capture_on_commit_callbacks: Captured
) -> None:
    grow(5)
    give_out()
    rewrite_leaf(2)
    with django_capture_on_commit_callbacks(execute=True):
        restart.resume_log(by=root, reason=REASON)
    grow()
    assert give_out().size == ledger.size()


@pytest.mark.usefixtures("restored")
def test_only_an_administrator_may(alice: User) -> None:
    with pytest.raises(RestartError, match="administrator"):
        restart.resume_log(by=alice, reason=REASON)
    assert not LogRestart.objects.exists()


@pytest.mark.usefixtures("restored")
def test_it_asks_for_a_reason(root: User) -> None:
    with pytest.raises(RestartError, match="Say why"):
        restart.resume_log(by=root, reason="   oops   ")


def test_a_log_that_goes_on_is_left_alone(give_out: Callable[[], Checkpoint], root: User) -> None:
    grow()
    give_out()
    with pytest.raises(RestartError, match="nothing to do"):
        restart.resume_log(by=root, reason=REASON)


@pytest.mark.usefixtures("restored")
def test_the_command_does_it_and_says_whom_to_tell(
    capsys: pytest.CaptureFixture[str],
) -> None:
    call_command("resume_log", reason=REASON)
    assert "Tell everybody" in capsys.readouterr().out


def test_the_command_refuses_in_a_sentence() -> None:
    with pytest.raises(CommandError, match="nothing to do"):
        call_command("resume_log", reason=REASON)


def test_it_goes_on_with_another_key_and_the_check_finds_no_problem(
    give_out: Callable[[], Checkpoint],
    root: User,
    settings: Settings,
    django_capture_on_commit_callbacks: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stages, "CHECKPOINTS", 1)
    settings.LOG_ORIGIN = "log.example/one"
    grow(2)
    give_out()
    grow()
    give_out()
    (Path(settings.KEYS_DIR) / "log_ed25519.pem").unlink()
    with django_capture_on_commit_callbacks(execute=True):
        restart.resume_log(by=root, reason=REASON)
    grow()
    assert give_out().size == 5
    check = verification.go_on(verification.begin())
    assert list(check.problems.values_list("sentence", flat=True)) == []


def test_the_check_does_not_hold_a_log_to_what_was_signed_before_the_restart(
    give_out: Callable[[], Checkpoint],
    root: User,
    django_capture_on_commit_callbacks: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stages, "CHECKPOINTS", 1)
    grow(5)
    give_out()
    rewrite_leaf(2)
    with django_capture_on_commit_callbacks(execute=True):
        restart.resume_log(by=root, reason=REASON)
    check = verification.go_on(verification.begin())
    assert {one.stage for one in check.problems.all()} == {"leaves"}


@pytest.mark.usefixtures("restored")
def test_a_record_that_is_no_text_is_set_aside(
    root: User, django_capture_on_commit_callbacks: Captured
) -> None:
    given_out.path().write_bytes(b"\xff\0")
    with django_capture_on_commit_callbacks(execute=True):
        made = restart.resume_log(by=root, reason=REASON)
    assert (made.given_size, made.given_note) == (0, "\ufffd\ufffd")
    assert signing.refusal() == ""


def test_after_a_clock_that_was_ahead_the_log_goes_on(
    give_out: Callable[[], Checkpoint],
    root: User,
    django_capture_on_commit_callbacks: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ahead = timezone.now() + timedelta(days=30)
    with monkeypatch.context() as wrong:
        wrong.setattr("evidence.checkpoint.timezone.now", lambda: ahead)
        grow(5)
        give_out()
    SigningLease.objects.update(until=timezone.now())
    rewrite_leaf(2)
    with django_capture_on_commit_callbacks(execute=True):
        made = restart.resume_log(by=root, reason=REASON)
    assert made.decided_at == ahead
    assert Checkpoint.objects.get(size=6).signed_at > made.decided_at
    assert signing.refusal() == ""
