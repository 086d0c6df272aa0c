"""What beat and workers do for this door: read the threads, look at the days, send mails."""

from datetime import datetime
from smtplib import SMTPException

from accounts.models import User
from compliance.notices import events, mail
from jobs.errors import TransientError
from jobs.handlers import Result, handler
from jobs.periodic import every
from jobs.work import Work


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
    try:
        return {"told": mail.send(user, job=work.job_id) if user else 0}
    except (OSError, SMTPException) as error:
        raise TransientError(f"The mail server did not take the mail: {error}") from error
