"""Sends what waits for a webhook: a bounded stretch at a time, five tries each, with back-off.

Rules:
- One job sends for one webhook, and for no longer than a stretch; what is left is ordered anew, at
  the end of the queue, so that ten thousand events keep no other work waiting.
- An address that gives no answer at all several times in a row is left alone for a while.
- One that has taken nothing for days is told nothing more until somebody switches it on again.
- Some events are on their way at a time, over lines that stay open, once the address answered; two
  of one subject never are, so that they come in their order.
- Each try is signed anew and stands in the log; a receiver may see an event twice, never another.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.journal import digest
from evidence import ledger
from merchants import ids
from merchants.errors import OrderError
from merchants.models import Delivery, DeliveryAttempt, Event, Webhook
from merchants.webhooks import telling, wire

MOST_TRIES = 5
BATCH = 500
BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
)
STRETCH = 500
STRETCH_SECONDS = 5.0
AT_ONCE = 8
"""So many posts are on their way at a time, and noted in one transaction."""
SILENT = 3
"""After so many posts without any answer a stretch ends."""
LEFT_ALONE = timedelta(minutes=1)
DEAD_AFTER = timedelta(days=3)
KEPT_FOR = timedelta(days=30)
_CLAIMED = timedelta(minutes=2)
_STATE = Delivery.State


def run(webhook: Webhook) -> dict[str, object]:
    """Send what is due to a webhook, for a stretch; order the rest. Return what was done."""
    if not webhook.enabled or not webhook.is_accepting:
        return {"sent": 0, "failed": 0}
    end = time.monotonic() + STRETCH_SECONDS
    sent = failed = silent = 0
    with wire.lines(AT_ONCE) as lines, ThreadPoolExecutor(AT_ONCE) as senders:
        for batch in _batches(_due(webhook)):
            if time.monotonic() > end or silent >= SILENT:
                break
            taken = _claim(batch)
            bodies = [delivery.event.body for delivery in taken]
            answers = list(senders.map(lambda body: wire.post(webhook, body, lines), bodies))
            _note(webhook, taken, answers)
            good = sum(answer.is_taken for answer in answers)
            sent, failed = sent + good, failed + len(answers) - good
            for answer in answers:
                silent = 0 if answer.status else silent + 1
    _go_on(webhook, is_silent=silent >= SILENT)
    return {"sent": sent, "failed": failed}


def redeliver(delivery: Delivery, *, actor: str) -> Delivery:
    """Send a delivery once more, with all its tries; OrderError while it is still on its way."""
    if not _send_again(delivery.webhook, Delivery.objects.filter(pk=delivery.pk), actor):
        raise OrderError("This delivery is still on its way. Wait until it is over.")
    delivery.refresh_from_db()
    return delivery


def redeliver_failed(webhook: Webhook, *, actor: str) -> int:
    """Send again what a webhook did not take in all its tries, and return how many; OrderError."""
    failed = Delivery.objects.filter(webhook=webhook, state=_STATE.FAILED)
    sent = _send_again(webhook, failed, actor)
    if not sent:
        raise OrderError("Nothing failed that could be sent again.")
    return sent


def answers(webhook: Webhook) -> bool:
    """Post an empty test event at once, and say whether it was taken."""
    return try_out(webhook).is_taken


def try_out(webhook: Webhook) -> wire.Answer:
    """Post an empty test event at once, and return what came back."""
    answer = wire.post(webhook, None)
    if answer.is_taken and webhook.pk:
        _mark_alive(webhook)
    return answer


def ask_for_rest(now: datetime) -> int:
    """Order what is due and was forgotten; return for how many webhooks."""
    due = Delivery.objects.filter(state=_STATE.WAITING, next_at__lte=now - LEFT_ALONE)
    hooks = Webhook.objects.filter(enabled=True, is_accepting=True)
    found = list(hooks.filter(pk__in=due.values("webhook")))
    for hook in found:
        telling.have_sent(hook, mark=f"{now:%Y-%m-%dT%H:%M}")
    return len(found)


def forget(now: datetime) -> int:
    """Remove events and their deliveries that are older than the log reaches; say how many."""
    old = Event.objects.filter(created_at__lt=now - KEPT_FOR).order_by("created_at")
    removed = 0
    while keys := list(old.values_list("pk", flat=True)[:500]):
        Event.objects.filter(pk__in=keys).delete()
        removed += len(keys)
    return removed


def _send_again(webhook: Webhook, wanted: QuerySet[Delivery], actor: str) -> int:
    """Let deliveries that are over wait again, with one leaf that commits to all of them."""
    now = timezone.now()
    with transaction.atomic():
        ledger.lock()
        over = wanted.exclude(state=_STATE.WAITING).order_by("pk")
        found = list(over.values_list("pk", "ref"))
        if not found:
            return 0
        for start in range(0, len(found), BATCH):
            keys = [pk for pk, _ in found[start : start + BATCH]]
            Delivery.objects.filter(pk__in=keys).update(
                state=_STATE.WAITING, tries=0, next_at=now, updated_at=now
            )
        refs = "\n".join(ref for _, ref in found)
        body = {"deliveries": len(found), "deliveries_sha256": digest(refs)}
        ledger.append("webhook.redelivered", subject=webhook.ref, body=body, actor=actor)
        telling.have_sent(webhook, mark=ids.new(""))
    return len(found)


def _due(webhook: Webhook) -> list[Delivery]:
    waiting = Delivery.objects.filter(
        webhook=webhook, state=_STATE.WAITING, next_at__lte=timezone.now()
    )
    return list(waiting.select_related("event").order_by("next_at", "pk")[:STRETCH])


def _batches(due: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    """Yield what may be on its way at a time: at first one by one, for the address may be dead."""
    batch: list[Delivery] = []
    most = 1
    alone = SILENT
    for delivery in due:
        if len(batch) >= most or any(one.event.subject == delivery.event.subject for one in batch):
            yield batch
            batch, alone = [], alone - 1
            most = 1 if alone > 0 else AT_ONCE
        batch.append(delivery)
    if batch:
        yield batch


def _claim(batch: Sequence[Delivery]) -> list[Delivery]:
    """Take deliveries for this worker; whoever comes second leaves them to the first."""
    now = timezone.now()
    keys = [delivery.pk for delivery in batch]
    with transaction.atomic():
        free = Delivery.objects.filter(pk__in=keys, state=_STATE.WAITING, next_at__lte=now)
        taken = set(free.select_for_update(skip_locked=True).values_list("pk", flat=True))
        Delivery.objects.filter(pk__in=taken).update(next_at=now + _CLAIMED)
    return [delivery for delivery in batch if delivery.pk in taken]


def _note(webhook: Webhook, sent: Sequence[Delivery], answers: Sequence[wire.Answer]) -> None:
    """Write down what came of each post, in one transaction."""
    now = timezone.now()
    with transaction.atomic():
        DeliveryAttempt.objects.bulk_create(
            DeliveryAttempt(
                delivery=delivery,
                at=now,
                status=answer.status,
                error=answer.error,
                milliseconds=answer.milliseconds,
            )
            for delivery, answer in zip(sent, answers, strict=True)
        )
        for delivery, answer in zip(sent, answers, strict=True):
            _move(delivery, answer, now)
        Delivery.objects.bulk_update(sent, ["state", "tries", "next_at", "updated_at"])
        if any(answer.is_taken for answer in answers):
            _mark_alive(webhook)
        for later in sorted({_minute_after(one.next_at) for one in sent if one.next_at > now}):
            telling.have_sent(webhook, mark=later.isoformat(), run_after=later)


def _move(delivery: Delivery, answer: wire.Answer, now: datetime) -> None:
    delivery.tries += 1
    delivery.next_at = delivery.updated_at = now
    if answer.is_taken:
        delivery.state = _STATE.DELIVERED
    elif delivery.tries >= MOST_TRIES:
        delivery.state = _STATE.FAILED
    else:
        delivery.next_at = now + BACK_OFF[delivery.tries - 1]


def _minute_after(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0) + timedelta(minutes=1)


def _go_on(webhook: Webhook, *, is_silent: bool) -> None:
    """Order the next stretch where something is due still, or give up on a dead address."""
    now = timezone.now()
    if is_silent and now - (webhook.accepted_at or webhook.created_at) > DEAD_AFTER:
        Webhook.objects.filter(pk=webhook.pk).update(is_accepting=False, updated_at=now)
        return
    left = Delivery.objects.filter(webhook=webhook, state=_STATE.WAITING, next_at__lte=now)
    if left.exists():
        # The mark is a new one each time, for the order of before is the one that runs now.
        telling.have_sent(
            webhook,
            mark=ids.new(""),
            run_after=now + LEFT_ALONE if is_silent else None,
        )


def _mark_alive(webhook: Webhook) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(accepted_at=timezone.now())
