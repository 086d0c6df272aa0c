"""Keeps what came of an attempt: its row and its leaf, and the item where there is one.

Everything here runs in a transaction of the caller that holds the log's lock, so run numbers have
no gap and two workers cannot both answer one ticket.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db.models import Max
from django.utils import timezone

from collectors.base import Tell
from collectors.deadline import nobody
from collectors.errors import PassingError
from collectors.gathering import Gathered, intended_period
from collectors.models import Run, Source
from collectors.period import Period
from evidence import intake, ledger
from evidence.intake import Prepared
from evidence.models import Evidence

_LONGEST_REASON = 1000


@dataclass(frozen=True, kw_only=True)
class Order:
    """What was asked of a source, by whom, for the how-manieth time."""

    source: Source
    ticket: str
    attempt: int
    requested_by: str
    period: Period | None
    file: Path | None
    job_id: int | None
    tell: Tell
    way: Callable[[], None] = nobody


@dataclass(frozen=True, kw_only=True)
class _Fact:
    state: Run.State
    started_at: datetime
    finished_at: datetime
    period: Period | None
    reason: str
    transient: bool = False
    retry_after: timedelta | None = None
    rows: int | None = None
    table_sha256: str | None = None
    evidence: Evidence | None = None
    ipe: dict[str, Any] | None = None


def kept(order: Order) -> Run | None:
    """Return the answer to the ticket, or else the fact of this very attempt."""
    runs = Run.objects.filter(ticket=order.ticket)
    answered = runs.exclude(state=Run.State.FAILED).first()
    return answered or runs.filter(attempt=order.attempt).first()


def keep_answer(order: Order, gathered: Gathered, prepared: Prepared, *, reason: str) -> Run:
    """Record an item with its run; a whole answer supersedes a partial one of the same days."""
    if reason:
        state = Run.State.PARTIAL
    else:
        state = Run.State.COMPLETE if gathered.facts.row_count else Run.State.EMPTY
    named = replace(
        prepared.submission,
        run_ref=Run.name(_next_number()),
        supersedes=None if reason else _partial_before(order.source, gathered.period),
    )
    evidence = intake.record([replace(prepared, submission=named)], actor=order.source.actor)[0]
    fact = _Fact(
        state=state,
        started_at=gathered.ask.now,
        finished_at=gathered.finished_at,
        period=gathered.period,
        reason=reason[:_LONGEST_REASON],
        rows=gathered.facts.row_count,
        table_sha256=gathered.facts.sha256,
        evidence=evidence,
        ipe=named.population.ipe.to_json() if named.population else None,
    )
    return _insert(order, fact)


def keep_failure(
    order: Order, *, started_at: datetime, reason: str, passing: PassingError | None
) -> Run:
    """Record an attempt that gave nothing, with the words that say why."""
    fact = _Fact(
        state=Run.State.FAILED,
        started_at=started_at,
        finished_at=timezone.now(),
        period=order.period or intended_period(order.source, now=started_at),
        reason=reason[:_LONGEST_REASON] or "No reason was given.",
        transient=passing is not None,
        retry_after=passing.retry_after if passing else None,
    )
    return _insert(order, fact)


def _insert(order: Order, fact: _Fact) -> Run:
    number = _next_number()
    entry = ledger.append(
        "run", subject=Run.name(number), body=_body(order, fact), actor=order.source.actor
    )
    return Run.objects.create(
        number=number,
        source=order.source,
        ticket=order.ticket,
        key=f"{order.ticket}#{order.attempt}",
        attempt=order.attempt,
        period_from=fact.period.start if fact.period else None,
        period_to=fact.period.end if fact.period else None,
        state=fact.state,
        reason=fact.reason,
        transient=fact.transient,
        retry_after=fact.retry_after,
        started_at=fact.started_at,
        finished_at=fact.finished_at,
        rows=fact.rows,
        evidence=fact.evidence,
        ipe=fact.ipe or {},
        requested_by=order.requested_by,
        job_id=order.job_id,
        ledger_entry=entry,
    )


def _body(order: Order, fact: _Fact) -> dict[str, object]:
    """Return the leaf's body: ids, dates and digests; the words of a reason may name a person."""
    return {
        "source": order.source.slug,
        "collector": order.source.collector,
        "collector_version": fact.ipe["collector_version"] if fact.ipe else None,
        "code_sha256": fact.ipe["code_digest"] if fact.ipe else None,
        "period_from": fact.period.start.isoformat() if fact.period else None,
        "period_to": fact.period.end.isoformat() if fact.period else None,
        "attempt": order.attempt,
        "state": str(fact.state),
        "rows": fact.rows,
        "evidence": fact.evidence.ref if fact.evidence else None,
        "table_sha256": fact.table_sha256,
        "reason_sha256": sha256(fact.reason.encode()).hexdigest() if fact.reason else None,
        "started_at": ledger.stamp(fact.started_at),
        "finished_at": ledger.stamp(fact.finished_at),
    }


def _partial_before(source: Source, period: Period) -> Evidence | None:
    before = (
        source.runs.filter(period_from=period.start, period_to=period.end)
        .exclude(state=Run.State.FAILED)
        .select_related("evidence")
        .first()
    )
    return before.evidence if before and before.state == Run.State.PARTIAL else None


def _next_number() -> int:
    return (Run.objects.aggregate(last=Max("number"))["last"] or 0) + 1
