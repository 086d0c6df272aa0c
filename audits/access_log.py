"""Keeps who looked at what of an engagement, and who took what away."""

from django.db import transaction
from django.utils import timezone

from accounts.access import actor
from accounts.models import User
from audits.days import day_of
from audits.models import AccessNote, Engagement
from evidence import ledger


def note(engagement: Engagement, user: User, what: str, subject: str) -> AccessNote | None:
    """Record a view or a download, with a leaf of its own.

    Every download is a leaf; the second view of the same subject by the same person on the same
    day is none, and returns None.
    """
    deed = AccessNote.What(what)
    now = timezone.now()
    repeated = AccessNote.objects.filter(
        engagement=engagement,
        user=user,
        what=AccessNote.What.VIEW,
        subject=subject,
        day=day_of(now),
    )
    if deed is AccessNote.What.VIEW and repeated.exists():
        return None
    with transaction.atomic():
        ledger.lock()
        # Asked again under the lock: two windows of one browser may open the same page at once.
        if deed is AccessNote.What.VIEW and repeated.exists():
            return None
        entry = ledger.append(
            "access",
            subject=subject,
            body={"engagement": engagement.ref, "what": deed.value},
            actor=actor(user),
        )
        return AccessNote.objects.create(
            engagement=engagement,
            user=user,
            what=deed,
            subject=subject,
            day=day_of(now),
            at=now,
            ledger_entry=entry,
        )
