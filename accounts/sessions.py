"""Where a person is signed in: each session with its device and place, and the deeds that end them.

The rows are those of django-allauth's usersessions. Ending all sessions does not lean on them: it
changes what every session must match, so one that was never noted ends as well.
"""

from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.db import models, transaction

from accounts import devices, journal
from accounts.access import actor
from accounts.errors import PersonError
from accounts.models import User

SHOWN = 50


@dataclass(frozen=True)
class Session:
    """One place where a person is signed in."""

    pk: int
    device: str
    place: str
    began_at: datetime
    seen_at: datetime
    is_this: bool


def of(user: User, *, key: str = "") -> list[Session]:
    """Return the sessions of a person, the last used first; `key` is that of the one who asks."""
    rows = UserSession.objects.filter(user=user).order_by("-last_seen_at", "-pk")[:SHOWN]
    return [
        Session(
            pk=row.pk,
            device=devices.words(row.user_agent),
            place=row.ip,
            began_at=row.created_at,
            seen_at=row.last_seen_at,
            is_this=row.session_key == key,
        )
        for row in rows
        if not row.purge()
    ]


def end_one(user: User, pk: int) -> None:
    """End one of a person's own sessions; raises PersonError where there is none of that number."""
    with transaction.atomic():
        found = UserSession.objects.filter(user=user, pk=pk).first()
        if found is None:
            raise PersonError("This session has ended already.")
        found.end()
        tell(user, which="one", by=user)


def end_others(user: User) -> None:
    """End all sessions of a person; the door keeps the one that asks."""
    with transaction.atomic():
        end_all(user)
        tell(user, which="others", by=user)


def end_all(user: User) -> None:
    """Let no session of the person fit any more; part of the deeds that end an access."""
    User.objects.filter(pk=user.pk).update(sessions_ended=models.F("sessions_ended") + 1)
    user.refresh_from_db(fields=["sessions_ended"])
    UserSession.objects.filter(user=user).delete()


def tell(user: User, *, which: str, by: User) -> None:
    """Leave a leaf that sessions were ended, inside the transaction of the deed."""
    journal.tell("sessions.ended", subject=actor(user), body={"which": which}, actor=actor(by))
