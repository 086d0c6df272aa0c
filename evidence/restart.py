"""Taking up a log again that is not what was signed before, as after a restored backup."""

from functools import partial

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.journal import digest
from accounts.models import User
from evidence import checkpoint, given_out, ledger, settling, signed_note, signing
from evidence.errors import LedgerError, RestartError
from evidence.log_models import LogRestart, SigningLease
from evidence.models import Checkpoint

SHORTEST_REASON = 10


def resume_log(*, by: User | None, reason: str) -> LogRestart:
    """Record why a log that was refused is signed from now on, and sign it.

    `by` is None for whoever works on the machine itself. What was given out before stays beside
    the key under another name, and in the row: whoever holds it sees that the log has a break.
    """
    if by and not can(by, Capability.MANAGE_LOG):
        raise RestartError("Only an administrator may take the log up again.")
    if len(reason.strip()) < SHORTEST_REASON:
        raise RestartError("Say why the log is not what it was: which backup, restored when.")
    with transaction.atomic():
        head = ledger.lock()
        if not signing.refusal():
            raise RestartError("The log continues what was signed before; there is nothing to do.")
        if reason_of_key := signing.key_refusal():
            raise RestartError(reason_of_key)
        restart = _record(head.size, by=by, reason=reason.strip())
        settling.retell()
        SigningLease.objects.filter(pk=1).update(kept_size=0)
        transaction.on_commit(partial(given_out.set_aside, f"given_out.{restart.pk}.note"))
        transaction.on_commit(checkpoint.sign)
    return restart


def _record(size: int, *, by: User | None, reason: str) -> LogRestart:
    root, note = _root(size), given_out.read()
    given = _size_of(note)
    # A clock that was ahead must not let what was signed until now count as signed afterwards.
    latest = Checkpoint.objects.aggregate(at=Max("signed_at"))["at"]
    now = timezone.now()
    entry = ledger.append(
        "log.resumed",
        subject="log",
        body={
            "given_size": given,
            "given_note_sha256": digest(note),
            "found_size": size,
            "found_root": root.hex(),
            "reason_sha256": digest(reason),
        },
        actor=actor(by) if by else "system",
    )
    return LogRestart.objects.create(
        given_size=given,
        given_note=note,
        found_size=size,
        found_root=root,
        reason=reason,
        by=by,
        decided_at=max(now, latest or now),
        ledger_entry=entry,
    )


def _root(size: int) -> bytes:
    try:
        return ledger.root(size)
    except (LedgerError, ValueError) as error:
        raise RestartError(
            f"The tree of the log is damaged ({error}). Restore a backup of the database first."
        ) from error


def _size_of(note: str) -> int:
    try:
        return signed_note.Checkpoint.from_text(signed_note.text_of(note)).size if note else 0
    except signed_note.NoteError:
        return 0
