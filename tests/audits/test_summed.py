"""Sums of claims give the very answer that the claims themselves give, in every world."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from audits.claims import Claimed, Decision, Kind, Verdict
from audits.coverage import (
    SHORTFALL,
    Exemption,
    Expected,
    Move,
    Question,
    cover,
    grouped,
    moment_of,
)
from audits.summed import (
    Clock,
    Sum,
    Sums,
    cover_summed,
    instant,
    microseconds_of,
    ref_of,
    usable_from,
)

START, END = date(2026, 3, 1), date(2026, 5, 10)
AS_OF = datetime(2026, 5, 20, 10, tzinfo=UTC)
ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "Pacific/Apia", "America/Sao_Paulo")]

KEPT = [Decision.NONE, Decision.ACCEPTED]

days = st.dates(date(2026, 2, 20), date(2026, 5, 20))
instants = st.integers(0, 110 * 24 * 60).map(
    lambda minutes: datetime(2026, 2, 20, tzinfo=UTC) + timedelta(minutes=minutes)
)


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
                Decision.RETURNED if odd == 1 else draw(st.sampled_from(KEPT)),
                {2: Verdict.FAILED, 3: Verdict.ERROR}.get(odd, Verdict.PASSED),
                odd == 4,
                odd == 5,
                number,
            )
        )
    return expected, claims, zone


def reduced(
    expected: Expected, claims: list[Claimed], clock: Clock, zone: tzinfo
) -> tuple[Sums, list[Claimed]]:
    """Do what the database does: sum up the days of which every claim is plain."""
    by_days: dict[tuple[date, date], list[Claimed]] = defaultdict(list)
    for claim in claims:
        by_days[claim.covers_from, claim.covers_to].append(claim)
    sums, others = [], []
    for (first, last), same in by_days.items():
        day = min(claim.collected_on for claim in same)
        collected = microseconds_of(datetime(day.year, day.month, day.day, tzinfo=zone))
        plain = all(claim.is_plain for claim in same)
        if plain and collected >= usable_from(expected, first, last, clock):
            arrived = min(microseconds_of(claim.received_at) for claim in same)
            sums.append(Sum(first, last, max(claim.number for claim in same), arrived))
        else:
            others += same
    return Sums.of(sums), others


SPANS = st.tuples(days, st.integers(0, 40)).map(lambda it: (it[0], it[0] + timedelta(days=it[1])))


@settings(max_examples=300, deadline=None)
@given(worlds(), st.lists(SPANS, max_size=2), st.lists(SPANS, max_size=2), st.booleans())
def test_sums_and_claims_give_the_same_answer(
    world: tuple[Expected, list[Claimed], tzinfo],
    skipped: list[tuple[date, date]],
    moved: list[tuple[date, date]],
    is_at_a_date: bool,
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
        is_at_a_date=is_at_a_date,
    )
    sums, others = reduced(expected, known, Clock(zone), zone)
    decided = grouped(exemptions), grouped(moves)
    question = Question(START, END, moment_of(AS_OF, zone), *decided, holidays, is_at_a_date)
    (block,) = cover_summed([expected], question, {1: sums}, {1: others})
    assert block.occurrences() == plain
    assert block.counts() == Counter((one.end.replace(day=1), one.state) for one in plain)
    assert list(block.short()) == [one for one in plain if one.state in SHORTFALL]


@given(
    st.integers(0, 17 * 366 * 24 * 3600).map(
        lambda seconds: datetime(2010, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    ),
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


def daily(*, late_by: int = 0, without: int | None = None) -> tuple[Expected, list[Claimed]]:
    """A state of every day, each shown by two items; of one day perhaps late, or none."""
    expected = Expected(1, "daily", Kind.STATE, "daily", 1, START)
    claims = []
    for place in range((END - START).days + 1):
        day = START + timedelta(days=place)
        if place == without:
            continue
        late = late_by if place == 5 else 0
        for hour in (6, 7):
            at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC) + timedelta(days=late)
            number = 2 * place + hour
            claims.append(Claimed(1, ref_of(number), day, day, day, at, number=number))
    return expected, claims


@pytest.mark.parametrize("options", [{}, {"late_by": 3}, {"without": 7}])
def test_a_plain_year_of_days_gives_the_same_answer(options: dict[str, int]) -> None:
    expected, claims = daily(**options)
    question = Question(START, END, moment_of(AS_OF, UTC))
    sums, others = reduced(expected, claims, Clock(UTC), UTC)
    (block,) = cover_summed([expected], question, {1: sums}, {1: others})
    assert (block.listed is None) is (options == {})
    plain = cover([expected], claims, start=START, end=END, as_of=AS_OF)
    assert list(block.occurrences()) == plain
    assert block.counts() == Counter((one.end.replace(day=1), one.state) for one in plain)
