"""Writes a mail about tasks to one person: sections of lines, each with a link; no evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from compliance import task_links
from readiness import tasklist
from readiness.task import Task

MOST_LINES = 50


@dataclass(frozen=True)
class Line:
    """One task: what it is, what about its day, and where it is done."""

    words: str
    about: str
    link: str


@dataclass(frozen=True)
class Section:
    heading: str
    lines: Sequence[Line]


def line(task: Task, user: User, *, about: str) -> Line:
    kind = tasklist.sources()[task.source].words if task.source in tasklist.sources() else ""
    named = " ".join(word for word in (f"{kind}:" if kind else "", task.name, task.title) if word)
    # A title that somebody typed must not break the line that it stands on.
    return Line(" ".join(named.split()), about, task_links.address(task, user))


def letter(
    user: User, *, subject: str, sections: Sequence[Section], more: int, name: str
) -> EmailMultiAlternatives:
    """Return the mail; `name` makes its Message-ID, the same however often it is sent."""
    facts = {
        "sections": [section for section in sections if section.lines],
        "more": more,
        "organisation": settings.ORGANISATION,
        "work": f"{settings.SITE_URL}{reverse('admin:work')}",
        "reminders": f"{settings.SITE_URL}{reverse('admin:reminders')}",
    }
    host = urlsplit(settings.SITE_URL).hostname
    message = EmailMultiAlternatives(
        subject=f"[Countersign] {subject}",
        body=render_to_string("emails/tasks.txt", facts),
        to=[user.email],
        headers={"Message-ID": f"<{name}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string("emails/tasks.html", facts), "text/html")
    return message
