"""Which expected occurrences of a period are covered by evidence, as of any moment: pure functions.

Rules:

1. Only facts known at `as_of` count: an item received later does not exist yet.
2. A returned item covers nothing. A superseded item covers nothing either, but it still proves
   that something came in time.
3. A partial item, an answer that its source could not give whole, covers nothing: the window that
   it speaks of is partial, not missed, and names it.
4. State: an item counts for one moment, and covers the window in which that moment lies. The
   moment is the day that the item shows; where it claims several days, the day of its collection,
   which must be one of them. A state that lies after its own collection was never seen.
5. Event: a day is covered only by an item that was retrieved after that day was over. A window is
   covered once every one of its days is. Till then it is partial, and what was retrieved too
   early must be retrieved again.
6. Document: an item covers every window that its period meets on at least one day. The days on
   which nothing was in force are named, because an auditor will ask about them.
7. Met: covered, and covered by the due day. Late: covered for the first time after the due day,
   for ever, whatever came afterwards.
8. Failing: the check of the latest item found exceptions, or could not run. For events the latest
   item speaks for each day, so that one bad day is not outvoted.
9. An earlier item of a window that did not pass its check stays named after a later one did.
10. Missed: nothing speaks of it and the due day is over. Upcoming: nothing covers it yet and the
    due day is not over, or the window still runs. What has not begun is upcoming in any case.
11. Exempt: the window lies within a recorded exemption, whose reason it carries.

Days are those of the organisation's time zone. The work grows with the number of claims and of
windows (times the logarithm of the claims, for sorting), and with nothing else.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from typing import NamedTuple, TypeVar

from audits.claims import Claimed, Decision, Kind, Reading, Verdict, readings
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


class Exemption(NamedTuple):
    """Days, both included, on which an expectation does not hold, and why."""

    expectation: int
    start: date
    end: date
    reason: str


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
    awaits_review: bool = False


class _Moment(NamedTuple):
    """The moment as of which is asked, as a day of the organisation, and its time zone."""

    day: date
    zone: tzinfo

    def day_of(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()


_Fact = TypeVar("_Fact", Claimed, Exemption)


def cover(
    expectations: Iterable[Expected],
    claims: Iterable[Claimed],
    *,
    start: date,
    end: date,
    as_of: datetime,
    zone: tzinfo = UTC,
    exemptions: Iterable[Exemption] = (),
) -> list[Occurrence]:
    """Return every occurrence expected from `start` to `end` (both included), with its state.

    They come in the order of the expectations, then by time. `as_of` must be aware; decision,
    verdict and supersession of a claim are those known then.
    """
    moment = _Moment(as_of.astimezone(zone).date(), zone)
    claimed = _grouped(claim for claim in claims if claim.received_at <= as_of)
    exempted = _grouped(exemptions)
    found: list[Occurrence] = []
    for expected in expectations:
        first = max(start, expected.active_from)
        last = min(end, expected.active_to or end)
        if first > last:
            continue
        due = windows(expected.cadence, first, last, days_allowed=expected.days_allowed)
        read = readings(expected.kind, due, claimed.get(expected.expectation, ()))
        judged = (
            _judge(expected, window, reading, moment)
            for window, reading in zip(due, read, strict=True)
        )
        found += _exempted(judged, exempted.get(expected.expectation, ()))
    return found


def worst(states: Iterable[State]) -> State:
    """Return the worst of some states; it decides the colour of a month."""
    return min(states, key=WORST_FIRST.index)


def _grouped(facts: Iterable[_Fact]) -> dict[int, list[_Fact]]:
    grouped: dict[int, list[_Fact]] = defaultdict(list)
    for fact in facts:
        grouped[fact.expectation].append(fact)
    return grouped


def _judge(expected: Expected, window: Window, reading: Reading, moment: _Moment) -> Occurrence:
    known = (expected.expectation, expected.slug, window.start, window.end, window.due)
    if window.start > moment.day:
        return Occurrence(*known, State.UPCOMING)
    state = _state(window, reading, moment)
    used = [*reading.deciding, *reading.early, *reading.broken]
    return Occurrence(
        *known,
        state,
        tuple(dict.fromkeys(claim.evidence for claim in used)),
        " ".join(_sentences(state, expected, window, reading, moment)),
        any(claim.decision == Decision.NONE for claim in reading.deciding),
    )


def _state(window: Window, reading: Reading, moment: _Moment) -> State:
    if any(claim.is_bad for claim in reading.deciding):
        return State.FAILING
    if reading.is_covered:
        return State.LATE if _covered_on(reading, moment) > window.due else State.MET
    if reading.deciding or reading.early or reading.broken:
        return State.PARTIAL if moment.day > window.end else State.UPCOMING
    return State.MISSED if moment.day > window.due else State.UPCOMING


def _covered_on(reading: Reading, moment: _Moment) -> date:
    return moment.day_of(reading.covered_at) if reading.covered_at else date.min


def _sentences(
    state: State, expected: Expected, window: Window, reading: Reading, moment: _Moment
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
    yield from _remarks(reading)


def _remarks(reading: Reading) -> Iterator[str]:
    """Name the items that do not cover, and those that speak no more."""
    for claim in reading.early:
        yield (
            f"{claim.evidence} was retrieved on {claim.collected_on}, before its days were over: "
            "retrieve them again."
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


def _exempted(
    judged: Iterable[Occurrence], exemptions: Iterable[Exemption]
) -> Iterator[Occurrence]:
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
