"""Tells who leads compliance, later the executives, what is overdue for long; each matter once.

A row says that a matter was told to a level. The rows that a level gets on a day and the jobs that
mail them are made in one short transaction, so that nothing is told without a row, or kept untold.
An expectation stays one matter for as long as something of it is overdue, though the first of its
open times moves on; once it was closed in between, it is told anew.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db import transaction
from django.db.models import Max

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
MOST_TOLD = 5_000
"""More are told on the next days, so that keeping them holds nobody up."""
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


def look(day: date) -> int:
    """Keep what became overdue for long, ask for the mails, and return how many tasks it were.

    What is overdue is found outside of any transaction, because finding it takes its time and
    SQLite lets nobody else write meanwhile. A level that was told on this day already is passed
    over, so that a second run tells nothing twice.
    """
    if not settings.MAIL_IS_ON:
        return 0
    told = 0
    for level, role in _ROLES.items():
        people = _holders(role)
        if not people or Escalation.objects.filter(level=level, day=day).exists():
            continue
        fresh = [task for tasks in _overdue(level) for task in _unknown(tasks, level, day)]
        told += _tell(fresh[:MOST_TOLD], level, day, people)
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


def _unknown(tasks: Iterable[Task], level: Escalation.Level, day: date) -> list[Task]:
    """Return those of some tasks that this level was not told of; mark the others as seen today.

    It was told of a task when it was told of the same event, or of the same matter and what is
    open now was already due when that was last seen: then it was never closed in between.
    """
    by_event = {task.event: task for task in tasks}
    abouts = {task.about for task in by_event.values()}
    here = Escalation.objects.filter(level=level)
    events = set(here.filter(event__in=by_event).values_list("event", flat=True))
    rows = here.filter(matter__in=abouts).order_by().values_list("matter")
    seen = dict(rows.annotate(last=Max("seen")))
    fresh = [
        task
        for event, task in by_event.items()
        if event not in events and not _is_same(task, seen.get(task.about))
    ]
    known = abouts - {task.about for task in fresh}
    here.filter(matter__in=known, seen__lt=day).update(seen=day)
    return fresh


def _is_same(task: Task, seen: date | None) -> bool:
    return bool(task.matter and task.due and seen and task.due < seen)


@transaction.atomic
def _tell(tasks: Sequence[Task], level: Escalation.Level, day: date, people: Iterable[User]) -> int:
    """Keep that a level is told of tasks, and ask for the mails that tell it."""
    rows = [
        Escalation(
            event=task.event,
            matter=task.about,
            seen=day,
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
        for task in tasks
    ]
    Escalation.objects.bulk_create(rows, batch_size=AT_ONCE, ignore_conflicts=True)
    for user in people if rows else ():
        queue.enqueue(
            MAIL,
            key=f"{MAIL}:{level}:{day.isoformat()}:{user.pk}",
            payload={"user": user.pk, "level": level.value, "day": day.isoformat()},
            max_attempts=queue.PATIENT_ATTEMPTS,
        )
    return len(rows)


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
