"""Takes in what witnesses say about checkpoints: verified first, then kept beside them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from evidence import cosignature, keys, signed_note
from evidence.cosignature import Line, Witness
from evidence.errors import CosignatureError
from evidence.key_models import Cosignature
from evidence.models import Checkpoint

LONGEST_NOTE = 64 * 1024
LATEST = 253_402_300_799
"""The last second that a date can name, 9999-12-31."""
_SKEW = timedelta(minutes=5)


def witnesses() -> list[Witness]:
    """Return the witnesses that the settings name; raises CosignatureError for a wrong entry."""
    found = []
    for entry in settings.WITNESSES:
        vkey, _, url = entry.partition(" ")
        try:
            found.append(Witness.from_vkey(vkey, url.strip()))
        except signed_note.NoteError as error:
            raise CosignatureError(
                f"WITNESSES names {vkey!r}. {error} Set it to verifier keys of witnesses, each with"
                " the address to ask it if there is one, as in: NAME+ID+KEY https://host/path"
            ) from error
    return found


def take_in(note: str, *, by: User | None) -> list[Cosignature]:
    """Keep the cosignatures of a note that somebody brought; `by` is None for the machine itself.

    Returns those that are new. Raises CosignatureError.
    """
    if by and not can(by, Capability.MANAGE_LOG):
        raise CosignatureError("Only an administrator may take cosignatures in.")
    if len(note) > LONGEST_NOTE:
        raise CosignatureError("This is too long to be a checkpoint.")
    # What a form or a file sends may end its lines as Windows does, or lack the last newline.
    note = note.replace("\r\n", "\n").strip("\n") + "\n"
    try:
        text = signed_note.text_of(note)
        stated = signed_note.Checkpoint.from_text(text)
        lines = signed_note.lines_of(note)
    except signed_note.NoteError as error:
        raise CosignatureError(f"This is no signed checkpoint. {error}") from error
    signed = Checkpoint.objects.filter(size=stated.size).first()
    if stated.origin != keys.log_origin() or not signed or bytes(signed.root) != stated.root:
        raise CosignatureError(
            f"This log never signed such a checkpoint ({stated.origin}, {stated.size} leaves). If"
            " its signature is ours, somebody holds another log under our name: find out who."
        )
    return keep(signed, lines, by=by)


def keep(signed: Checkpoint, lines: Sequence[str], *, by: User | None) -> list[Cosignature]:
    """Keep those of the signature lines that are cosignatures of our witnesses; return new ones.

    Raises CosignatureError where there is none, or one of them does not hold.
    """
    text = signed_note.text_of(signed.note)
    try:
        found = cosignature.found(text, lines, witnesses())
    except signed_note.NoteError as error:
        raise CosignatureError(str(error)) from error
    if not found:
        raise CosignatureError(
            "None of the signatures is that of a witness that you trust. Name its verifier key in"
            " WITNESSES first."
        )
    now = timezone.now()
    with transaction.atomic():
        made = [_kept(signed, line, now, by) for line in found]
    return [row for row, is_new in made if is_new]


def _kept(
    signed: Checkpoint, line: Line, now: datetime, by: User | None
) -> tuple[Cosignature, bool]:
    stated = datetime.fromtimestamp(min(line.seconds, LATEST), UTC)
    if stated > now + _SKEW:
        raise CosignatureError(
            f"{line.witness.name} states {stated:%Y-%m-%d %H:%M:%S} UTC, which lies in the future."
            " One of the two clocks is wrong."
        )
    told = {"line": line.text, "stated_at": stated, "received_at": now, "by": by}
    return Cosignature.objects.get_or_create(
        checkpoint=signed, witness=line.witness.name, vkey=line.witness.vkey, defaults=told
    )
