"""Signed statements of the log: C2SP checkpoints as Ed25519 signed notes."""

from functools import partial

from django.db import transaction
from django.utils import timezone

from evidence import keys, ledger, signed_note, signing
from evidence.errors import SignerBusyError, SigningRefusedError
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
    return signed


def newest() -> Checkpoint:
    """Return the log signed as it stands, or where that is refused, as it was signed last."""
    try:
        return sign()
    except SigningRefusedError:
        last = Checkpoint.objects.order_by("-size").first()
        if last is None:
            raise
        return last


def signer() -> signed_note.Signer:
    """Return the signer of this installation's log."""
    return signed_note.Signer(keys.log_origin(), keys.signing_key())


def vkey() -> str:
    """Return the verifier key of the log, to be handed to auditors by another way than the pack."""
    return signer().verifier.vkey


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
    note = signed_note.sign(text, [signer()])
    return Checkpoint.objects.create(size=size, root=root, note=note, signed_at=timezone.now())
