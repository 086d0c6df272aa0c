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
from itertools import groupby
from operator import ge, itemgetter
from typing import Any

from django.db import connection

from audits.claims import Claimed, Decision, Kind, Verdict
from audits.coverage import Expected
from audits.summed import Clock, Sum, Sums, instant, microseconds_of, ref_of, usable_from

Span = tuple[int, date, date]
"""Expectation, last day and first day of some claims."""

_VERDICTS = {None: Verdict.NONE, 0: Verdict.ERROR, 1: Verdict.FAILED, 2: Verdict.PASSED}


@dataclass(frozen=True)
class ClaimFacts:
    """The claims to some expectations, each by its expectation: in a sum, or one by one."""

    sums: Mapping[int, Sums]
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
        if known := sums.get(expectation):
            rest = [one for one in known.rows() if (expectation, one[1], one[0]) not in spans]
            sums[expectation] = Sums.of(rest)
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
) -> tuple[dict[int, Sums], list[Span]]:
    """Return the sums by expectation, and the spans whose claims must be read one by one."""
    sums: dict[int, Sums] = {}
    apart: list[Span] = []
    read_by = {one.expectation: one for one in expected}
    readers = _Readers(clock)
    # As an expression a day comes as SQLite keeps it: as dates they would cost most of all.
    days = "c.covers_to, c.covers_from"
    if connection.vendor == "sqlite":
        days = "+c.covers_to, +c.covers_from"
    statement = (
        f"SELECT c.expectation_id, {days}, MAX(c.number), MIN(c.received_us), "  # noqa: S608
        f"MIN(c.collected_us) FROM evidence_claim c WHERE {scope.clause} "
        "GROUP BY c.expectation_id, c.covers_to, c.covers_from "
        "ORDER BY c.expectation_id, c.covers_to, c.covers_from"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, scope.values)
        for key, rows in groupby(cursor.fetchall(), key=itemgetter(0)):
            sums[key] = readers.read(read_by[key], rows, apart)
    return sums, apart


class _Readers:
    """Reads rows of sums; what it knows of a day holds for all expectations of a kind and lag."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._days = _Days()
        self._enough: dict[tuple[Kind, int], _Enough] = {}

    def read(self, one: Expected, rows: Iterable[tuple[Any, ...]], apart: list[Span]) -> Sums:
        """Return the sums of one expectation; add to `apart` the spans that are none."""
        # Column by column, because a loop over each of some hundred thousand rows would show.
        _, to, since, numbers, received, collected = zip(*rows, strict=True)
        last = tuple(map(self._days.__getitem__, to))
        enough = self._enough.setdefault((one.kind, one.lag_days), _Enough(one, self._clock))
        if to == since and all(map(ge, collected, map(enough.__getitem__, last))):
            return Sums(last, last, numbers, received)
        first = tuple(map(self._days.__getitem__, since))
        found: list[Sum] = []
        for each in zip(first, last, numbers, received, collected, strict=True):
            if each[4] >= usable_from(one, each[0], each[1], self._clock):
                found.append(Sum(*each[:4]))
            else:
                apart.append((one.expectation, each[1], each[0]))
        return Sums.of(found)


class _Enough(dict[date, int]):
    """The instants from which on single days are usable for expectations of one kind and lag."""

    def __init__(self, one: Expected, clock: Clock) -> None:
        super().__init__()
        self._one, self._clock = one, clock

    def __missing__(self, day: date) -> int:
        enough = self[day] = usable_from(self._one, day, day, self._clock)
        return enough


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
            [*scope.values, named, *(moment,) * 4, microseconds_of(scope.as_of)],
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


def _named_spans() -> str:
    """Return the query that reads spans out of a JSON list."""
    if connection.vendor == "postgresql":
        return (
            "SELECT (v->>0)::bigint, (v->>1)::date, (v->>2)::date "
            "FROM jsonb_array_elements(%s::jsonb) v"
        )
    return (
        "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), "
        "json_extract(value, '$[2]') FROM json_each(%s)"
    )


def _statement(scope: _Scope) -> str:
    """Return the query that drives from what happened to items to the claims of the same days."""
    return f"""
        WITH touched AS (
            SELECT evidence_id FROM evidence_review
                WHERE decision = 'returned'
            UNION SELECT evidence_id FROM evidence_checkresult
                WHERE state IN ('failed', 'error')
            UNION SELECT supersedes_id FROM evidence_evidence
                WHERE supersedes_id > 0
            UNION SELECT evidence_id FROM evidence_claim WHERE is_partial
        ), spans (expectation_id, covers_to, covers_from) AS (
            SELECT c.expectation_id, c.covers_to, c.covers_from FROM evidence_claim c
                JOIN touched ON touched.evidence_id = c.evidence_id WHERE {scope.clause}
            UNION {_named_spans()}
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
