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

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial
from itertools import repeat
from operator import itemgetter, lt
from typing import Any, NamedTuple

from audits.claims import Claimed, Decision, Kind, Reading, moment_shown, readings
from audits.coverage import SHORTFALL, Expected, Occurrence, Question, State, exempted, judge
from controls import settling
from controls.cadence import Window

_DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = 1 << 62
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


@dataclass(frozen=True)
class Sums:
    """The sums of one expectation, column by column, ordered by their last day."""

    covers_from: tuple[date, ...] = ()
    covers_to: tuple[date, ...] = ()
    numbers: tuple[int, ...] = ()
    received_us: tuple[int, ...] = ()

    @classmethod
    def of(cls, rows: Sequence[Sum]) -> "Sums":
        return cls(*zip(*rows, strict=True))

    def rows(self) -> Iterator[Sum]:
        columns = (self.covers_from, self.covers_to, self.numbers, self.received_us)
        return map(Sum._make, zip(*columns, strict=True))


_NO_SUMS = Sums()


_AS_OCCURRENCE: Callable[[tuple[Any, ...]], Occurrence] = partial(tuple.__new__, Occurrence)
"""As Occurrence._make, but without a call of Python for each of some hundred thousand."""


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


ref_of: Callable[[int], str] = "EV-{:06d}".format
"""Returns the reference of the item with a number."""


def usable_from(expected: Expected, covers_from: date, covers_to: date, clock: Clock) -> int:
    """Return the instant from which on all that was collected can be used for all of these days.

    Where there is no such instant, because each item must be looked at, it lies beyond all time.
    """
    if expected.kind is Kind.DOCUMENT:
        return -_NEVER
    if expected.kind is Kind.STATE:
        return clock.surely_from(covers_to - _DAY) if covers_from == covers_to else _NEVER
    return clock.surely_from(settling.whole_from(covers_to, expected.lag_days))


@dataclass(frozen=True)
class Block:
    """The occurrences of one expectation, listed when somebody asks for them one by one.

    `listed` is None where every window was met in time by the item with the number of the same
    place: of most controls nobody wants to read more than that.
    """

    expected: Expected
    plan: "_Plan"
    numbers: tuple[int, ...] = ()
    listed: Sequence[Occurrence] | None = None

    def occurrences(self) -> Sequence[Occurrence]:
        if self.listed is not None:
            return self.listed
        key, slug = repeat(self.expected.expectation), repeat(self.expected.slug)
        items = zip(map(ref_of, self.numbers), strict=True)
        days, due = self.plan.days, self.plan.due
        met = (key, slug, days, days, due, repeat(State.MET), items, repeat(""))
        return list(map(_AS_OCCURRENCE, zip(*met, strict=False)))

    def counts(self) -> Mapping[tuple[date, State], int]:
        """Return how many occurrences end in each month (by its first day), by their state."""
        if self.listed is None:
            return {(month, State.MET): count for month, count in self.plan.months.items()}
        return Counter((one.end.replace(day=1), one.state) for one in self.listed)

    def short(self) -> Iterator[Occurrence]:
        """Yield the occurrences that a pack must list as its shortfall."""
        return (one for one in self.listed or () if one.state in SHORTFALL)


def cover_summed(
    expectations: Iterable[Expected],
    question: Question,
    sums: Mapping[int, Sums],
    claims: Mapping[int, Sequence[Claimed]],
) -> list[Block]:
    """Return the occurrences in the order of expectations; `sums` and `claims` are by expectation.

    The claims of the same days to an expectation are either all in a sum or all among `claims`.
    """
    planner = _Planner(question)
    found: list[Block] = []
    for expected in expectations:
        key = expected.expectation
        plan, mine, others = planner.plan(expected), sums.get(key, _NO_SUMS), claims.get(key, ())
        exemptions = question.exemptions.get(key, ())
        odd = others or exemptions or question.moves.get(key) or question.is_at_a_date
        is_plain = not odd
        if is_plain and _is_met_daily(plan, mine, question):
            found.append(Block(expected, plan, mine.numbers))
        else:
            judged = _judged(expected, plan, _Touching(expected, mine, others), question)
            found.append(Block(expected, plan, listed=list(exempted(judged, exemptions))))
    return found


@dataclass(frozen=True)
class _Plan:
    """Windows, and for each the instant before which what came is surely in time."""

    windows: Sequence[Window]
    deadlines: Sequence[int]
    days: tuple[date, ...]
    """Of windows that are one day long each, that day; else empty."""
    due: tuple[date, ...]
    months: Mapping[date, int]
    """How many of these days each month has, by its first day."""


@dataclass
class _Planner:
    """Plans windows once for all expectations of the same rhythm."""

    question: Question
    _known: dict[tuple[object, ...], _Plan] = field(default_factory=dict)

    def plan(self, expected: Expected) -> _Plan:
        start, end = self.question.start, self.question.end
        first, last = max(start, expected.active_from), min(end, expected.active_to or end)
        key: tuple[object, ...] = (expected.cadence, first, last, expected.days_allowed)
        if self.question.is_at_a_date:
            key += (expected.kind, expected.active_from, expected.active_to)
        plan = self._known.get(key)
        if plan is None:
            clock = Clock(self.question.moment.zone)
            due = self.question.windows(expected)
            deadlines = [clock.surely_before(window.due + _DAY) for window in due]
            is_daily = all(window.start == window.end for window in due)
            days = tuple(window.start for window in due) if is_daily else ()
            months = Counter(day.replace(day=1) for day in days)
            plan = _Plan(due, deadlines, days, tuple(window.due for window in due), months)
            self._known[key] = plan
        return plan


class _Touching:
    """Finds what touches each of some windows that are asked for in order of time."""

    def __init__(self, expected: Expected, sums: Sums, claims: Sequence[Claimed]) -> None:
        self._expected = expected
        self._sums = sorted(sums.rows(), key=itemgetter(0))
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
        is_event, lag = self._expected.kind is Kind.EVENT, self._expected.lag_days
        return [
            *(
                Claimed(
                    self._expected.expectation,
                    ref_of(number),
                    covers_from,
                    covers_to,
                    settling.whole_from(covers_to, lag) if is_event else covers_to,
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


def _is_met_daily(plan: "_Plan", sums: Sums, question: Question) -> bool:
    """Whether each window is one day with its own sum that came in time: the plainest case."""
    days = plan.days
    return bool(
        days
        and days[-1] <= question.moment.day
        and days == sums.covers_to
        and days == sums.covers_from
        and all(map(lt, sums.received_us, plan.deadlines))
    )


def _read(expected: Expected, window: Window, told: Sequence[Claimed]) -> Reading:
    if not told:
        return _NOTHING
    return next(readings(expected.kind, [window], told, lag_days=expected.lag_days))


def _judged(
    expected: Expected, plan: _Plan, touching: _Touching, question: Question
) -> Iterator[Occurrence]:
    is_state = expected.kind is Kind.STATE
    known = (expected.expectation, expected.slug)
    today, has_moves = question.moment.day, bool(question.moves.get(expected.expectation))
    for window, deadline in zip(plan.windows, plan.deadlines, strict=True):
        sums, claims = touching.at(window)
        is_plain = sums and not claims and not has_moves and not question.is_at_a_date
        if is_plain and window.start <= today:
            one = sums[0] if len(sums) == 1 else _as_one(sums) if is_state else None
            if one and (is_state or (one[0] <= window.start and one[1] >= window.end)):
                _, _, number, received = one
                if received < deadline:
                    start, end, due = window.start, window.end, window.due
                    yield Occurrence(*known, start, end, due, State.MET, (ref_of(number),))
                    continue
        reading = _read(expected, window, touching.told(sums, claims))
        move = question.move_of(expected, window) if has_moves else None
        judged = judge(expected, window, reading, question.moment, move)
        yield question.told(expected, judged)


def _as_one(states: Sequence[Sum]) -> Sum:
    """Return several states of one window as one: the last speaks, the first says when it came."""
    last = max(states, key=lambda each: (each.covers_to, each.number))
    return last._replace(received_us=min(each.received_us for each in states))
