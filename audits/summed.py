"""The same answer as `audits.coverage.cover`, from claims that the database summed up by days.

Why it may:

1. A claim is plain when it stands, did not fail a check, and can be used for all of its days. Of
   plain claims to one expectation with the same days only two facts decide: which came in last,
   and when the first was received (rule 13 of `audits.coverage`). So they are told as one.
2. What claims say of a window rests only on those that touch it. So each window is judged alone.
3. A window that one sum of plain claims covers whole, in time, is met, and there is nothing to say
   of it. Everything else is read and judged by `audits.claims` and `audits.coverage` themselves.

The work grows with the number of sums, of other claims, and of windows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from operator import itemgetter
from typing import NamedTuple

from audits.claims import Claimed, Decision, Kind, Reading, moment_shown, readings
from audits.coverage import Expected, Occurrence, Question, State, exempted, judge
from controls.cadence import Window

_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING = Reading((), (), (), (), (), (), is_covered=False, covered_at=None)


class Sum(NamedTuple):
    """The plain claims to one expectation with the same days.

    `number` is that of the last one, `received_us` the arrival of the first one in microseconds
    since 1970. A state is summed under the one day that it shows.
    """

    covers_from: date
    covers_to: date
    number: int
    received_us: int


class Clock:
    """Turns days of a time zone into microseconds since 1970, and back."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._starts: dict[date, tuple[int, int]] = {}

    def surely_before(self, day: date) -> int:
        """Return an instant before which no moment is of this day or a later one."""
        return self._start(day)[0]

    def surely_from(self, day: date) -> int:
        """Return an instant from which on every moment is of this day or a later one."""
        return self._start(day)[1]

    def day_of(self, microseconds: int) -> date:
        return instant(microseconds).astimezone(self._zone).date()

    def _start(self, day: date) -> tuple[int, int]:
        known = self._starts.get(day)
        if known is None:
            # Where clocks change at midnight a day has two possible first instants.
            midnight = datetime.combine(day, time.min, self._zone)
            both = [microseconds_of(midnight.replace(fold=fold)) for fold in (0, 1)]
            known = self._starts[day] = (min(both), max(both))
        return known


def microseconds_of(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def instant(microseconds: int) -> datetime:
    return _EPOCH + microseconds * _MICROSECOND


def ref_of(number: int) -> str:
    """Return the reference of the item with this number."""
    return f"EV-{number:06d}"


def is_plain_span(
    expected: Expected, covers_from: date, covers_to: date, collected_us: int, clock: Clock
) -> bool:
    """Whether all that was collected at or after an instant can be used for all of these days."""
    if expected.kind is Kind.DOCUMENT:
        return True
    if expected.kind is Kind.STATE:
        shown = covers_from == covers_to
        return shown and collected_us >= clock.surely_from(covers_to - _DAY)
    settled = covers_to + timedelta(days=1 + expected.lag_days)
    return collected_us >= clock.surely_from(settled)


def cover_summed(
    expectations: Iterable[Expected],
    question: Question,
    sums: Mapping[int, Sequence[Sum]],
    claims: Mapping[int, Sequence[Claimed]],
) -> list[Occurrence]:
    """Return every occurrence in order; `sums` and `claims` are by expectation, never both.

    The claims of the same days to an expectation are either all in a sum or all among `claims`.
    """
    planner = _Planner(question)
    found: list[Occurrence] = []
    for expected in expectations:
        key = expected.expectation
        mine = _Touching(expected, sums.get(key, ()), claims.get(key, ()))
        judged = _judged(expected, planner.plan(expected), mine, question)
        found += exempted(judged, question.exemptions.get(key, ()))
    return found


@dataclass(frozen=True)
class _Plan:
    """Windows, and for each the instant before which what came is surely in time."""

    windows: Sequence[Window]
    deadlines: Sequence[int]


@dataclass
class _Planner:
    """Plans windows once for all expectations of the same rhythm."""

    question: Question
    _known: dict[tuple[object, ...], _Plan] = field(default_factory=dict)

    def plan(self, expected: Expected) -> _Plan:
        start, end = self.question.start, self.question.end
        first, last = max(start, expected.active_from), min(end, expected.active_to or end)
        key = (expected.cadence, first, last, expected.days_allowed)
        plan = self._known.get(key)
        if plan is None:
            clock = Clock(self.question.moment.zone)
            due = self.question.windows(expected)
            plan = _Plan(due, [clock.surely_before(window.due + _DAY) for window in due])
            self._known[key] = plan
        return plan


class _Touching:
    """Finds what touches each of some windows that are asked for in order of time."""

    def __init__(self, expected: Expected, sums: Sequence[Sum], claims: Sequence[Claimed]) -> None:
        self._expected = expected
        self._sums = sorted(sums, key=itemgetter(0))
        self._claims = sorted(_spans(expected.kind, claims), key=itemgetter(0))
        self._next_sum = self._next_claim = 0
        self._held_sums: list[Sum] = []
        self._held_claims: list[tuple[date, date, Claimed]] = []

    def at(self, window: Window) -> tuple[list[Sum], list[tuple[date, date, Claimed]]]:
        start, end = window.start, window.end
        held = self._held_sums
        if held:
            held = [each for each in held if each[1] >= start]
        while self._next_sum < len(self._sums) and self._sums[self._next_sum][0] <= end:
            if self._sums[self._next_sum][1] >= start:
                held.append(self._sums[self._next_sum])
            self._next_sum += 1
        self._held_sums = held
        return held, self._claims_at(start, end) if self._claims else []

    def _claims_at(self, start: date, end: date) -> list[tuple[date, date, Claimed]]:
        held = [each for each in self._held_claims if each[1] >= start]
        while self._next_claim < len(self._claims) and self._claims[self._next_claim][0] <= end:
            if self._claims[self._next_claim][1] >= start:
                held.append(self._claims[self._next_claim])
            self._next_claim += 1
        self._held_claims = held
        return held

    def told(
        self, sums: Iterable[Sum], claims: Iterable[tuple[date, date, Claimed]]
    ) -> list[Claimed]:
        """Return sums and claims as claims, in the words of `audits.claims`."""
        settled = timedelta(days=1 + self._expected.lag_days)
        return [
            *(
                Claimed(
                    self._expected.expectation,
                    ref_of(number),
                    covers_from,
                    covers_to,
                    covers_to + settled if self._expected.kind is Kind.EVENT else covers_to,
                    instant(received),
                    Decision.ACCEPTED,
                    number=number,
                )
                for covers_from, covers_to, number, received in sums
            ),
            *(claim for *_, claim in claims),
        ]


def _spans(kind: Kind, claims: Iterable[Claimed]) -> Iterator[tuple[date, date, Claimed]]:
    """Yield claims with the days that they speak of; a state speaks of the one that it shows."""
    for claim in claims:
        if kind is not Kind.STATE:
            yield claim.covers_from, claim.covers_to, claim
        elif shown := moment_shown(claim):
            yield shown, shown, claim


def _judged(
    expected: Expected, plan: _Plan, touching: _Touching, question: Question
) -> Iterator[Occurrence]:
    is_state = expected.kind is Kind.STATE
    known = (expected.expectation, expected.slug)
    today, has_moves = question.moment.day, bool(question.moves.get(expected.expectation))
    for window, deadline in zip(plan.windows, plan.deadlines, strict=True):
        sums, claims = touching.at(window)
        if sums and not claims and not has_moves and window.start <= today:
            one = sums[0] if len(sums) == 1 else _as_one(sums) if is_state else None
            if one and (is_state or (one[0] <= window.start and one[1] >= window.end)):
                _, _, number, received = one
                if received < deadline:
                    start, end, due = window.start, window.end, window.due
                    yield Occurrence(*known, start, end, due, State.MET, (ref_of(number),))
                    continue
        reading = _NOTHING
        if sums or claims:
            lag = timedelta(days=expected.lag_days)
            told = touching.told(sums, claims)
            reading = next(readings(expected.kind, [window], told, lag=lag))
        move = question.move_of(expected, window) if has_moves else None
        yield judge(expected, window, reading, question.moment, move)


def _as_one(states: Sequence[Sum]) -> Sum:
    """Return several states of one window as one: the last speaks, the first says when it came."""
    last = max(states, key=lambda each: (each.covers_to, each.number))
    return last._replace(received_us=min(each.received_us for each in states))
