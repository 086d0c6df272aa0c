"""The sweep along the calendar says the same as a slow reading, day by day and claim by claim."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from audits.claims import Claimed, Decision, Kind, Reading, Verdict, readings
from controls.cadence import Window, windows

START = date(2026, 1, 1)
END = date(2026, 3, 5)
DAY = timedelta(days=1)

Drawn = tuple[int, int, int, int, Decision, Verdict, bool, bool]

claims_of_one = st.lists(
    st.tuples(
        st.integers(-10, 70),
        st.integers(0, 40),
        st.integers(-5, 10),
        st.integers(0, 60),
        st.sampled_from(Decision),
        st.sampled_from(Verdict),
        st.booleans(),
        st.booleans(),
    ),
    max_size=12,
)
cadences = st.sampled_from(["daily", "business_daily", "weekly", "twice_monthly", "monthly"])


def made(drawn: list[Drawn]) -> list[Claimed]:
    """Claims with arrival times that all differ, so that the newest is never in doubt."""
    found = []
    for number, (start, length, lag, arrival, *_) in enumerate(drawn):
        first = START + timedelta(days=start)
        last = first + timedelta(days=length)
        collected = last + timedelta(days=lag)
        received = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=arrival, minutes=number)
        known = drawn[number][4:]
        found.append(Claimed(1, f"EV-{number}", first, last, collected, received, *known))
    return found


def days_of(window: Window) -> list[date]:
    return [window.start + timedelta(days=n) for n in range((window.end - window.start).days + 1)]


def speaking(claims: list[Claimed], day: date) -> Claimed | None:
    standing = [claim for claim in claims if claim.stands and shows(claim, day)]
    return max(standing, key=lambda claim: claim.received_at, default=None)


def shows(claim: Claimed, day: date) -> bool:
    return claim.covers_from <= day <= claim.covers_to


def flat(gaps: Reading) -> set[date]:
    return {
        first + timedelta(days=n)
        for first, last in gaps.gaps
        for n in range((last - first).days + 1)
    }


@settings(max_examples=300, deadline=None)
@given(claims_of_one, cadences)
def test_documents_are_read_as_day_by_day(drawn: list[Drawn], cadence: str) -> None:
    claims = made(drawn)
    due = windows(cadence, START, END, days_allowed=3)
    for window, reading in zip(due, readings(Kind.DOCUMENT, due, claims), strict=True):
        said = {day: speaking(claims, day) for day in days_of(window)}
        assert {claim.evidence for claim in reading.deciding} == {
            claim.evidence for claim in said.values() if claim
        }
        assert flat(reading) == {day for day, claim in said.items() if claim is None}
        arrivals = [
            claim.received_at
            for claim in claims
            if claim.counts and any(shows(claim, day) for day in said)
        ]
        assert reading.covered_at == min(arrivals, default=None)
        assert reading.is_covered == any(said.values())


@settings(max_examples=300, deadline=None)
@given(claims_of_one, cadences)
def test_events_are_read_as_day_by_day(drawn: list[Drawn], cadence: str) -> None:
    whole = made(drawn)
    usable = [
        claim._replace(covers_to=min(claim.covers_to, claim.collected_on - DAY)) for claim in whole
    ]
    due = windows(cadence, START, END, days_allowed=3)
    for window, reading in zip(due, readings(Kind.EVENT, due, whole), strict=True):
        said = {day: speaking(usable, day) for day in days_of(window)}
        assert {claim.evidence for claim in reading.deciding} == {
            claim.evidence for claim in said.values() if claim
        }
        assert flat(reading) == {day for day, claim in said.items() if claim is None}
        assert reading.is_covered == all(said.values())
        if reading.is_covered:
            assert reading.covered_at == max(first_arrival(usable, day) for day in said)
        too_early = {
            claim.evidence
            for claim in whole
            if claim.stands
            and any(shows(claim, day) and day >= claim.collected_on for day in flat(reading))
        }
        assert {claim.evidence for claim in reading.early} <= too_early
        assert bool(reading.early) == bool(too_early)


def first_arrival(claims: list[Claimed], day: date) -> datetime:
    return min(claim.received_at for claim in claims if claim.counts and shows(claim, day))


@settings(max_examples=300, deadline=None)
@given(claims_of_one, cadences)
def test_states_are_read_one_by_one(drawn: list[Drawn], cadence: str) -> None:
    claims = made(drawn)
    due = windows(cadence, START, END, days_allowed=3)
    for window, reading in zip(due, readings(Kind.STATE, due, claims), strict=True):
        inside = [
            claim
            for claim in claims
            if claim.covers_from != claim.covers_to
            and claim.covers_from <= claim.collected_on <= claim.covers_to
            and window.start <= claim.collected_on <= window.end
        ] + [
            claim
            for claim in claims
            if claim.covers_from == claim.covers_to
            and claim.covers_to <= claim.collected_on + DAY
            and window.start <= claim.covers_to <= window.end
        ]
        assert {claim.evidence for claim in reading.returned} == {
            claim.evidence for claim in inside if claim.decision == Decision.RETURNED
        }
        standing = [claim for claim in inside if claim.stands]
        assert reading.is_covered == bool(standing)
        assert {claim.evidence for claim in reading.overruled} == {
            claim.evidence
            for claim in standing
            if claim.is_bad and claim.evidence != reading.deciding[0].evidence
        }
