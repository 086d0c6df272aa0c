"""What the claims of evidence say of each expected window; the pure half of coverage that reads.

The rules that it follows are those of `audits.coverage`, by number: 2 to 6 and 9.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from controls import settling
from controls.cadence import Window

_DAY = timedelta(days=1)


class Kind(StrEnum):
    STATE = "state"
    EVENT = "event"
    DOCUMENT = "document"


class Decision(StrEnum):
    NONE = ""
    ACCEPTED = "accepted"
    RETURNED = "returned"


class Verdict(StrEnum):
    """What the checks of an item for an expectation came to, the worst of them."""

    NONE = ""
    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"


class Claimed(NamedTuple):
    """One item's claim to an expectation, with what was known of the item at the moment asked.

    `number` is the place of the item in the order of intake, which no clock can turn round.
    """

    expectation: int
    evidence: str
    covers_from: date
    covers_to: date
    collected_on: date
    received_at: datetime
    decision: Decision = Decision.NONE
    verdict: Verdict = Verdict.NONE
    is_superseded: bool = False
    is_partial: bool = False
    number: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether nothing is to be said of it but that it came."""
        return self.stands and not self.is_bad

    @property
    def order(self) -> tuple[int, datetime, str]:
        """Its place among the items of the same days: the last one speaks for them."""
        return (self.number, self.received_at, self.evidence)

    @property
    def counts(self) -> bool:
        """Whether it proves that something came, be it replaced since."""
        return self.decision != Decision.RETURNED and not self.is_partial

    @property
    def stands(self) -> bool:
        """Whether it covers anything."""
        return self.counts and not self.is_superseded

    @property
    def is_broken(self) -> bool:
        """Whether it stands for an answer that its source could not give whole."""
        return self.is_partial and self.decision != Decision.RETURNED and not self.is_superseded

    @property
    def is_bad(self) -> bool:
        return self.verdict in {Verdict.FAILED, Verdict.ERROR}


class Reading(NamedTuple):
    """What the claims say of one window.

    `deciding` are the standing claims that speak for it, `early` those retrieved before the days
    were over and `broken` the partial ones (both only where something is missing), `overruled`
    standing ones that did not pass and that later ones replaced, `gaps` the days (first, last) for
    which nobody speaks; `covered_at` counts superseded claims too.
    """

    deciding: Sequence[Claimed]
    early: Sequence[Claimed]
    broken: Sequence[Claimed]
    returned: Sequence[Claimed]
    overruled: Sequence[Claimed]
    gaps: Sequence[tuple[date, date]]
    is_covered: bool
    covered_at: datetime | None


def readings(
    kind: Kind, due: Sequence[Window], claims: Sequence[Claimed], *, lag_days: int = 0
) -> Iterator[Reading]:
    """Yield what the claims of one expectation say of each of its windows, in their order.

    What they say of a window rests only on the claims that touch it. `lag_days` is how many days
    after a day its source still gains events of that day.
    """
    if kind is Kind.STATE:
        return _states(due, claims)
    return _documents(due, claims) if kind is Kind.DOCUMENT else _events(due, claims, lag_days)


def _states(due: Sequence[Window], claims: Sequence[Claimed]) -> Iterator[Reading]:
    starts = [window.start for window in due]
    inside: dict[int, list[tuple[date, tuple[int, datetime, str], Claimed]]] = defaultdict(list)
    for claim in claims:
        shown = moment_shown(claim)
        place = bisect_right(starts, shown) - 1 if shown else -1
        if shown and place >= 0 and shown <= due[place].end:
            inside[place].append((shown, claim.order, claim))
    for place in range(len(due)):
        ordered = [claim for *_, claim in sorted(inside.get(place, ()))]
        standing = [claim for claim in ordered if claim.stands]
        counting = [claim for claim in ordered if claim.counts]
        broken = [claim for claim in ordered if claim.is_broken]
        yield Reading(
            deciding=standing[-1:],
            early=(),
            broken=() if standing else broken,
            returned=[claim for claim in ordered if claim.decision == Decision.RETURNED],
            overruled=[claim for claim in standing[:-1] if claim.is_bad],
            gaps=(),
            is_covered=bool(standing),
            covered_at=min((claim.received_at for claim in counting), default=None),
        )


def moment_shown(claim: Claimed) -> date | None:
    """Return the day for which a state counts, or None when it shows nothing that can be used."""
    if claim.covers_from == claim.covers_to:
        # A source may date in another time zone, which is at most one day ahead of ours.
        return claim.covers_to if claim.covers_to <= claim.collected_on + _DAY else None
    inside = claim.covers_from <= claim.collected_on <= claim.covers_to
    return claim.collected_on if inside else None


def _events(due: Sequence[Window], claims: Sequence[Claimed], lag_days: int) -> Iterator[Reading]:
    spans, early = [], []
    for claim in claims:
        usable = min(claim.covers_to, settling.known_until(claim.collected_on, lag_days))
        if usable >= claim.covers_from:
            spans.append(_Span(claim.covers_from, usable, claim))
        if usable < claim.covers_to and claim.stands:
            early.append(_Span(max(claim.covers_from, usable + _DAY), claim.covers_to, claim))
    calendar, too_early = _Calendar(spans), _Strip(early, newest=True)
    for window in due:
        reading = calendar.read(window)
        covered_at = max(calendar.first_arrivals(window), default=None)
        yield reading._replace(
            early=_distinct(span for gap in reading.gaps for span in too_early.within(*gap)),
            broken=_distinct(span for gap in reading.gaps for span in calendar.broken(*gap)),
            is_covered=not reading.gaps,
            covered_at=covered_at,
        )


def _documents(due: Sequence[Window], claims: Sequence[Claimed]) -> Iterator[Reading]:
    calendar = _Calendar([_Span(claim.covers_from, claim.covers_to, claim) for claim in claims])
    for window in due:
        reading = calendar.read(window)
        covered_at = min(calendar.first_arrivals(window), default=None)
        broken = () if reading.deciding else calendar.broken(window.start, window.end)
        yield reading._replace(
            broken=_distinct(broken), is_covered=bool(reading.deciding), covered_at=covered_at
        )


class _Span(NamedTuple):
    """Days, both included, for which one claim speaks."""

    start: date
    end: date
    claim: Claimed


class _Strip:
    """Spans without overlap: of several claims to a day, the newest (or oldest) has it."""

    def __init__(self, spans: Sequence[_Span], *, newest: bool) -> None:
        self._spans = list(_flattened(spans, newest=newest))
        self._ends = [span.end for span in self._spans]

    def within(self, start: date, end: date) -> list[_Span]:
        found = []
        for place in range(bisect_left(self._ends, start), len(self._spans)):
            span = self._spans[place]
            if span.start > end:
                break
            found.append(span)
        return found


class _Calendar:
    """The claims of one expectation laid along the days, each day with the one that speaks."""

    def __init__(self, spans: Sequence[_Span]) -> None:
        standing = [span for span in spans if span.claim.stands]
        counting = [span for span in spans if span.claim.counts]
        returned = [span for span in spans if span.claim.decision == Decision.RETURNED]
        self._last = _Strip(standing, newest=True)
        self._first = _Strip(counting, newest=False)
        self._bad = _Strip([span for span in standing if span.claim.is_bad], newest=True)
        self._returned = _Strip(returned, newest=True)
        self._broken = _Strip([span for span in spans if span.claim.is_broken], newest=True)

    def read(self, window: Window) -> Reading:
        spans = self._last.within(window.start, window.end)
        deciding = _distinct(spans)
        known = {claim.evidence for claim in deciding}
        bad = _distinct(self._bad.within(window.start, window.end))
        return Reading(
            deciding=deciding,
            early=(),
            broken=(),
            returned=_distinct(self._returned.within(window.start, window.end)),
            overruled=[claim for claim in bad if claim.evidence not in known],
            gaps=list(_gaps(window, spans)),
            is_covered=False,
            covered_at=None,
        )

    def broken(self, start: date, end: date) -> list[_Span]:
        return self._broken.within(start, end)

    def first_arrivals(self, window: Window) -> Iterator[datetime]:
        for span in self._first.within(window.start, window.end):
            yield span.claim.received_at


def _flattened(spans: Sequence[_Span], *, newest: bool) -> Iterator[_Span]:
    """Cut overlapping spans so that each day belongs to the claim that came last (or first)."""
    ranked = sorted(spans, key=_by_order if newest else _by_arrival, reverse=newest)
    places = sorted(range(len(ranked)), key=lambda place: ranked[place].start)
    edges = sorted({edge for span in spans for edge in (span.start, span.end + _DAY)})
    waiting: list[int] = []
    taken = 0
    for edge, following in pairwise(edges):
        while taken < len(places) and ranked[places[taken]].start <= edge:
            heappush(waiting, places[taken])
            taken += 1
        while waiting and ranked[waiting[0]].end < edge:
            heappop(waiting)
        if waiting:
            yield _Span(edge, following - _DAY, ranked[waiting[0]].claim)


def _by_arrival(span: _Span) -> tuple[datetime, tuple[int, datetime, str]]:
    return (span.claim.received_at, span.claim.order)


def _by_order(span: _Span) -> tuple[int, datetime, str]:
    return span.claim.order


def _gaps(window: Window, spans: Sequence[_Span]) -> Iterator[tuple[date, date]]:
    missing = window.start
    for span in spans:
        if span.start > missing:
            yield missing, span.start - _DAY
        missing = span.end + _DAY
    if missing <= window.end:
        yield missing, window.end


def _distinct(spans: Iterable[_Span]) -> list[Claimed]:
    return list({span.claim.evidence: span.claim for span in spans}.values())
