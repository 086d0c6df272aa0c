"""Turns what happened to requests into notices, one for each person and event.

The threads of requests are the outbox: nothing is lost where this stands still, and what is read
twice makes no second notice. Their entries get their numbers under the log's lock, so that none
appears behind one that was read already.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from accounts.models import User
from audits import days, requests
from audits.models import EvidenceRequest, RequestEntry, Side
from compliance.notices import recipients
from compliance.notices.models import Notice, Reading
from jobs import queue

KIND = "notices.mail"
THREAD = "requests"
AT_ONCE = 500
SOON = timedelta(days=3)
LONG_AGO = timedelta(days=30)
"""What is overdue for longer is not told again to somebody who just turned mail on."""


@transaction.atomic
def read_threads() -> int:
    """Make notices of the entries that came since the last reading; return how many were read.

    While mail is off entries are passed over: nobody wants last month's news when it goes on.
    """
    Reading.objects.get_or_create(thread=THREAD)
    reading = Reading.objects.select_for_update().get(thread=THREAD)
    if not settings.MAIL_IS_ON:
        newest = RequestEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0
        Reading.objects.filter(pk=reading.pk).update(last_entry=newest)
        return 0
    entries = list(
        RequestEntry.objects.filter(pk__gt=reading.last_entry)
        .select_related("request__engagement", "request__owner")
        .order_by("pk")[:AT_ONCE]
    )
    if entries:
        _keep(notice for entry in entries for notice in _of_entry(entry))
        Reading.objects.filter(pk=reading.pk).update(last_entry=entries[-1].pk)
    return len(entries)


def look_at_days() -> None:
    """Make notices of what is due within three days, and of what is overdue."""
    if not settings.MAIL_IS_ON:
        return
    today = days.today()
    waiting = (EvidenceRequest.State.OPEN, EvidenceRequest.State.RETURNED)
    rows = requests.with_state(
        EvidenceRequest.objects.filter(
            due__lte=today + SOON, due__gte=today - LONG_AGO, engagement__closed_at=None
        ).select_related("engagement", "owner")
    )
    _keep(
        notice
        for request in rows.order_by("pk")
        if getattr(request, "state", "") in waiting
        for notice in _of_day(request, is_over=request.due is not None and request.due < today)
    )


def send_unsent(now: datetime) -> None:
    """Ask for a mail to each person for whom notices wait, a job for each day at least.

    What is sent is said by the notices and not by the job, so that a mail that was given up comes
    with the job of the next day, and one that was sent does not come again.
    """
    if not settings.MAIL_IS_ON:
        return
    day = days.day_of(now).isoformat()
    waiting = Notice.objects.filter(
        sent_at__isnull=True, made_at__gt=now - LONG_AGO, user__is_active=True
    )
    for user, newest in waiting.order_by().values_list("user").annotate(newest=Max("pk")):
        # A key that ends with the newest notice: later news is a job of its own.
        queue.enqueue(
            KIND,
            key=f"{KIND}:{user}:{day}:{newest}",
            payload={"user": user},
            max_attempts=queue.PATIENT_ATTEMPTS,
        )


def _of_entry(entry: RequestEntry) -> Iterator[Notice]:
    if entry.kind not in Notice.About.values:
        return
    request = entry.request
    if entry.side == Side.AUDITOR or entry.kind == RequestEntry.Kind.ASKED:
        people = recipients.staff_for(request)
    else:
        people = recipients.auditors_for(request)
    yield from _notices(request, people, entry.kind, f"entry:{entry.pk}", but=entry.by_id)


def _of_day(request: EvidenceRequest, *, is_over: bool) -> Iterator[Notice]:
    about = Notice.About.OVERDUE if is_over else Notice.About.DUE
    # The day is part of the event: who moves it is told again.
    event = f"{about.value}:{request.pk}:{request.due}"
    yield from _notices(request, recipients.staff_for(request), about.value, event)


def _notices(
    request: EvidenceRequest, people: Iterable[User], about: str, event: str, but: int = 0
) -> Iterator[Notice]:
    for person in people:
        if person.pk != but:
            yield Notice(user=person, event=event, about=about, request=request)


def _keep(notices: Iterable[Notice]) -> None:
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
