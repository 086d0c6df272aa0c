"""Signed statements of the log: C2SP checkpoints as Ed25519 signed notes."""

from django.db import transaction
from django.utils import timezone

from evidence import keys, ledger, signed_note
from evidence.models import Checkpoint


def sign() -> Checkpoint:
    """Sign the log as it stands; a log that did not grow keeps the checkpoint that it has."""
    with transaction.atomic():
        size = ledger.lock().size
        existing = Checkpoint.objects.filter(size=size).first()
        if existing:
            return existing
        root = ledger.root(size)
        text = signed_note.Checkpoint(keys.log_origin(), size, root).to_text()
        note = signed_note.sign(text, [signer()])
        return Checkpoint.objects.create(size=size, root=root, note=note, signed_at=timezone.now())


def signer() -> signed_note.Signer:
    """Return the signer of this installation's log."""
    return signed_note.Signer(keys.log_origin(), keys.signing_key())


def vkey() -> str:
    """Return the verifier key of the log, to be handed to auditors by another way than the pack."""
    return signer().verifier.vkey
