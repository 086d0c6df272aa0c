"""Writes and sends the mail to one person: what happened and where to look; no evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from compliance.notices import recipients
from compliance.notices.models import Notice

MOST_LINES = 50
_GIVEN_UP = timedelta(minutes=15)
"""A job that took notices so long ago, and did not send them, is taken for dead."""


@dataclass(frozen=True)
class Line:
    """One thing to tell."""

    words: str
    title: str
    link: str


def send(user: User, *, job: int) -> int:
    """Send one mail with all that waits for a person; return how many notices it told.

    Delivery is at least once: where a worker dies between the mail server's answer and the note of
    it, the next attempt sends the same mail with the same Message-ID.
    """
    if not settings.MAIL_IS_ON or not user.is_active:
        return 0
    mine = _taken(user, job)
    if not mine:
        return 0
    told = [one for one in mine if recipients.may_still_see(one.request, user)]
    if told:
        _message(user, told).send()
    Notice.objects.filter(pk__in=[one.pk for one in mine]).update(sent_at=timezone.now())
    return len(told)


def _taken(user: User, job: int) -> list[Notice]:
    """Take what waits, so that two workers do not send the same; what is ours stays ours."""
    now = timezone.now()
    free = Q(job=None) | Q(job=job) | Q(taken_at__lt=now - _GIVEN_UP)
    waiting = Notice.objects.filter(user=user, sent_at__isnull=True)
    waiting.filter(free).update(job=job, taken_at=now)
    taken = waiting.filter(job=job).select_related("request__engagement")
    return list(taken.order_by("pk"))


def _message(user: User, notices: Sequence[Notice]) -> EmailMultiAlternatives:
    lines = [_line(user, notice) for notice in notices[:MOST_LINES]]
    host = urlsplit(settings.SITE_URL).hostname
    facts = {
        "lines": lines,
        "more": len(notices) - len(lines),
        "organisation": settings.ORGANISATION,
        "site_url": settings.SITE_URL,
    }
    message = EmailMultiAlternatives(
        subject=_subject(notices),
        body=render_to_string("emails/requests.txt", facts),
        to=[user.email],
        headers={
            "Message-ID": f"<notices-{notices[0].pk}-{user.pk}@{host}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(render_to_string("emails/requests.html", facts), "text/html")
    return message


def _subject(notices: Sequence[Notice]) -> str:
    first = notices[0].request
    if len(notices) == 1:
        return f"[Countersign] Request {first.ref} {_about(notices[0])}"
    audits = sorted({notice.request.engagement.ref for notice in notices})
    return f"[Countersign] {len(notices)} news on requests of {', '.join(audits[:3])}"


def _line(user: User, notice: Notice) -> Line:
    request = notice.request
    if user.is_staff:
        path = reverse("admin:request", args=[request.pk])
    else:
        path = reverse("portal:request", args=[request.engagement.ref, request.number])
    words = f"{request.ref} {_about(notice)}"
    if notice.about in {Notice.About.DUE, Notice.About.OVERDUE}:
        words = f"{words} ({notice.event.rpartition(':')[2]})"
    return Line(words, request.title, f"{settings.SITE_URL}{path}")


def _about(notice: Notice) -> str:
    return Notice.About(notice.about).label
