"""The drill for a token found where it must not be: end it, tell its owner, list its deeds.

Lists of what was read are short by nature: a leaf is left for downloads and rows, not for lists.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail

from accounts import tokens
from accounts.models import ApiToken
from evidence.models import LedgerEntry

log = logging.getLogger(__name__)

SHOWN = 200
_WORDS = """The API token "{purpose}" (it begins with {prefix}) was reported as leaked{where}.

{state}

What it left in the log, the newest first{more}:
{deeds}

What to do: give the program a new token, look at each line above with whoever runs the program, and
find out how the secret came where it was found. If evidence was handed in that is not yours, have
it returned with a reason.
"""


@dataclass(frozen=True)
class Leak:
    """What is known of a leaked token once it has been ended."""

    token: ApiToken
    was_live: bool
    deeds: Sequence[LedgerEntry]


def report(secret: str, *, by: str) -> Leak:
    """End the token of a secret at once and mail its owner; raises TokenError where it has none."""
    token, was_live = tokens.report_leaked(secret.strip(), by=by)
    deeds = list(
        LedgerEntry.objects.filter(actor=tokens.name(token))
        .order_by("-index")
        .only("index", "kind", "subject", "recorded_at")[:SHOWN]
    )
    leak = Leak(token, was_live, deeds)
    _tell_owner(leak)
    return leak


def words(leak: Leak) -> str:
    """Say what happened and what the token did, for its owner."""
    lines = [
        f"- {one.recorded_at:%Y-%m-%d %H:%M} UTC {one.kind} {one.subject}" for one in leak.deeds
    ]
    return _WORDS.format(
        purpose=leak.token.purpose,
        prefix=leak.token.prefix,
        where=f" at {settings.ORGANISATION}" if settings.ORGANISATION else "",
        state=(
            "It was live until this moment. It is revoked now; programs that use it are refused."
            if leak.was_live
            else "It was not live any more when it was reported."
        ),
        more=f" ({SHOWN} at most)" if len(lines) == SHOWN else "",
        deeds="\n".join(lines) or "- nothing",
    )


def _tell_owner(leak: Leak) -> None:
    """Mail the owner; a mail server that is down does not bring the token back."""
    try:
        send_mail(
            subject=f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}A token of yours leaked",
            message=words(leak),
            from_email=None,
            recipient_list=[leak.token.owner.email],
        )
    except (OSError, SMTPException):
        log.exception("The owner of a leaked token could not be mailed.")
