"""Whom to remind of a form, and when; who writes the mail is upstairs.

A reminder falls on set days before and after the due day, by mail and by webhook. The key of the
job, or of the event, names form and day, which is what makes it come once.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import make_aware

from accounts.access import actor
from accounts.models import User
from jobs.models import Job
from jobs.queue import PATIENT_ATTEMPTS, enqueue
from merchants import answering, parties, portfolio
from merchants.models import Application, ComplianceForm, Environment, Merchant, Webhook
from merchants.portfolio import Choice
from merchants.webhooks import telling

MAIL = "merchants.reminder"
"""The kind of job that mails one merchant a link to its form."""
DAY = "merchants.reminders"
FORM = "compliance_form"
MANY = "merchants.remind"
BATCH = 500
DAYS_BEFORE = (90, 30, 14, 7, 1)
DAYS_AFTER = (1, 14, 30)
_OPEN = {
    "state__in": answering.OPEN,
    "merchant__state": Merchant.State.APPROVED,
    # Forms of other accounts are signed over there.
    "source": "",
}

Progress = Callable[[int, int, str], None]


def ask(form: ComplianceForm, *, by: User, today: date) -> Job:
    """Have a merchant mailed a link to its open form today; NotAllowedError, FormClosedError."""
    parties.refuse_stranger(by)
    return _ask(form, f"{today.isoformat()}", requested_by=actor(by))


def ask_for_day(day: date, *, by_mail: bool) -> Job | None:
    """Have everybody reminded on whom a reminder falls on a day; None where nobody would hear."""
    listening = Webhook.objects.filter(enabled=True, is_accepting=True)
    if not by_mail and not any(telling.wants(one, FORM, telling.REMINDED) for one in listening):
        return None
    key = f"{DAY}:{day.isoformat()}"
    return enqueue(DAY, key=key, payload={"day": day.isoformat(), "by_mail": by_mail})


def ask_many(choice: Choice, *, by: User, today: date) -> Job:
    """Have the merchants of the chosen forms reminded, where these are open; NotAllowedError."""
    parties.refuse_stranger(by)
    asked = sha256(repr(choice).encode()).hexdigest()[:16]
    return enqueue(
        MANY,
        key=f"{MANY}:{asked}:{today.isoformat()}",
        payload={"choice": choice.to_json(), "day": today.isoformat()},
        requested_by=actor(by),
    )


def remindable(choice: Choice) -> QuerySet[ComplianceForm]:
    """Return those of the chosen forms whose merchants can be reminded."""
    return portfolio.chosen(choice).filter(**_OPEN)


def run_day(payload: Mapping[str, Any], *, progress: Progress) -> dict[str, object]:
    """Order the mails of a day and tell webhooks; again does nothing twice."""
    day = date.fromisoformat(payload["day"])
    live = _open().filter(environment=Environment.LIVE)
    own = list(Application.objects.filter(environment=Environment.LIVE, remind_on__isnull=False))
    parts = [(live.exclude(application__in=own), days_left())]
    parts += [(live.filter(application=one), one.remind_on) for one in own]
    ordered = told = 0
    for forms, days in parts:
        for left in days:
            start = make_aware(datetime.combine(day + timedelta(days=left), time()))
            due = forms.filter(due_at__gte=start, due_at__lt=start + timedelta(days=1))
            told += _tell(due, day)
            if payload.get("by_mail", True):
                ordered += _order(due, day, progress)
    return {"mails": ordered, "events": told}


def run_many(payload: Mapping[str, Any], *, progress: Progress) -> dict[str, object]:
    """Order the mails that a person asked for; again orders none twice."""
    forms = remindable(portfolio.of_json(payload["choice"])).order_by("pk")
    return {"mails": _order(forms, date.fromisoformat(payload["day"]), progress)}


def days_left() -> list[int]:
    """Return on which days before (positive) and after (negative) the due day a reminder falls.

    A platform may have days of its own.
    """
    return [*DAYS_BEFORE, *(-day for day in DAYS_AFTER)]


def _open() -> QuerySet[ComplianceForm]:
    return ComplianceForm.objects.filter(**_OPEN).order_by("pk")


def _tell(forms: QuerySet[ComplianceForm], day: date) -> int:
    told = last = 0
    while batch := list(forms.filter(pk__gt=last)[:BATCH]):
        told += telling.reminders(batch, day)
        last = batch[-1].pk
    return told


def _order(forms: QuerySet[ComplianceForm], day: date, progress: Progress) -> int:
    done, last, total = 0, 0, forms.count()
    while batch := list(forms.filter(pk__gt=last)[:BATCH]):
        for form in batch:
            _ask(form, day.isoformat(), requested_by="system")
        last, done = batch[-1].pk, done + len(batch)
        progress(done, total, "mails")
    return done


def _ask(form: ComplianceForm, day: str, *, requested_by: str) -> Job:
    return enqueue(
        MAIL,
        key=f"{MAIL}:{form.ref}:{day}",
        payload={"form": form.pk, "day": day},
        requested_by=requested_by,
        max_attempts=PATIENT_ATTEMPTS,
    )
