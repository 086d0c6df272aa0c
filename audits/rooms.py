"""The room of an engagement: all that was handed over to those outside, open until a day.

Rules:
- Without a day the room stays open, and each member has the days of their own membership.
- With one, nobody opens anything of the engagement after it, members of staff in the portal too;
  what was recorded stays. The day can be moved, earlier or later, also when it is over, and with a
  reason each time; a frozen or a closed engagement needs that no less.
- Members are told before it closes, and told at the door once it has.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Q

from accounts import journal
from accounts.access import actor
from accounts.models import User
from audits import days, gates, requests
from audits.errors import RoomError
from audits.models import Engagement, EngagementChange, EngagementMember
from evidence import ledger


@dataclass(frozen=True)
class Outlook:
    """What a last day means for who is inside."""

    shortened: Sequence[EngagementMember]
    """Members whose own days go on longer than the room."""
    unchanged: Sequence[EngagementMember]
    """Members whose own days end with it or before."""
    waiting_requests: int


def outlook(engagement: Engagement, until: date | None) -> Outlook:
    """Return what would happen if the room closed after a day; None keeps it open."""
    inside = engagement.members.filter(removed_at=None, access_until__gte=days.today())
    members = list(inside.select_related("user").order_by("access_until", "pk"))
    late = [one for one in members if until and one.access_until > until]
    rows = requests.with_state(engagement.requests.all())
    waiting = rows.filter(Q(state__in=requests.WAITING)).count()
    return Outlook(late, [one for one in members if one not in late], waiting)


def set_end(
    engagement: Engagement, *, until: date | None, reason: str, by: User
) -> EngagementChange:
    """Set, move or lift the last day of the room; NotAllowedError, RoomError."""
    gates.refuse_stranger(by)
    if not reason.strip():
        raise RoomError("Say why the day is set; the reason stays with the engagement.")
    if until and until < days.today():
        raise RoomError(f"{until} is over already. Choose today or a later day.")
    with transaction.atomic():
        ledger.lock()
        before = Engagement.objects.values_list("room_until", flat=True).get(pk=engagement.pk)
        if before == until:
            raise RoomError("This is the day that it has already. Nothing was changed.")
        Engagement.objects.filter(pk=engagement.pk).update(room_until=until)
        engagement.room_until = until
        entry = ledger.append(
            "engagement.room_changed",
            subject=engagement.ref,
            body={
                "before": ["", before.isoformat() if before else ""],
                "after": ["", until.isoformat() if until else ""],
                "reason_sha256": journal.digest(reason.strip()),
            },
            actor=actor(by),
        )
        return EngagementChange.objects.create(
            engagement=engagement,
            what=EngagementChange.What.ROOM,
            before_to=before,
            after_to=until,
            reason=reason.strip(),
            changed_by=by,
            changed_at=entry.recorded_at,
            ledger_entry=entry,
        )


def keeper(engagement: Engagement) -> User | None:
    """Return whom to ask about the room: who set its day last, while they still work here."""
    latest = (
        engagement.changes.filter(what=EngagementChange.What.ROOM)
        .select_related("changed_by")
        .order_by("-pk")
        .first()
    )
    return latest.changed_by if latest and latest.changed_by.is_active else None
