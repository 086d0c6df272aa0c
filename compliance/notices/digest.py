"""The mail of the morning: what is due, once for each person and day, and none where nothing is.

A person who wants it every day is told all that is overdue or due within a week; who wants it
weekly is told so on Mondays, and on other days what a reminder falls on. The key of the job names
person and day: that is what makes it come once.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from django.conf import settings

from accounts import preferences
from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import NoticePreference, User
from audits import days
from compliance.notices.letters import MOST_LINES, Section, letter, line
from jobs import queue
from jobs.models import Job
from readiness import tasklist
from readiness.task import Task

KIND = "notices.digest"
AHEAD = timedelta(days=7)
_MONDAY = 0
_TOLD_OTHERWISE = frozenset({"requests"})
"""What has reminders of its own; the digest lists it, and no second reminder comes."""


def ask_for(now: datetime) -> int:
    """Ask for the mail of the day for everybody whose morning has begun; return how many asked."""
    if not settings.MAIL_IS_ON:
        return 0
    wanted = dict(_wanted(now))
    known = set(Job.objects.filter(key__in=wanted).values_list("key", flat=True))
    for key in wanted.keys() - known:
        queue.enqueue(KIND, key=key, payload=wanted[key], max_attempts=queue.PATIENT_ATTEMPTS)
    return len(wanted.keys() - known)


def send(user: User, day: date, now: datetime) -> int:
    """Send a person the mail of a day; return how many tasks it told of.

    Delivery is at least once: where a worker dies between the mail server's answer and the note of
    it, the next attempt sends a mail with the same Message-ID. A day that is over is not told.
    """
    preference = preferences.of(user)
    is_off = preference.rhythm == NoticePreference.Rhythm.OFF
    if not settings.MAIL_IS_ON or is_off or not can(user, Capability.VIEW):
        return 0
    if now.astimezone(preferences.zone_of(user)).date() != day:
        return 0
    today = days.today()
    page = tasklist.of(user, until=today + AHEAD)
    told = _told(page.tasks, preference.rhythm, day, today)
    if not told:
        return 0
    message = letter(
        user,
        subject=_subject(told, today),
        sections=list(_sections(told[:MOST_LINES], user, today)),
        more=len(told) - MOST_LINES,
        name=f"digest-{user.pk}-{day.isoformat()}",
    )
    message.send()
    return len(told)


def is_reminder(task: Task, today: date) -> bool:
    """Whether a reminder falls on this day: so many days before the due day, or after it."""
    if task.due is None or task.source in _TOLD_OTHERWISE:
        return False
    left = (task.due - today).days
    return left in settings.REMIND_DAYS_BEFORE if left >= 0 else -left in settings.REMIND_DAYS_AFTER


def about(task: Task, today: date) -> str:
    """Say what there is to say of the due day of a task."""
    if task.due is None:
        return "Without a due day"
    over, left = task.days_over(today), (task.due - today).days
    if over:
        return f"Overdue for {over} {'day' if over == 1 else 'days'}, since {task.due}"
    if left == 0:
        return f"Due today, {task.due}"
    return f"Due in {left} {'day' if left == 1 else 'days'}, on {task.due}"


def _wanted(now: datetime) -> Iterator[tuple[str, dict[str, object]]]:
    people = User.objects.filter(is_active=True, is_staff=True)
    for user in people.select_related("notice_preference").prefetch_related("roles"):
        preference = getattr(user, "notice_preference", None) or NoticePreference(user=user)
        local = now.astimezone(preferences.zone_of(user))
        if preference.rhythm == NoticePreference.Rhythm.OFF or local.hour < settings.DIGEST_HOUR:
            continue
        if can(user, Capability.VIEW):
            day = local.date().isoformat()
            yield f"{KIND}:{user.pk}:{day}", {"user": user.pk, "day": day}


def _told(tasks: Iterable[Task], rhythm: str, day: date, today: date) -> list[Task]:
    is_weekly = rhythm == NoticePreference.Rhythm.WEEKLY
    if is_weekly and day.weekday() != _MONDAY:
        return [task for task in tasks if is_reminder(task, today)]
    return list(tasks)


def _sections(tasks: Sequence[Task], user: User, today: date) -> Iterator[Section]:
    groups = {
        "Overdue": [task for task in tasks if task.days_over(today)],
        "Due today": [task for task in tasks if task.due == today],
        "Due soon": [task for task in tasks if task.due is None or task.due > today],
    }
    for heading, mine in groups.items():
        yield Section(heading, [line(task, user, about=about(task, today)) for task in mine])


def _subject(tasks: Sequence[Task], today: date) -> str:
    over = sum(task.days_over(today) > 0 for task in tasks)
    now = sum(task.due == today for task in tasks)
    counted = [(over, "overdue"), (now, "due today"), (len(tasks) - over - now, "due soon")]
    said = ", ".join(f"{count} {words}" for count, words in counted if count)
    return f"Your tasks: {said}"
