"""Tells who leads compliance, later the executives, what is overdue for long; each task once.

A row says that a task with this due day was told to a level. The rows of a day and the jobs that
mail them are made in one transaction, so that nothing is told without a row, or kept untold.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db import transaction

from accounts.access import can
from accounts.capabilities import Capability
from accounts.models import User
from audits import days
from compliance.notices.digest import about
from compliance.notices.letters import MOST_LINES, Section, letter, line
from compliance.notices.models import Escalation
from jobs import queue
from readiness import tasklist
from readiness.task import Asked, Task

LOOK = "notices.escalation"
MAIL = "notices.escalation_mail"
AT_ONCE = 500
_ROLES = {
    Escalation.Level.LEAD: "compliance-lead",
    Escalation.Level.EXECUTIVE: "executive",
}


def ask_for(now: datetime) -> None:
    """Ask once a day, in the morning of the organisation, for a look at what is overdue."""
    local = now.astimezone(days.zone())
    if settings.MAIL_IS_ON and local.hour >= settings.DIGEST_HOUR:
        day = local.date().isoformat()
        queue.enqueue(LOOK, key=f"{LOOK}:{day}", payload={"day": day})


@transaction.atomic
def look(day: date) -> int:
    """Keep what became overdue for long, ask for the mails, and return how many tasks it were."""
    told = 0
    for level, role in _ROLES.items():
        people = _holders(role)
        if not people or not settings.MAIL_IS_ON:
            continue
        fresh = sum(_keep(tasks, level, day) for tasks in _overdue(level))
        told += fresh
        for user in people if fresh else ():
            queue.enqueue(
                MAIL,
                key=f"{MAIL}:{level}:{day.isoformat()}:{user.pk}",
                payload={"user": user.pk, "level": level.value, "day": day.isoformat()},
                max_attempts=queue.PATIENT_ATTEMPTS,
            )
    return told


def send(user: User, level: str, day: date) -> int:
    """Mail a person what was escalated to a level on a day; return how many tasks it told of."""
    if not settings.MAIL_IS_ON or not can(user, Capability.VIEW):
        return 0
    rows = Escalation.objects.filter(level=level, day=day).order_by("due", "pk")
    count = rows.count()
    shown = list(rows[:MOST_LINES])
    lines = [
        line(_task(row), user, about=f"{about(_task(row), day)}. Whose it is: {row.owner}")
        for row in shown
    ]
    if not lines:
        return 0
    noun = "task is" if count == 1 else "tasks are"
    after = settings.ESCALATE_DAYS
    if level == Escalation.Level.EXECUTIVE:
        after = settings.ESCALATE_FURTHER_DAYS
    letter(
        user,
        subject=f"Escalation: {count} {noun} overdue for {after} days or more",
        sections=[Section("Overdue, and told to nobody else before at your level", lines)],
        more=count - len(shown),
        name=f"escalation-{level}-{day.isoformat()}-{user.pk}",
    ).send()
    return count


def _holders(role: str) -> list[User]:
    people = User.objects.filter(is_active=True, is_staff=True, grants__role__slug=role)
    return [user for user in people.order_by("pk") if can(user, Capability.VIEW)]


def _overdue(level: Escalation.Level) -> Iterator[Sequence[Task]]:
    """Yield what is overdue for the days of a level, some hundreds at a time."""
    today = days.today()
    after = settings.ESCALATE_DAYS
    if level is Escalation.Level.EXECUTIVE:
        after = settings.ESCALATE_FURTHER_DAYS
    tasks = tasklist.everything(Asked(today, today - timedelta(days=after)))
    while some := list(islice(tasks, AT_ONCE)):
        yield some


def _keep(tasks: Iterable[Task], level: Escalation.Level, day: date) -> int:
    """Keep those of some tasks that this level was not told of; return how many."""
    by_event = {task.event: task for task in tasks}
    known = Escalation.objects.filter(level=level, event__in=by_event)
    fresh = by_event.keys() - set(known.values_list("event", flat=True))
    Escalation.objects.bulk_create(
        Escalation(
            event=task.event,
            level=level,
            day=day,
            source=task.source,
            name=task.name,
            title=task.title[:300],
            owner=task.owner[:200],
            due=task.due or day,
            page=task.page,
            args=list(task.args),
        )
        for event, task in by_event.items()
        if event in fresh
    )
    return len(fresh)


def _task(row: Escalation) -> Task:
    return Task(
        source=row.source,
        key="",
        name=row.name,
        title=row.title,
        due=row.due,
        weight=0,
        page=row.page,
        args=tuple(row.args),
        owner=row.owner,
    )
