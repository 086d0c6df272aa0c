"""What beat and workers do for this door: read the threads, look at the days, send mails."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from smtplib import SMTPException

from django.utils import timezone

from accounts.models import User
from audits.buyers import deciding
from audits.models import BuyerDecision
from compliance import chat
from compliance.notices import (
    attestation,
    digest,
    escalation,
    events,
    mail,
    morning,
    rooms,
    sharing,
    webhook,
)
from jobs.errors import TransientError
from jobs.handlers import Result, handler
from jobs.periodic import every
from jobs.work import Work
from merchants import reminding
from merchants.models import ComplianceForm


@every(seconds=30, name="notices.requests")
def read_threads(now: datetime) -> None:
    events.read_threads()
    events.send_unsent(now)


@every(seconds=3600, name="notices.days")
def look_at_days(_now: datetime) -> None:
    events.look_at_days()


@handler(events.KIND, limit_seconds=300)
def send_mail(work: Work) -> Result:
    user = User.objects.filter(pk=work.payload["user"]).first()
    with _mailing():
        return {"told": mail.send(user, job=work.job_id) if user else 0}


@every(seconds=600, name="notices.morning")
def begin_the_day(now: datetime) -> None:
    digest.ask_for(now)
    escalation.ask_for(now)
    morning.ask_for(now)


@handler(digest.KIND, limit_seconds=300)
def send_digest(work: Work) -> Result:
    user = User.objects.filter(pk=work.payload["user"]).first()
    day = date.fromisoformat(work.payload["day"])
    with _mailing():
        return {"told": digest.send(user, day, timezone.now()) if user else 0}


@handler(escalation.LOOK, limit_seconds=900)
def look_for_overdue(work: Work) -> Result:
    return {"told": escalation.look(date.fromisoformat(work.payload["day"]))}


@handler(escalation.MAIL, limit_seconds=300)
def send_escalation(work: Work) -> Result:
    user = User.objects.filter(pk=work.payload["user"]).first()
    day = date.fromisoformat(work.payload["day"])
    with _mailing():
        return {"told": escalation.send(user, work.payload["level"], day) if user else 0}


@handler(reminding.MAIL, limit_seconds=300)
def remind_merchant(work: Work) -> Result:
    found = ComplianceForm.objects.select_related("merchant", "application")
    with _mailing():
        form = found.get(pk=work.payload["form"])
        return {"told": attestation.send(form, day=work.payload["day"])}


@handler(deciding.MAIL, limit_seconds=300)
def answer_buyer(work: Work) -> Result:
    """Mail who asked for documents what was decided."""
    found = BuyerDecision.objects.select_related("request")
    with _mailing():
        decision = found.get(pk=work.payload["decision"])
        return {"told": sharing.send(decision, job=work.job_id)}


@every(seconds=3600, name="notices.rooms")
def look_at_rooms(_now: datetime) -> None:
    rooms.ask_for()


@handler(rooms.KIND, limit_seconds=300)
def tell_of_room(work: Work) -> Result:
    """Tell a person of the day on which a room closes."""
    with _mailing():
        return {"told": rooms.send(**work.payload)}


@handler(chat.KIND, limit_seconds=60)
def say_in_chat(work: Work) -> Result:
    """Say the text of a job, or what there is to say of its day."""
    payload = work.payload
    text = (
        payload["text"] if "text" in payload else morning.words(date.fromisoformat(payload["day"]))
    )
    if text:
        webhook.say(text)
    return {"said": bool(text)}


@contextmanager
def _mailing() -> Iterator[None]:
    try:
        yield
    except (OSError, SMTPException) as error:
        raise TransientError(f"The mail server did not take the mail: {error}") from error
