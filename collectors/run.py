"""One attempt at one period of one source: ask, write the table, hand it in, keep the fact.

The answer enters through evidence.intake in the same transaction as the run's row and leaf: there
is no evidence without its run, and no run without its leaf. A failed attempt stores nothing but
itself. The same key asked again gives the answer that is there.
"""

import logging
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from collectors import configuration, recording, scratch
from collectors.base import Tell, quiet
from collectors.deadline import nobody
from collectors.errors import CollectorError, PassingError
from collectors.files import inbox
from collectors.gathering import Gathered, gather
from collectors.models import Run, Source
from collectors.period import Period
from collectors.recording import Order
from collectors.redaction import redact
from collectors.submission import submission_of
from evidence import checks, disk, held_back, intake, ledger, store
from evidence.errors import EvidenceError, QuarantinedError, ScreeningError, StoreError
from jobs.errors import LeaseLostError, StepAside

log = logging.getLogger(__name__)


def perform(
    source: Source,
    *,
    period: Period | None,
    key: str,
    attempt: int = 1,
    requested_by: str = "system",
    file: Path | None = None,
    job_id: int | None = None,
    tell: Tell = quiet,
    way: Callable[[], None] = nobody,
) -> Run:
    """Ask a source and return the run, of whatever state; a key that was answered is not asked.

    Without a period the collector's own rule holds: today, the last closed window, or the file's.
    Raises LeaseLostError where `tell` does, StepAside where `way` does, and OperationalError while
    the database is away.
    """
    order = Order(
        source=source,
        ticket=key,
        attempt=attempt,
        requested_by=requested_by,
        period=period,
        file=file,
        job_id=job_id,
        tell=tell,
        way=way,
    )
    run = recording.kept(order) or _attempt(order)
    if run.evidence:
        # Checks may take minutes and the log's lock must not: so they follow the commit, and a
        # repeated call makes up for those that a killed worker did not come to.
        checks.run(run.evidence, actor=source.actor)
    return run


def _attempt(order: Order) -> Run:
    started_at = timezone.now()
    try:
        with scratch.folder() as folder:
            gathered = gather(
                order.source,
                folder=folder,
                now=started_at,
                period=order.period,
                file=order.file,
                tell=order.tell,
                way=order.way,
            )
            return _hand_in(order, gathered)
    except (LeaseLostError, StepAside):
        # Another worker does this now, or this one later; what comes of it is theirs to say.
        raise
    except (CollectorError, EvidenceError) as error:
        return _keep_failure(order, started_at, str(error), passing=_passing(error))
    except Exception as error:  # noqa: BLE001  # a fault of a collector is a fact about its run
        passing = _passing(error)
        reason = str(passing) if passing else _fault(order, error)
        return _keep_failure(order, started_at, reason, passing=passing)


def _hand_in(order: Order, gathered: Gathered) -> Run:
    """Name the item, the run and its leaf in one transaction; or give back what is there."""
    reason = _clean(order, " ".join(gathered.shortfalls()))
    submission = submission_of(order.source, gathered, partial_reason=reason)
    try:
        prepared = intake.prepare(submission)
    except ScreeningError as error:
        try:
            held_back.keep(submission, error, actor=order.source.actor)
        except QuarantinedError as held:
            if order.file:
                # It lies sealed now; the folder must not keep it in clear.
                inbox.withdraw(order.file, reason=str(held))
            raise
        raise
    with store.undone_on_failure(prepared.files), transaction.atomic():
        ledger.lock()
        kept = recording.kept(order)
        if kept:
            prepared.discard()
            return kept
        return recording.keep_answer(order, gathered, prepared, reason=reason)


def _keep_failure(
    order: Order, started_at: datetime, reason: str, *, passing: PassingError | None = None
) -> Run:
    with transaction.atomic():
        ledger.lock()
        return recording.kept(order) or recording.keep_failure(
            order, started_at=started_at, reason=_clean(order, reason), passing=passing
        )


def _passing(error: Exception) -> PassingError | None:
    """Return the cause of a failure as one that may pass by itself; None for any other."""
    if isinstance(error, PassingError):
        return error
    if isinstance(error, OperationalError | InterfaceError):
        # A broken connection is opened anew for what is kept of this. A caller's must stay.
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        return PassingError(f"The database did not answer: {error}")
    if disk.is_full(error):
        return PassingError(disk.FULL)
    # What is lost or damaged is told by kinds of their own, and does not pass.
    return PassingError(str(error)) if type(error) is StoreError else None


def _fault(order: Order, error: Exception) -> str:
    """Log where a collector broke, without its secrets, and return the words for its run."""
    trace = "".join(traceback.format_exception(error))
    log.error("Collector %s failed: %s", order.source.collector, _clean(order, trace))
    return f"The collector has a fault: {type(error).__name__}: {error}"


def _clean(order: Order, words: str) -> str:
    """Take the source's secrets out of words that will be shown and kept."""
    return redact(words, configuration.known_secrets(order.source))
