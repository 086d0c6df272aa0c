"""Work of the room without people: forms fall overdue, end, are renewed; its own evidence."""

from datetime import datetime

from django.conf import settings
from django.utils import timezone

from jobs import queue
from jobs.handlers import handler
from jobs.periodic import every
from jobs.work import Work
from merchants import (
    attestations,
    changing,
    exporting,
    issuing_many,
    other_accounts,
    portfolio,
    reminding,
)
from merchants.models import Webhook
from merchants.webhooks import delivering, telling

SWEEP = "merchants.sweep"
RENEW = "merchants.renew"


@every(seconds=600, name="merchants.sweep")
def ask_for_sweep(now: datetime) -> None:
    """Ask for a look at the clocks of all forms, once in ten minutes."""
    queue.enqueue(SWEEP, key=f"{SWEEP}:{now:%Y-%m-%dT%H:%M}", payload={})


@handler(SWEEP)
def sweep(_work: Work) -> dict[str, object]:
    """Move what is overdue or has ended; again changes nothing."""
    return {**changing.sweep()}


@every(seconds=3600, name="merchants.renew")
def ask_for_renewal(now: datetime) -> None:
    """Ask once an hour for next year's forms."""
    queue.enqueue(RENEW, key=f"{RENEW}:{now:%Y-%m-%dT%H}", payload={})


@handler(RENEW)
def renew(_work: Work) -> dict[str, object]:
    """Issue next year's forms where they are due; again issues none twice."""
    return {"issued": changing.renew()}


@every(seconds=3600, name="merchants.attestations")
def ask_for_attestations(now: datetime) -> None:
    """Ask once in each month for the list of merchants and their attestations."""
    if attestations.is_needed():
        key = f"{attestations.KIND}:{now:%Y-%m}"
        queue.enqueue(attestations.KIND, key=key, payload={})


@handler(attestations.KIND)
def take_attestations(work: Work) -> dict[str, object]:
    """Keep the list as evidence; a second run of the same job takes no second one."""
    return {"evidence": attestations.take_once(key=work.key).ref}


@handler(issuing_many.KIND)
def issue_many(work: Work) -> dict[str, object]:
    """Approve the merchants of a platform that wait, and issue their forms, batch by batch."""
    return issuing_many.run(work.payload, progress=work.progress)


@handler(other_accounts.KIND)
def take_forms(work: Work) -> dict[str, object]:
    """Take the forms of another account in, batch by batch."""
    return other_accounts.run(work.payload, progress=work.progress)


@every(seconds=3600, name="merchants.reminders")
def ask_for_reminders(now: datetime) -> None:
    """Ask once a day who is to be reminded."""
    reminding.ask_for_day(now.date(), by_mail=settings.MAIL_IS_ON)


@handler(reminding.DAY)
def remind_of_day(work: Work) -> dict[str, object]:
    """Order the mails of a day, and tell webhooks."""
    return reminding.run_day(work.payload, progress=work.progress)


@handler(reminding.MANY)
def remind_many(work: Work) -> dict[str, object]:
    """Order the mails that a person asked for."""
    return reminding.run_many(work.payload, progress=work.progress)


@handler(telling.KIND, limit_seconds=300)
def send_events(work: Work) -> dict[str, object]:
    """Send what waits for a webhook, for a stretch; again sends what is left only."""
    return delivering.run(Webhook.objects.get(pk=work.payload["webhook"]))


@every(seconds=600, name="merchants.webhooks")
def ask_for_rest_of_events(now: datetime) -> None:
    """Order what is due to webhooks and was forgotten, and drop what the log no longer reaches."""
    delivering.ask_for_rest(now)
    delivering.forget(now)


@every(seconds=600, name="merchants.figures")
def ask_for_figures(now: datetime) -> None:
    """Ask for the figures of large portfolios, once in ten minutes."""
    portfolio.ask_for_figures(now)


@handler(portfolio.KIND)
def count_forms(_work: Work) -> dict[str, object]:
    """Count what the pages of a large portfolio show."""
    return portfolio.run(timezone.now())


@handler(exporting.KIND)
def export(work: Work) -> dict[str, object]:
    """Write the chosen forms as a table, and keep it."""
    return exporting.run(work.payload, key=work.key, progress=work.progress)
