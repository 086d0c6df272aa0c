"""Sends checkpoints to a list of people: each mailbox is a copy that we cannot change."""

import smtplib

from django.conf import settings
from django.core.mail import EmailMessage

from evidence.anchors.note import Note
from evidence.errors import AnchorError

TITLE = "Mail"

_WORDS = """This is the signed state of the log {origin}: {size} entries.

Keep this mail. Whoever verifies a later pack with

    python3 -I verify.py PACK.zip --key KEY --held-checkpoint FILE

and the attached file sees whether the log still begins with these entries.
"""


def where() -> str:
    return ", ".join(settings.ANCHOR_MAIL_TO)[:200]


def deposit(note: Note) -> str:
    if not settings.MAIL_IS_ON:
        raise AnchorError("No mail server is set. Set EMAIL_HOST, or leave ANCHOR_MAIL_TO out.")
    number = f"<checkpoint.{note.size}.{note.root[:32]}@countersign.invalid>"
    message = EmailMessage(
        subject=f"Checkpoint of {note.origin}: {note.size} entries",
        body=_WORDS.format(origin=note.origin, size=note.size),
        to=list(settings.ANCHOR_MAIL_TO),
        headers={"Message-ID": number, "Auto-Submitted": "auto-generated"},
    )
    # As bytes, because mail gives text other line ends, and then no signature fits it.
    name = f"checkpoint-{note.size}.txt"
    message.attach(name, note.text.encode(), "application/octet-stream")
    try:
        message.send()
    except (OSError, smtplib.SMTPException) as error:
        raise AnchorError(f"The mail server did not take it: {type(error).__name__}.") from error
    return number
