"""Which expected occurrences of a period are covered by evidence, as of any moment: pure functions.

Rules:

1. Only facts known at `as_of` count: an item received later does not exist yet.
2. A returned item covers nothing. A superseded item covers nothing either, but it still proves
   that something came in time.
3. A partial item, an answer that its source could not give whole, covers nothing: the window that
   it speaks of is partial, not missed, and names it.
4. State: an item counts for one moment, and covers the window in which that moment lies. The
   moment is the day that the item shows; where it claims several days, the day of its retrieval,
   which must be one of them. A state that lies after its own retrieval was never seen.
   Retrieved means asked for: when the query of its IPE record began, else when it was collected.
5. Event: a day is covered only by an item that was retrieved after that day was over, and after
   the days that the source needs to settle (its lag). A window is covered once every one of its
   days is. Till then it is partial, and what was retrieved too early must be retrieved again.
6. Document: an item covers every window that its period meets on at least one day. The days on
   which nothing was in force are named, because an auditor will ask about them.
7. Met: covered, and covered by the due day. Late: covered for the first time after the due day,
   for ever, whatever came afterwards.
8. Failing: the check of the latest item found exceptions, or could not run. For events the latest
   item speaks for each day, so that one bad day is not outvoted.
9. An earlier item of a window that did not pass its check stays named after a later one did.
10. Missed: nothing speaks of it and the due day is over. Upcoming: nothing covers it yet and the
    due day is not over, or the window still runs. What has not begun is upcoming in any case.
11. Exempt: the window lies within a recorded exemption (a skip), whose reason it carries.
12. A recorded move puts another due day in the place of the one that the cadence gives, and is
    named with its reason; one that was recorded after that day had passed is named as such.
13. Of several items of the same days the one that came in last speaks, and the one that was
    received first says when they were covered.

A report as of one date asks for other windows (see `audits.at_a_date`), covered by the same rules.
Days are those of the organisation's time zone. The work grows with the number of claims and of
windows (times the logarithm of the claims, for sorting), and with nothing else.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from typing import NamedTuple, TypeVar

from audits import at_a_date
from audits.claims import Claimed, Kind, Reading, Verdict, readings
from controls import settling
from controls.cadence import Window, windows

_MOST_GAPS = 3


class State(StrEnum):
    MET = "met"
    LATE = "late"
    PARTIAL = "partial"
    FAILING = "failing"
    MISSED = "missed"
    UPCOMING = "upcoming"
    EXEMPT = "exempt"


WORST_FIRST = (
    State.MISSED,
    State.FAILING,
    State.PARTIAL,
    State.LATE,
    State.UPCOMING,
    State.MET,
    State.EXEMPT,
)
SHORTFALL = frozenset({State.MISSED, State.FAILING, State.PARTIAL, State.LATE})
"""The states that a pack must list as its own shortfall."""


class Expected(NamedTuple):
    """An expectation: what must come, how often, and from when till when (last day) it holds."""

    expectation: int
    slug: str
    kind: Kind
    cadence: str
    days_allowed: int
    active_from: date
    active_to: date | None = None
    lag_days: int = 0


class Exemption(NamedTuple):
    """Days, both included, on which an expectation does not hold, and why."""

    expectation: int
    start: date
    end: date
    reason: str


class Move(NamedTuple):
    """Another due day for the windows that lie within these days (both included), and why."""

    expectation: int
    start: date
    end: date
    due: date
    recorded_on: date
    reason: str

    def holds(self, window: Window) -> bool:
        return self.start <= window.start and window.end <= self.end


class Occurrence(NamedTuple):
    """One expected time and what became of it."""

    expectation: int
    slug: str
    start: date
    end: date
    due: date
    state: State
    evidence: tuple[str, ...] = ()
    reason: str = ""


class Moment(NamedTuple):
    """The moment as of which is asked, as a day of the organisation, and its time zone."""

    day: date
    zone: tzinfo

    def day_of(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()


_Fact = TypeVar("_Fact", Claimed, Exemption, Move)


@dataclass(frozen=True)
class Question:
    """What is asked: the days (both included), the moment, and what people have decided."""

    start: date
    end: date
    moment: Moment
    exemptions: Mapping[int, Sequence[Exemption]] = field(default_factory=dict)
    moves: Mapping[int, Sequence[Move]] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()
    is_at_a_date: bool = False
    """Whether the last day alone is judged, as `audits.at_a_date` says."""

    def windows(self, expected: Expected) -> list[Window]:
        """Return the windows of an expectation with the due days that its cadence gives."""
        if self.is_at_a_date:
            return self._at_the_date(expected)
        first = max(self.start, expected.active_from)
        last = min(self.end, expected.active_to or self.end)
        if first > last:
            return []
        return windows(
            expected.cadence,
            first,
            last,
            days_allowed=expected.days_allowed,
            holidays=self.holidays,
        )

    def _at_the_date(self, expected: Expected) -> list[Window]:
        found = at_a_date.window_at(
            self.end,
            kind=expected.kind,
            cadence=expected.cadence,
            days_allowed=expected.days_allowed,
            active_from=expected.active_from,
            active_to=expected.active_to,
            holidays=self.holidays,
        )
        return [found] if found else []

    def told(self, expected: Expected, one: Occurrence) -> Occurrence:
        """Return the occurrence, which says by which days it is judged where that needs saying."""
        if not self.is_at_a_date:
            return one
        said = at_a_date.words(expected.kind, one.start, one.end, self.end)
        return one._replace(reason=f"{said} {one.reason}".rstrip())

    def move_of(self, expected: Expected, window: Window) -> Move | None:
        """Return the move that holds for a window: the latest of those recorded."""
        held = [move for move in self.moves.get(expected.expectation, ()) if move.holds(window)]
        return held[-1] if held else None


def cover(
    expectations: Iterable[Expected],
    claims: Iterable[Claimed],
    *,
    start: date,
    end: date,
    as_of: datetime,
    zone: tzinfo = UTC,
    exemptions: Iterable[Exemption] = (),
    moves: Iterable[Move] = (),
    holidays: frozenset[date] = frozenset(),
    is_at_a_date: bool = False,
) -> list[Occurrence]:
    """Return every occurrence expected from `start` to `end` (both included), with its state.

    They come in the order of the expectations, then by time. `as_of` must be aware; decision,
    verdict and supersession of a claim, exemptions and moves are those known then. With
    `is_at_a_date` the last day alone is judged, as `audits.at_a_date` says.
    """
    moment = moment_of(as_of, zone)
    question = Question(
        start, end, moment, grouped(exemptions), grouped(moves), holidays, is_at_a_date
    )
    claimed = grouped(claim for claim in claims if claim.received_at <= as_of)
    found: list[Occurrence] = []
    for expected in expectations:
        due = question.windows(expected)
        read = readings(
            expected.kind,
            due,
            claimed.get(expected.expectation, ()),
            lag_days=expected.lag_days,
        )
        judged = (
            judge(expected, window, reading, moment, question.move_of(expected, window))
            for window, reading in zip(due, read, strict=True)
        )
        judged = (question.told(expected, one) for one in judged)
        found += exempted(judged, question.exemptions.get(expected.expectation, ()))
    return found


def moment_of(as_of: datetime, zone: tzinfo) -> Moment:
    return Moment(as_of.astimezone(zone).date(), zone)


def worst(states: Iterable[State]) -> State:
    """Return the worst of some states; it decides the colour of a month."""
    return min(states, key=WORST_FIRST.index)


def grouped(facts: Iterable[_Fact]) -> dict[int, list[_Fact]]:
    """Return facts by the expectation that they are about."""
    by_expectation: dict[int, list[_Fact]] = defaultdict(list)
    for fact in facts:
        by_expectation[fact.expectation].append(fact)
    return by_expectation


def judge(
    expected: Expected,
    planned: Window,
    reading: Reading,
    moment: Moment,
    move: Move | None = None,
) -> Occurrence:
    """Return what became of one window, given what the claims say of it."""
    window = replace(planned, due=move.due) if move else planned
    known = (expected.expectation, expected.slug, window.start, window.end, window.due)
    moved = _moved(move, planned) if move else ""
    if window.start > moment.day:
        return Occurrence(*known, State.UPCOMING, (), moved)
    state = _state(window, reading, moment)
    used = [*reading.deciding, *reading.early, *reading.broken]
    sentences = _sentences(state, expected, window, reading, moment)
    return Occurrence(
        *known,
        state,
        tuple(dict.fromkeys(claim.evidence for claim in used)),
        " ".join([*sentences, moved] if moved else sentences),
    )


def _moved(move: Move, planned: Window) -> str:
    said = f"Its due day was moved from {planned.due} to {move.due}: {move.reason}"
    if move.recorded_on > planned.due:
        late = f"This was recorded on {move.recorded_on}, after the due day had passed."
        return f"{said.rstrip('.')}. {late}"
    return said


def _state(window: Window, reading: Reading, moment: Moment) -> State:
    if any(claim.is_bad for claim in reading.deciding):
        return State.FAILING
    if reading.is_covered:
        return State.LATE if _covered_on(reading, moment) > window.due else State.MET
    if reading.deciding or reading.early or reading.broken:
        return State.PARTIAL if moment.day > window.end else State.UPCOMING
    return State.MISSED if moment.day > window.due else State.UPCOMING


def _covered_on(reading: Reading, moment: Moment) -> date:
    return moment.day_of(reading.covered_at) if reading.covered_at else date.min


def _sentences(
    state: State, expected: Expected, window: Window, reading: Reading, moment: Moment
) -> Iterator[str]:
    """Say what is wrong, and what else an auditor should know, in sentences."""
    for claim in reading.deciding:
        if claim.verdict == Verdict.FAILED:
            yield f"The check of {claim.evidence} found exceptions."
        elif claim.verdict == Verdict.ERROR:
            yield f"The check of {claim.evidence} could not run, so it proves nothing."
    if reading.is_covered and _covered_on(reading, moment) > window.due:
        yield f"It was covered on {_covered_on(reading, moment)}; due was {window.due}."
    if state is State.MISSED:
        yield f"Nothing that covers it came by {window.due}."
    if reading.gaps and reading.deciding:
        missing = "Not covered" if expected.kind == Kind.EVENT else "Nothing in force on"
        yield f"{missing}: {_listed(reading.gaps)}."
    yield from _remarks(expected, reading)


def _remarks(expected: Expected, reading: Reading) -> Iterator[str]:
    """Name the items that do not cover, and those that speak no more."""
    settled = settling.passed(expected.lag_days)
    for claim in reading.early:
        yield (
            f"{claim.evidence} was retrieved on {claim.collected_on}, before its days were over"
            f"{settled}: retrieve them again."
        )
    for claim in reading.broken:
        yield f"{claim.evidence} is incomplete: its source could not give all of it."
    for claim in reading.overruled:
        yield f"An earlier item, {claim.evidence}, did not pass its check."
    for claim in reading.returned:
        yield f"{claim.evidence} was returned."


def _listed(gaps: Sequence[tuple[date, date]]) -> str:
    named = [
        f"{first}" if first == last else f"{first} to {last}" for first, last in gaps[:_MOST_GAPS]
    ]
    if len(gaps) > _MOST_GAPS:
        named.append(f"and {len(gaps) - _MOST_GAPS} more gaps")
    return ", ".join(named)


def exempted(judged: Iterable[Occurrence], exemptions: Iterable[Exemption]) -> Iterator[Occurrence]:
    """Replace what lies within one exemption; occurrences come in order of time."""
    ahead = sorted(exemptions, key=lambda exemption: exemption.start, reverse=True)
    held: list[Exemption] = []
    for occurrence in judged:
        while ahead and ahead[-1].start <= occurrence.start:
            held.append(ahead.pop())
        held = [exemption for exemption in held if exemption.end >= occurrence.end]
        if held:
            yield occurrence._replace(state=State.EXEMPT, reason=held[0].reason)
        else:
            yield occurrence
