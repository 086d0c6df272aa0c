"""Expectations and claims around the month of May, and what covers it."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from audits.claims import Claimed, Decision, Kind, Verdict
from audits.coverage import Expected, Occurrence, cover

MAY = date(2026, 5, 1)
MAY_END = date(2026, 5, 31)
LATER = datetime(2026, 12, 31, 12, tzinfo=UTC)


def at(day: date, hour: int = 9) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def expected(kind: Kind, cadence: str = "monthly", *, days_allowed: int = 5) -> Expected:
    return Expected(1, "an-expectation", kind, cadence, days_allowed, date(2020, 1, 1))


def item(
    ref: str,
    first: date,
    last: date | None = None,
    *,
    collected: date | None = None,
    received: date | datetime | None = None,
    decision: Decision = Decision.ACCEPTED,
    verdict: Verdict = Verdict.NONE,
    is_superseded: bool = False,
) -> Claimed:
    last = last or first
    collected = collected or last + timedelta(days=1)
    arrived = received if isinstance(received, datetime) else at(received or collected)
    return Claimed(1, ref, first, last, collected, arrived, decision, verdict, is_superseded)


def covered(
    expectation: Expected,
    claims: Iterable[Claimed] = (),
    *,
    start: date = MAY,
    end: date = MAY_END,
    as_of: datetime = LATER,
) -> list[Occurrence]:
    return cover([expectation], claims, start=start, end=end, as_of=as_of)


def one(expectation: Expected, *claims: Claimed, as_of: datetime = LATER) -> Occurrence:
    (occurrence,) = covered(expectation, claims, as_of=as_of)
    return occurrence
