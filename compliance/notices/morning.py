"""What the chat hears in the morning: how much is overdue and due, and nothing where nothing is."""

from datetime import date, datetime
from itertools import islice

from django.conf import settings
from django.urls import reverse

from audits import days
from compliance.chat import KIND
from jobs import queue
from readiness import tasklist
from readiness.task import Asked

COUNTED = 2_000


def ask_for(now: datetime) -> None:
    """Ask once a day, in the morning of the organisation, for the words of the day."""
    local = now.astimezone(days.zone())
    if settings.CHAT_WEBHOOK_URL and local.hour >= settings.DIGEST_HOUR:
        day = local.date().isoformat()
        queue.enqueue(
            KIND,
            key=f"{KIND}:{day}",
            payload={"day": day},
            max_attempts=queue.PATIENT_ATTEMPTS,
        )


def words(day: date) -> str:
    """Return what there is to say on a day; empty where nothing is due, or the day is over.

    It names no person and no task: who may read the chat may not be who may read the tasks.
    """
    today = days.today()
    if day != today:
        return ""
    found = list(islice(tasklist.everything(Asked(today, today)), COUNTED + 1))
    over = sum(task.days_over(today) > 0 for task in found)
    due = len(found) - over
    if not found:
        return ""
    more = "more than " if len(found) > COUNTED else ""
    said = [f"{more}{over:,} overdue" if over else "", f"{due:,} due today" if due else ""]
    counted = " and ".join(part for part in said if part)
    link = f"{settings.SITE_URL}{reverse('admin:work')}?whose=all"
    return f"Countersign of {settings.ORGANISATION}, tasks: {counted}. {link}"
