"""Asks the database for claims in two queries: plain ones summed up by days, all others one by one.

A million claims are reduced where they lie, from one index. What the sums cannot tell (items that
were returned, superseded, incomplete, retrieved too early or that failed a check) touches few days;
for these days every claim is read.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from audits.claims import Claimed, Decision, Kind, Verdict
from audits.coverage import Expected
from audits.summed import Clock, Sum, instant, is_plain_span, microseconds_of, ref_of

Span = tuple[int, date, date]
"""Expectation, last day and first day of some claims."""

_VERDICTS = {None: Verdict.NONE, 0: Verdict.ERROR, 1: Verdict.FAILED, 2: Verdict.PASSED}


@dataclass(frozen=True)
class ClaimFacts:
    """The claims to some expectations, each by its expectation: in a sum, or one by one."""

    sums: Mapping[int, Sequence[Sum]]
    claims: Mapping[int, Sequence[Claimed]]


def read(
    expected: Sequence[Expected], start: date, end: date, as_of: datetime, clock: Clock
) -> ClaimFacts:
    """Return the claims that meet these days, as they were known at a moment."""
    if not expected:
        return ClaimFacts({}, {})
    scope = _Scope([one.expectation for one in expected], start, end, as_of)
    sums, told_apart = _summed(expected, scope, clock)
    claims, spans = _one_by_one(scope, told_apart, clock)
    for expectation in {expectation for expectation, *_ in spans}:
        sums[expectation] = [
            one
            for one in sums.get(expectation, ())
            if (expectation, one.covers_to, one.covers_from) not in spans
        ]
    return ClaimFacts(sums, claims)


@dataclass(frozen=True)
class _Scope:
    """Which claims are asked for."""

    keys: Sequence[int]
    start: date
    end: date
    as_of: datetime

    @property
    def clause(self) -> str:
        keys = ",".join(str(int(key)) for key in self.keys)
        return (
            f"c.expectation_id IN ({keys}) AND c.covers_to >= %s AND c.covers_from <= %s "
            "AND c.received_us <= %s"
        )

    @property
    def values(self) -> list[Any]:
        start, end = (connection.ops.adapt_datefield_value(day) for day in (self.start, self.end))
        return [start, end, microseconds_of(self.as_of)]

    @property
    def moment(self) -> Any:
        return connection.ops.adapt_datetimefield_value(self.as_of)


def _summed(
    expected: Sequence[Expected], scope: _Scope, clock: Clock
) -> tuple[dict[int, list[Sum]], list[Span]]:
    """Return the sums by expectation, and the spans whose claims must be read one by one."""
    by_key = {one.expectation: one for one in expected}
    days = _Days()
    sums: dict[int, list[Sum]] = defaultdict(list)
    apart: list[Span] = []
    statement = (
        "SELECT c.expectation_id, c.covers_to, c.covers_from, MAX(c.number), MIN(c.received_us), "  # noqa: S608
        "MIN(c.collected_us), MAX(CASE WHEN c.is_partial THEN 1 ELSE 0 END) FROM evidence_claim c "
        f"WHERE {scope.clause} GROUP BY c.expectation_id, c.covers_to, c.covers_from"
    )
    usable = _Usable(clock)
    with connection.cursor() as cursor:
        cursor.execute(statement, scope.values)
        for key, to, since, number, received, collected, partial in cursor.fetchall():
            covers_to, covers_from = days[to], days[since]
            if partial or not usable(by_key[key], covers_from, covers_to, collected):
                apart.append((key, covers_to, covers_from))
            else:
                sums[key].append(Sum(covers_from, covers_to, number, received))
    return sums, apart


class _Usable:
    """Asks `is_plain_span`, but asks once for the same days and kind where the answer is known."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._from: dict[tuple[Kind, int, date], int] = {}

    def __call__(self, one: Expected, covers_from: date, covers_to: date, collected: int) -> bool:
        key = (one.kind, one.lag_days, covers_to)
        enough = self._from.get(key)
        if enough is not None and collected >= enough and covers_from == covers_to:
            return True
        fits = is_plain_span(one, covers_from, covers_to, collected, self._clock)
        if fits and covers_from == covers_to and (enough is None or collected < enough):
            self._from[key] = collected
        return fits


class _Days(dict[Any, date]):
    """Days as the database tells them, read once each: SQLite tells them as text."""

    def __missing__(self, told: Any) -> date:
        day = self[told] = told if isinstance(told, date) else date.fromisoformat(told)
        return day


def _one_by_one(
    scope: _Scope, apart: Iterable[Span], clock: Clock
) -> tuple[dict[int, list[Claimed]], set[Span]]:
    """Return the claims of the spans that a sum cannot tell, and these spans."""
    days = _Days()
    found: dict[int, list[Claimed]] = defaultdict(list)
    spans: set[Span] = set()
    moment = scope.moment
    named = json.dumps([(key, str(to), str(since)) for key, to, since in apart])
    with connection.cursor() as cursor:
        cursor.execute(
            _statement(scope),
            [*(moment,) * 3, *scope.values, named, *(moment,) * 4, microseconds_of(scope.as_of)],
        )
        for key, to, since, number, received, collected, partial, *said in cursor.fetchall():
            decision, verdict, superseded = said
            spans.add((key, days[to], days[since]))
            found[key].append(
                Claimed(
                    key,
                    ref_of(number),
                    days[since],
                    days[to],
                    clock.day_of(collected),
                    instant(received),
                    Decision(decision or ""),
                    _VERDICTS[verdict],
                    bool(superseded),
                    bool(partial),
                    number,
                )
            )
    return found, spans


def _statement(scope: _Scope) -> str:
    """Return the query that drives from what happened to items to the claims of the same days."""
    named = (
        "SELECT (v->>0)::bigint, (v->>1)::date, (v->>2)::date FROM jsonb_array_elements(%s::jsonb) v"
        if connection.vendor == "postgresql"
        else "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), "
        "json_extract(value, '$[2]') FROM json_each(%s)"
    )
    return f"""
        WITH touched AS (
            SELECT evidence_id FROM evidence_review
                WHERE decision IN ('returned') AND decided_at <= %s
            UNION SELECT evidence_id FROM evidence_checkresult
                WHERE state IN ('failed', 'error') AND ran_at <= %s
            UNION SELECT supersedes_id FROM evidence_evidence
                WHERE supersedes_id > 0 AND received_at <= %s
        ), spans (expectation_id, covers_to, covers_from) AS (
            SELECT c.expectation_id, c.covers_to, c.covers_from FROM evidence_claim c
                JOIN touched ON touched.evidence_id = c.evidence_id WHERE {scope.clause}
            UNION {named}
        )
        SELECT c.expectation_id, c.covers_to, c.covers_from, c.number, c.received_us,
            c.collected_us, c.is_partial,
            (SELECT r.decision FROM evidence_review r WHERE r.evidence_id = c.evidence_id
                AND r.decided_at <= %s ORDER BY r.id DESC LIMIT 1),
            (SELECT MIN(CASE k.state WHEN 'error' THEN 0 WHEN 'failed' THEN 1 ELSE 2 END)
                FROM evidence_checkresult k JOIN controls_check q ON q.id = k.check_ref_id
                WHERE k.evidence_id = c.evidence_id AND q.expectation_id = c.expectation_id
                AND k.ran_at <= %s AND NOT EXISTS (
                    SELECT 1 FROM evidence_checkresult later WHERE later.id > k.id
                    AND later.evidence_id = k.evidence_id
                    AND later.check_ref_id = k.check_ref_id AND later.ran_at <= %s)),
            EXISTS (SELECT 1 FROM evidence_evidence n
                WHERE n.supersedes_id = c.evidence_id AND n.received_at <= %s)
        FROM spans JOIN evidence_claim c ON c.expectation_id = spans.expectation_id
            AND c.covers_to = spans.covers_to AND c.covers_from = spans.covers_from
        WHERE c.received_us <= %s
        ORDER BY c.number
    """  # noqa: S608  keys are whole numbers, and all else is bound
