"""What the workers do for collectors: run what is due, take in files, watch addresses."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from collectors import due, probing, receiving, turns
from collectors.errors import RunFailedError
from collectors.files import inbox
from collectors.models import Run, Source
from collectors.period import Period
from collectors.run import perform
from jobs import leases
from jobs.errors import RetryLater
from jobs.handlers import handler
from jobs.periodic import every
from jobs.work import Work

_LONGEST_SECONDS = 4 * 3600


@handler(due.RUN, limit_seconds=_LONGEST_SECONDS, turn=turns.turn)
def collect(work: Work) -> Mapping[str, Any]:
    """Perform one run; a cause that may pass puts the job back, any other fails it."""
    source = Source.objects.get(pk=work.payload["source"])
    name = work.payload.get("file")
    path = inbox.path_of(source, name) if name else None
    run = perform(
        source,
        period=_period(work.payload),
        key=work.key,
        attempt=work.attempt,
        requested_by=work.payload.get("requested_by", "system"),
        file=path,
        job_id=work.job_id,
        tell=work.progress,
        way=turns.make_way(work.job_id),
    )
    if run.transient and not work.is_last_attempt:
        pause = max(run.retry_after or timedelta(0), leases.back_off(work.attempt))
        raise RetryLater(pause, run.reason)
    if path:
        inbox.settle(path, run)
    if run.state == Run.State.FAILED:
        raise RunFailedError(run.reason)
    evidence = run.evidence.ref if run.evidence else None
    return {"run": run.ref, "state": run.state, "evidence": evidence}


@handler(due.SEARCH)
def take_in_files(_work: Work) -> Mapping[str, Any]:
    """Enqueue a run for every file that waits in a watched folder."""
    return {"files": len(due.enqueue_arrivals(timezone.now()))}


@handler(due.PROBE, limit_seconds=120)
def probe(_work: Work) -> Mapping[str, Any]:
    """Look at every watched address once."""
    return {"samples": probing.sample_all(timezone.now())}


@every(seconds=60, name="collectors.due")
def ask_what_is_due(now: datetime) -> None:
    due.enqueue_due(now)


@every(seconds=60, name="collectors.inbox")
def look_for_files(now: datetime) -> None:
    due.enqueue_search(now)


@every(seconds=60, name="collectors.probe")
def watch_addresses(now: datetime) -> None:
    due.enqueue_probe(now)


@every(seconds=24 * 3600, name="collectors.prune")
def forget_old_samples(now: datetime) -> None:
    probing.prune(now)
    receiving.prune(now)


def _period(payload: Mapping[str, Any]) -> Period | None:
    if not payload.get("period_from"):
        return None
    return Period(
        date.fromisoformat(payload["period_from"]), date.fromisoformat(payload["period_to"])
    )
