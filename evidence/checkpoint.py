"""Signed statements of the log: C2SP checkpoints as Ed25519 signed notes."""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from evidence import keys, ledger, signed_note, signing
from evidence.errors import LedgerError, SealError, SignerBusyError, SigningRefusedError
from evidence.log_models import LogRestart
from evidence.models import Checkpoint


def sign() -> Checkpoint:
    """Sign the log as it stands; a log that did not grow keeps the checkpoint that it has.

    Raises SigningRefusedError where the log does not continue what was signed before.
    """
    try:
        with transaction.atomic():
            size = ledger.lock().size
            signing.require_turn(size)
            signed = _of(size)
            transaction.on_commit(partial(signing.keep, signed.note))
    except SignerBusyError:
        raise
    except SigningRefusedError as error:
        signing.remember_refusal(str(error))
        raise
    except LedgerError as error:
        reason = f"The tree of the log is damaged ({error}). {signing.HOW_TO_PROCEED}"
        signing.remember_refusal(reason)
        raise SigningRefusedError(reason) from error
    return signed


def newest() -> Checkpoint:
    """Return the log signed as it stands, or where that is refused, as it was signed last.

    It may be given out. Raises SigningRefusedError where nothing was signed, or cannot be kept.
    """
    try:
        return sign()
    except SigningRefusedError:
        last = signing.since_restart().order_by("-size").first()
        if last is None:
            raise
        signing.keep_before_giving(last)
        return last


def covering(index: int) -> Checkpoint:
    """Return the oldest checkpoint that covers a leaf; the log is signed anew if there is none.

    It may be given out. Raises SigningRefusedError.
    """
    known = signing.since_restart().filter(size__gt=index).order_by("size").first()
    if known is None:
        return sign()
    signing.keep_before_giving(known)
    return known


def served(signed: Checkpoint) -> str:
    """Return the note of a checkpoint as it is handed out: witnesses and the key of now sign along.

    Whoever was told the key of now can so verify a checkpoint that an earlier key signed.
    """
    note = signed.note + "".join(one.line for one in signed.cosignatures.order_by("pk"))
    try:
        current = keys.ring().current
    except SealError:
        # The overview says what is wrong with the keys; what was signed is as good as it was.
        return note
    if not current.is_valid or current.covers(signed.size):
        return note
    text = signing.opened(signed.note, signed.size)
    return note + signer().line(text)


def signer() -> signed_note.Signer:
    """Return the signer of this installation's log."""
    return signed_note.Signer(keys.log_origin(), keys.signing_key())


def vkey() -> str:
    """Return the verifier key of the log, to be handed to auditors by another way than the pack."""
    return keys.verifier().vkey


def _of(size: int) -> Checkpoint:
    root = ledger.root(size)
    before = Checkpoint.objects.filter(size=size).first()
    if before and bytes(before.root) == root:
        return before
    if before:
        raise SigningRefusedError(
            f"Another log of {size} leaves was signed before the log was taken up again. It is"
            " signed as soon as it has one leaf more."
        )
    text = signed_note.Checkpoint(keys.log_origin(), size, root).to_text()
    now = _now()
    note = signed_note.sign(text, keys.signers(now))
    return Checkpoint.objects.create(size=size, root=root, note=note, signed_at=now)


def _now() -> datetime:
    """Return the time, and after a restart that a clock ahead has recorded a later one than its."""
    now, restart = timezone.now(), LogRestart.objects.first()
    return max(now, restart.decided_at + timedelta(microseconds=1)) if restart else now
