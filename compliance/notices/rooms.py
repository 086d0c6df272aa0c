"""Tells members before the room of an engagement closes: a week and a day ahead, once each."""

from datetime import date, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from audits import access, days, rooms
from audits.models import Engagement
from jobs import queue

KIND = "notices.room"
DAYS_BEFORE = (7, 1)


def ask_for() -> int:
    """Have mails sent about rooms that close soon; return how many were asked for or known.

    The key of a job names person, room and day: who moves the day makes another mail of it.
    """
    if not settings.MAIL_IS_ON:
        return 0
    today, asked = days.today(), 0
    last = today + timedelta(days=max(DAYS_BEFORE))
    for engagement in Engagement.objects.filter(room_until__range=(today, last)):
        left = (engagement.room_until - today).days if engagement.room_until else 0
        for before in (each for each in DAYS_BEFORE if left <= each):
            for user in _inside(engagement):
                until = str(engagement.room_until)
                key = f"{KIND}:{engagement.pk}:{user.pk}:{until}:{before}"
                payload = {"engagement": engagement.pk, "user": user.pk, "until": until}
                queue.enqueue(KIND, key=key, payload=payload)
                asked += 1
    return asked


def send(*, engagement: int, user: int, until: str) -> int:
    """Send one mail; none where the day was moved meanwhile, or the person is inside no more."""
    found = Engagement.objects.filter(pk=engagement, room_until=date.fromisoformat(until)).first()
    person = User.objects.filter(pk=user, is_active=True).first()
    if not (settings.MAIL_IS_ON and found and person):
        return 0
    if not access.for_user(person).filter(pk=found.pk).exists():
        return 0
    _message(found, person).send()
    return 1


def _inside(engagement: Engagement) -> list[User]:
    members = engagement.members.filter(removed_at=None, access_until__gte=days.today())
    rows = members.select_related("user").filter(user__is_active=True)
    return [one.user for one in rows]


def _message(engagement: Engagement, person: User) -> EmailMultiAlternatives:
    host = urlsplit(settings.SITE_URL).hostname
    path = reverse("portal:handed_over", args=[engagement.ref])
    facts = {
        "engagement": engagement,
        "keeper": rooms.keeper(engagement),
        "link": f"{settings.SITE_URL}{path}",
        "organisation": settings.ORGANISATION,
    }
    day = engagement.room_until
    message = EmailMultiAlternatives(
        subject=f"[Countersign] The room of {engagement.ref} closes after {day}",
        body=render_to_string("emails/room.txt", facts),
        to=[person.email],
        headers={
            "Message-ID": f"<room-{engagement.ref}-{person.pk}-{day}-{days.today()}@{host}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(render_to_string("emails/room.html", facts), "text/html")
    return message
