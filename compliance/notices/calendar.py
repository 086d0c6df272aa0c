"""The calendar of a person (RFC 5545): each task all day long on its due day; read by programs.

Who has the address may read it, so it says no more than a calendar needs: kind and reference, the
title only where it is wording of the catalogue, and a link. No name, no owner, no note.
"""

from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event

from accounts import feeds
from accounts.errors import FeedError
from accounts.models import User
from audits import days
from compliance import task_links
from readiness import tasklist
from readiness.task import Task

MOST = 1_000
AHEAD = timedelta(days=366)
_PRODUCT = "-//Countersign//Tasks//EN"


@never_cache
@require_safe
def calendar(_request: HttpRequest, secret: str) -> HttpResponse:
    """Answer with the calendar of whoever owns the address; every wrong one is simply not there."""
    try:
        user = feeds.reader(secret)
    except FeedError:
        raise Http404 from None
    answer = HttpResponse(written(user), content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'inline; filename="countersign.ics"'
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def written(user: User) -> bytes:
    """Return the tasks of a person that have a due day, as an iCalendar object."""
    made = Calendar()
    made.add("prodid", _PRODUCT)
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", f"Countersign of {settings.ORGANISATION}")
    made.add("refresh-interval", timedelta(hours=6), parameters={"value": "DURATION"})
    today = days.today()
    # The beginning of the day, so that a calendar that did not change reads the same all day.
    stamp = datetime.combine(today, time(), UTC)
    for task in tasklist.of(user, until=today + AHEAD, most=MOST).tasks:
        if task.due:
            made.add_component(_event(task, user, stamp))
    return bytes(made.to_ical())


def _event(task: Task, user: User, stamp: datetime) -> Event:
    kind = tasklist.sources()[task.source].words
    title = f" {task.title}" if task.is_of_catalogue else ""
    event = Event()
    event.add("uid", uid(task))
    event.add("dtstamp", stamp)
    event.add("dtstart", task.due)
    event.add("dtend", task.due + timedelta(days=1) if task.due else None)
    event.add("summary", f"{kind}: {task.name}{title}")
    event.add("url", task_links.address(task, user))
    event.add("categories", [kind])
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    return event


def uid(task: Task) -> str:
    """Name a task for calendars, for as long as it is there; its due day may move meanwhile."""
    host = urlsplit(settings.SITE_URL).hostname
    return f"{sha256(f'{task.source}:{task.key}'.encode()).hexdigest()[:32]}@{host}"
