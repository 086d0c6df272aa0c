"""When the log may be signed: by one signer at a time, and only if it continues what was signed.

Rules:
- The lease names one folder of keys. Nodes that share the folder are one signer; a copy of the
  key in another folder waits until the lease is over, because it does not know what was given out.
- A log that is shorter than the last checkpoint given out, or whose first leaves have another root,
  is a restored backup or a forgery. It is not signed until an administrator says so (`restart`).
- A log whose newest checkpoint another key or name signed has lost its key, and is not signed
  either: whoever holds the former key could not verify what comes now. Which key a checkpoint of a
  size must be signed by follows from the events of the key; a revoked one signs nothing more.
- The lock of the log's head orders signers of one database; the caller holds it.
"""

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from evidence import given_out, keys, ledger, settling, signed_note
from evidence.errors import LedgerError, SealError, SignerBusyError, SigningRefusedError
from evidence.key_models import KeyProposal
from evidence.log_models import LogRestart, SigningLease
from evidence.models import Checkpoint

HOW_TO_PROCEED = (
    "If the database was restored from a backup, restore a newer one. If there is none, let an"
    " administrator take the log up again, with a reason: manage.py resume_log, or the page Log."
)

AFTER_A_RESTORE = (
    "What was signed after that backup is not known here. Let an administrator take the log up"
    " again, with a reason: manage.py resume_log, or the page Log."
)


def require_turn(size: int) -> None:
    """Take or renew the lease and hold the log to what was given out; under the log's lock.

    Raises SignerBusyError, SigningRefusedError.
    """
    me, now = keys.signer_id(), timezone.now()
    until = now + timedelta(seconds=settings.SIGNER_LEASE_SECONDS)
    lease = SigningLease.objects.filter(pk=1).first()
    # A lease that ends later than any lease of now was written by a clock that was wrong.
    if lease and lease.holder != me and now < lease.until <= until:
        raise SignerBusyError(
            f"Another installation with a folder of keys of its own ({lease.holder}) signs this"
            f" log until {lease.until:%Y-%m-%d %H:%M:%S} UTC. Let all nodes share one folder of"
            " keys, or stop the other one and wait until then."
        )
    try:
        settling.settle()
    except SealError as error:
        raise SigningRefusedError(str(error)) from error
    if reason := _refusal(size, lease):
        raise SigningRefusedError(reason)
    held = {"holder": me, "until": until, "refusal": ""}
    if lease and lease.holder == me:
        SigningLease.objects.filter(pk=1).update(**held)
    else:
        SigningLease.objects.update_or_create(pk=1, defaults={**held, "kept_size": 0})


def keep(note: str) -> None:
    """Keep a note beside the key before it is given out; once its transaction is committed.

    Raises SigningRefusedError where it cannot be kept; then it must not leave the house.
    """
    try:
        given_out.keep(note)
    except SigningRefusedError as error:
        remember_refusal(str(error))
        raise
    size = given_out.stated(note).size
    mine = SigningLease.objects.filter(pk=1, holder=keys.signer_id(), kept_size__lt=size)
    mine.update(kept_size=size)


def keep_before_giving(signed: Checkpoint) -> None:
    """Keep a checkpoint that is about to leave the house: its signer may have died before that.

    What was signed before a restart is left alone, because the log need not continue it. Raises
    SigningRefusedError.
    """
    if since_restart().filter(pk=signed.pk).exists():
        keep(signed.note)


def remember_refusal(reason: str) -> None:
    """Keep why the log was not signed, for whoever looks at the house."""
    now = timezone.now()
    told = {"refusal": reason}
    SigningLease.objects.update_or_create(
        pk=1, defaults=told, create_defaults={"holder": "", "until": now, **told}
    )


def remembered_refusal() -> str:
    """Return why the log was not signed when last asked; empty where it was."""
    return SigningLease.objects.filter(pk=1).values_list("refusal", flat=True).first() or ""


def refusal() -> str:
    """Say why the log is not signed as it stands; empty where it may be signed."""
    return _refusal(ledger.size(), SigningLease.objects.filter(pk=1).first())


def since_restart() -> "QuerySet[Checkpoint]":
    """Return the checkpoints that the log must continue: those before a restart it need not."""
    restart = LogRestart.objects.first()
    signed = Checkpoint.objects.all()
    return signed.filter(signed_at__gt=restart.decided_at) if restart else signed


def key_refusal() -> str:
    """Say why the key of the log signs nothing now; empty where it may."""
    try:
        current = keys.ring().current
    except SealError as error:
        return str(error)
    if not current.is_valid:
        return (
            "The key of the log is revoked, so nothing is signed. Put a new key in place: page Log"
            " and anchors, or manage.py rotate_key."
        )
    pending = KeyProposal.objects.filter(
        decision=None, deed=KeyProposal.Deed.REVOKE, vkey=current.vkey
    )
    if pending.exists():
        return (
            "Somebody proposed to revoke the key of the log, so nothing is signed until this is"
            " confirmed or declined: page Log and anchors, or manage.py confirm_key."
        )
    return ""


def opened(note: str, size: int) -> str:
    """Return the text of a checkpoint that the key of its time has signed; raises NoteError."""
    valid = keys.verifiers_at(size)
    if not valid:
        raise signed_note.NoteError("The key of the log was revoked before this was signed.")
    return signed_note.open_note(note, valid)


def _refusal(size: int, lease: SigningLease | None) -> str:
    try:
        if restored := given_out.restored():
            return f"{restored} {AFTER_A_RESTORE}"
        return _of_given_out(size, lease) or key_refusal() or _of_newest(size)
    except signed_note.NoteError:
        return (
            "The log was signed with another key or name until now, or with one that was revoked."
            f" Put the right ones back. {HOW_TO_PROCEED}"
        )
    except (LedgerError, ValueError) as error:
        return f"The tree of the log is damaged ({error}). {HOW_TO_PROCEED}"
    except (SealError, SigningRefusedError) as error:
        return str(error)


def _of_given_out(size: int, lease: SigningLease | None) -> str:
    """Hold the log to the checkpoint that is kept beside the key."""
    note = given_out.read()
    if not note:
        if lease and lease.holder == keys.signer_id() and lease.kept_size:
            return (
                f"The record of the last checkpoint given out (keys/{given_out.NAME}) is gone. Put"
                f" it back from a backup of the keys. {HOW_TO_PROCEED}"
            )
        return ""
    last = given_out.stated(note)
    if last.origin != keys.log_origin():
        return (
            f"The log was signed as {last.origin} and is now called {keys.log_origin()}."
            " Set LOG_ORIGIN back, or put the former signing key back."
        )
    return _broken(size, last.size, last.root)


def _of_newest(size: int) -> str:
    """Hold the log, and its key, to the newest checkpoint of the database."""
    newest = since_restart().order_by("-size").first()
    if newest is None:
        return ""
    opened(newest.note, newest.size)
    return _broken(size, newest.size, bytes(newest.root))


def _broken(size: int, signed_size: int, signed_root: bytes) -> str:
    """Say how a log does not continue what was signed; empty where it does."""
    if size < signed_size:
        return (
            f"The log has {size} leaves, but a checkpoint over {signed_size} leaves was given"
            f" out already. {HOW_TO_PROCEED}"
        )
    if ledger.root(signed_size) != signed_root:
        return (
            f"The first {signed_size} leaves of the log are not those of the checkpoint that was"
            f" given out. {HOW_TO_PROCEED}"
        )
    return ""
