"""Sums of claims give the very answer that the claims themselves give, in every world."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from audits.claims import Claimed, Decision, Kind, Verdict
from audits.coverage import Exemption, Expected, Move, Question, cover, grouped, moment_of
from audits.summed import (
    Clock,
    Sum,
    cover_summed,
    instant,
    is_plain_span,
    microseconds_of,
    ref_of,
)

START, END = date(2026, 3, 1), date(2026, 5, 10)
AS_OF = datetime(2026, 5, 20, 10, tzinfo=UTC)
ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "Pacific/Apia", "America/Sao_Paulo")]

days = st.dates(date(2026, 2, 20), date(2026, 5, 20))
instants = st.datetimes(datetime(2026, 2, 20), datetime(2026, 6, 10), timezones=st.just(UTC))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Expected, list[Claimed], tzinfo]:
    zone = draw(st.sampled_from(ZONES))
    expected = Expected(
        1,
        "an-expectation",
        draw(st.sampled_from(Kind)),
        draw(st.sampled_from(["daily", "business_daily", "weekly", "monthly", "per_event"])),
        draw(st.integers(0, 6)),
        draw(st.sampled_from([date(2020, 1, 1), date(2026, 3, 20)])),
        lag_days=draw(st.integers(0, 2)),
    )
    claims = []
    for number in range(1, draw(st.integers(0, 9)) + 1):
        first = draw(days)
        length = draw(st.sampled_from([0, 0, 0, 1, 6, 30, 90]))
        collected = draw(instants | st.just(datetime(2026, 6, 1, tzinfo=UTC)))
        if draw(st.booleans()):
            hours = draw(st.integers(-30, 120))
            last = first + timedelta(days=length)
            collected = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(
                hours=hours
            )
        odd = draw(st.sampled_from([0, 0, 0, 0, 1, 2, 3, 4, 5]))
        claims.append(
            Claimed(
                1,
                ref_of(number),
                first,
                first + timedelta(days=length),
                collected.astimezone(zone).date(),
                draw(st.just(collected) | instants),
                Decision.RETURNED if odd == 1 else draw(st.sampled_from(["", "accepted"])),
                {2: Verdict.FAILED, 3: Verdict.ERROR}.get(odd, Verdict.PASSED),
                odd == 4,
                odd == 5,
                number,
            )
        )
    return expected, claims, zone


def reduced(
    expected: Expected, claims: list[Claimed], clock: Clock, zone: tzinfo
) -> tuple[list[Sum], list[Claimed]]:
    """Do what the database does: sum up the days of which every claim is plain."""
    by_days: dict[tuple[date, date], list[Claimed]] = defaultdict(list)
    for claim in claims:
        by_days[claim.covers_from, claim.covers_to].append(claim)
    sums, others = [], []
    for (first, last), same in by_days.items():
        day = min(claim.collected_on for claim in same)
        collected = microseconds_of(datetime(day.year, day.month, day.day, tzinfo=zone))
        plain = all(claim.is_plain for claim in same)
        if plain and is_plain_span(expected, first, last, collected, clock):
            arrived = min(microseconds_of(claim.received_at) for claim in same)
            sums.append(Sum(first, last, max(claim.number for claim in same), arrived))
        else:
            others += same
    return sums, others


SPANS = st.tuples(days, st.integers(0, 40)).map(lambda it: (it[0], it[0] + timedelta(days=it[1])))


@settings(max_examples=300, deadline=None)
@given(worlds(), st.lists(SPANS, max_size=2), st.lists(SPANS, max_size=2))
def test_sums_and_claims_give_the_same_answer(
    world: tuple[Expected, list[Claimed], tzinfo],
    skipped: list[tuple[date, date]],
    moved: list[tuple[date, date]],
) -> None:
    expected, claims, zone = world
    known = [claim for claim in claims if claim.received_at <= AS_OF]
    exemptions = [Exemption(1, first, last, "Skipped.") for first, last in skipped]
    moves = [
        Move(1, first, last, last + timedelta(days=20), last, "Moved.") for first, last in moved
    ]
    holidays = frozenset({date(2026, 4, 6)})
    plain = cover(
        [expected],
        claims,
        start=START,
        end=END,
        as_of=AS_OF,
        zone=zone,
        exemptions=exemptions,
        moves=moves,
        holidays=holidays,
    )
    sums, others = reduced(expected, known, Clock(zone), zone)
    question = Question(
        START, END, moment_of(AS_OF, zone), grouped(exemptions), grouped(moves), holidays
    )
    assert cover_summed([expected], question, {1: sums}, {1: others}) == plain


@given(
    st.datetimes(datetime(2010, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(ZONES),
)
@example(datetime(2018, 11, 4, 2, 59, 59, tzinfo=UTC), ZONES[3])
@example(datetime(2018, 11, 4, 3, tzinfo=UTC), ZONES[3])
@example(datetime(2011, 12, 30, 10, tzinfo=UTC), ZONES[2])
def test_the_clock_is_never_wrong_about_a_day(moment: datetime, zone: tzinfo) -> None:
    clock, microseconds = Clock(zone), microseconds_of(moment)
    day = moment.astimezone(zone).date()
    for near in (day - timedelta(days=1), day, day + timedelta(days=1)):
        if microseconds < clock.surely_before(near):
            assert day < near
        if microseconds >= clock.surely_from(near):
            assert day >= near
    assert clock.day_of(microseconds) == day


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_comes_back_from_its_microseconds(moment: datetime) -> None:
    assert instant(microseconds_of(moment)) == moment


@pytest.mark.parametrize(("number", "ref"), [(7, "EV-000007"), (1_234_567, "EV-1234567")])
def test_a_number_tells_the_reference(number: int, ref: str) -> None:
    assert ref_of(number) == ref
