"""What is bound to the places of a map of coverage, asked in one query."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from audits import finding_deeds, findings, flags
from audits.coverage import Occurrence
from audits.facts import coverage_of
from audits.flags import Flag
from audits.models import Engagement, Finding
from tests.audits.world import World

JUNE, JULY, AUGUST = (date(2026, month, 1) for month in (6, 7, 8))


@pytest.fixture
def world(alice: User) -> World:
    return World(alice)


@pytest.fixture
def engagement(world: World) -> Engagement:
    return world.engagement()


def bind(
    world: World, engagement: Engagement, slug: str, start: date, end: date, *, ref: str = "x"
) -> Finding:
    subject = findings.Subject("sample_item", ref, world.access.ref, slug, start, end)
    return findings.open_finding(
        engagement, subject=subject, title="A", condition="x", source="own_test", by=world.alice
    )


def occurrences(engagement: Engagement, slug: str) -> list[Occurrence]:
    return [one for one in coverage_of(engagement).occurrences if one.slug == slug]


def test_a_finding_flags_the_month_in_which_its_days_end(
    world: World, engagement: Engagement
) -> None:
    bind(world, engagement, world.mfa.slug, JUNE, date(2026, 7, 31))
    found = flags.of(engagement, None)
    assert found.of_month("AC-01", JUNE) is None
    assert found.of_month("AC-01", JULY) == Flag(1, 1)
    assert found.of_month("AV-01", JULY) is None


def test_what_reaches_beyond_the_window_counts_in_its_last_month(
    world: World, engagement: Engagement
) -> None:
    finding = bind(world, engagement, world.mfa.slug, AUGUST, date(2026, 9, 30))
    assert flags.of(engagement, None).of_month("AC-01", AUGUST) == Flag(1, 1)
    in_month = Finding.objects.filter(flags.in_month(engagement, AUGUST))
    assert list(in_month) == [finding]


def test_the_filter_of_a_month_agrees_with_its_flag(world: World, engagement: Engagement) -> None:
    ends = [JUNE, date(2026, 6, 30), JULY, date(2026, 7, 31), AUGUST, date(2026, 12, 31)]
    for place, end in enumerate(ends):
        bind(world, engagement, world.mfa.slug, JUNE, end, ref=f"item {place}")
    known = flags.of(engagement, None)
    for month in (JUNE, JULY, AUGUST):
        count = Finding.objects.filter(flags.in_month(engagement, month)).count()
        assert known.of_month("AC-01", month) == Flag(count, count) == Flag(2, 2)


def test_an_occurrence_is_flagged_by_what_meets_its_days(
    world: World, engagement: Engagement
) -> None:
    bind(world, engagement, world.mfa.slug, date(2026, 6, 15), date(2026, 7, 1))
    june, july, august = occurrences(engagement, world.mfa.slug)
    known = flags.of(engagement, None)
    assert [known.of_occurrences([one]) for one in (june, july, august)] == [
        Flag(1, 1),
        Flag(1, 1),
        None,
    ]
    assert known.of_occurrences([june, july, august]) == Flag(1, 1)
    assert known.of_occurrences(occurrences(engagement, world.leavers.slug)) is None


def test_settled_findings_stay_and_are_told_apart(world: World, engagement: Engagement) -> None:
    settled = bind(world, engagement, world.mfa.slug, JUNE, JUNE)
    bind(world, engagement, world.leavers.slug, JUNE, JUNE, ref="other")
    finding_deeds.accept_risk(settled, reason="We live with it.", by=world.alice)
    flag = flags.of(engagement, None).of_month("AC-01", JUNE)
    assert flag == Flag(2, 1)


def test_an_earlier_moment_knows_less(world: World, engagement: Engagement) -> None:
    before = timezone.now() - timedelta(seconds=1)
    finding = bind(world, engagement, world.mfa.slug, JUNE, JUNE)
    opened = finding.entries.order_by("-step")[0].at
    finding_deeds.accept_risk(finding, reason="We live with it.", by=world.alice)
    assert flags.of(engagement, before).of_month("AC-01", JUNE) is None
    assert flags.of(engagement, opened).of_month("AC-01", JUNE) == Flag(1, 1)
    assert flags.of(engagement, timezone.now()).of_month("AC-01", JUNE) == Flag(1, 0)


def test_only_the_controls_asked_for_are_looked_at(world: World, engagement: Engagement) -> None:
    bind(world, engagement, world.mfa.slug, JUNE, JUNE)
    assert flags.of(engagement, None, controls=["AV-01"]).of_month("AC-01", JUNE) is None


def test_other_engagements_are_not(world: World, engagement: Engagement) -> None:
    bind(world, world.engagement(), world.mfa.slug, JUNE, JUNE)
    assert flags.of(engagement, None).of_month("AC-01", JUNE) is None


def test_it_is_one_query(world: World, engagement: Engagement) -> None:
    for place in range(5):
        bind(world, engagement, world.mfa.slug, JUNE, JUNE, ref=f"item {place}")
    with CaptureQueriesContext(connection) as captured:
        known = flags.of(engagement, None)
    assert (len(captured), known.of_month("AC-01", JUNE)) == (1, Flag(5, 5))


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        (Flag(1, 1), "1 finding, not settled"),
        (Flag(3, 1), "3 findings, 1 not settled"),
        (Flag(2, 0), "2 findings, settled"),
    ],
)
def test_it_says_it_in_words(flag: Flag, words: str) -> None:
    assert flag.words == words
