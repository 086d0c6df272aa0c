"""The deed by which a platform says what its merchants are told of an overdue form, and when."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from accounts.access import actor
from accounts.journal import digest
from accounts.models import User
from evidence import ledger
from merchants import parties
from merchants.errors import MerchantError
from merchants.models import Application

FURTHEST = 365
MOST_DAYS = 20
_LONGEST_NOTE = 300


def change(
    application: Application, *, overdue_note: str, remind_on: Sequence[int] | None, by: User
) -> None:
    """Keep the note, and the days before (positive) and after (negative) the due day on which
    merchants are reminded; None for the usual days, no day at all for no reminder.

    Raises NotAllowedError, MerchantError.
    """
    parties.refuse_stranger(by)
    note = overdue_note.strip()
    if len(note) > _LONGEST_NOTE:
        raise MerchantError(f"The note is longer than {_LONGEST_NOTE} characters.")
    days = None if remind_on is None else sorted(set(remind_on), reverse=True)
    if days and (len(days) > MOST_DAYS or max(abs(day) for day in days) > FURTHEST):
        raise MerchantError(f"Give up to {MOST_DAYS} days, each at most {FURTHEST} away.")
    with transaction.atomic():
        ledger.lock()
        Application.objects.filter(pk=application.pk).update(
            overdue_note=note, remind_on=days, updated_at=timezone.now()
        )
        body = {"overdue_note_sha256": digest(note), "remind_on": days}
        ledger.append("application.changed", subject=application.ref, body=body, actor=actor(by))
