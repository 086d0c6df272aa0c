"""The database tells of claims what the pure rules need: the answers are the same."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from audits import days, scope
from audits.claims import Claimed, Decision, Verdict
from audits.coverage import cover
from audits.facts import coverage_of, expected_of
from audits.models import Engagement
from controls.models import Check
from evidence import review
from evidence.models import CheckResult, Claim, Evidence, LedgerEntry
from tests.audits.world import World, clock, hand_in, moment, submission

RANK = ("error", "failed", "passed", "")
MOMENTS = [date(2026, 6, 25), date(2026, 8, 1), date(2026, 12, 1)]


@pytest.fixture
def engagement(world: World) -> Engagement:
    return world.engagement("Security", "Availability")


def claimed(engagement: Engagement, as_of: datetime) -> list[Claimed]:
    """Read every claim for itself, in the plainest way there is."""
    return [_one(claim, as_of) for claim in scope.claims_of(engagement).order_by("number")]


def _one(claim: Claim, as_of: datetime) -> Claimed:
    item = claim.evidence
    reviews = item.reviews.filter(decided_at__lte=as_of).order_by("id")
    results = item.check_results.filter(
        ran_at__lte=as_of, check_ref__expectation=claim.expectation
    ).order_by("id")
    latest = {result.check_ref_id: result.state for result in results}
    newer = Evidence.objects.filter(supersedes=item, received_at__lte=as_of)
    decisions = [each.decision for each in reviews]
    return Claimed(
        claim.expectation_id,
        item.ref,
        claim.covers_from,
        claim.covers_to,
        days.day_of(item.collected_at),
        item.received_at,
        Decision(decisions[-1] if decisions else ""),
        Verdict(min(latest.values(), key=RANK.index, default="")),
        newer.exists(),
        claim.is_partial,
        claim.number,
    )


def fill(world: World, chance: random.Random) -> None:
    """Hand in items of all kinds, and let some of them be reviewed, replaced and checked."""
    made: list[Evidence] = []
    for _ in range(25):
        expectation = chance.choice([world.mfa, world.mfa, world.leavers, world.restore])
        first = date(2026, 5, 25) + timedelta(days=chance.randrange(95))
        last = first + timedelta(days=chance.choice([0, 0, 0, 5, 30]))
        more: dict[str, Any] = {}
        if made and chance.random() < 0.2:
            old = chance.choice(made)
            if not Evidence.objects.filter(supersedes=old).exists():
                more["supersedes"] = old
        collected = last + timedelta(days=chance.choice([-1, 0, 1, 1, 2]))
        sent = submission(b"x", first, last, expectation, collected=collected, **more)
        received = collected + timedelta(days=chance.choice([0, 0, 3, 20]))
        item = hand_in(sent, received=received)
        made.append(item)
        happen(world, item, received, chance)


def happen(world: World, item: Evidence, received: date, chance: random.Random) -> None:
    for place, decision in enumerate(chance.choice(["", "", "a", "r", "ar", "ra"])):
        with clock(moment(received + timedelta(days=chance.randrange(30) + 30 * place))):
            if decision == "r":
                review.return_with_reason(item, reviewer=world.alice, reason="No.")
            else:
                review.accept(item, reviewer=world.alice)
    for check in Check.objects.filter(expectation__in=item.claims.values("expectation")):
        for place in range(chance.choice([0, 1, 2])):
            CheckResult.objects.create(
                evidence=item,
                check_ref=check,
                check_digest=f"{place}" * 64,
                state=chance.choice(["passed", "passed", "failed", "error"]),
                ran_at=moment(received + timedelta(days=10 * place)),
                ledger_entry=_leaf(),
            )


def _leaf() -> LedgerEntry:
    last = LedgerEntry.objects.order_by("-index")[0]
    last.index += 1_000
    last.save(force_insert=True)
    return last


@pytest.mark.parametrize("seed", range(6))
def test_sums_from_the_database_agree_with_the_pure_rules(
    world: World, engagement: Engagement, seed: int, settings: Any
) -> None:
    settings.ORGANISATION_TIME_ZONE = ["UTC", "Pacific/Auckland", "America/New_York"][seed % 3]
    world.leavers.lag_days = seed % 2
    world.leavers.save()
    world.mfa.cadence = ["daily", "weekly"][seed % 2]
    world.mfa.save()
    with clock(datetime(2026, 12, 1, tzinfo=UTC)):
        fill(world, random.Random(seed))  # noqa: S311  a world, no secret
    expected = [expected_of(one) for one in scope.expectations_of(engagement)]
    for day in MOMENTS:
        as_of = moment(day, 23)
        plain = cover(
            expected,
            claimed(engagement, as_of),
            start=engagement.window_from,
            end=engagement.window_to,
            as_of=as_of,
            zone=days.zone(),
        )
        assert list(coverage_of(engagement, as_of).occurrences) == plain


def test_a_partial_item_is_no_part_of_a_sum(world: World, engagement: Engagement) -> None:
    item = hand_in(submission(b"x", world.start, date(2026, 6, 30), world.leavers))
    Claim.objects.create(
        evidence=item,
        expectation=world.restore,
        covers_from=item.covers_from,
        covers_to=item.covers_to,
        is_partial=True,
        number=item.number,
        received_us=item.claims.get().received_us,
        collected_us=item.claims.get().collected_us,
    )
    found = coverage_of(engagement, moment(MOMENTS[2]), slugs=["restore-report"]).occurrences
    assert found[0].state.value == "partial"


def test_one_control_asks_only_for_its_own(world: World, engagement: Engagement) -> None:
    report = coverage_of(engagement, moment(MOMENTS[2]), control="AC-01")
    assert [line.ref for line in report.controls] == ["AC-01"]
    assert {one.slug for one in report.occurrences} == {"leavers", "staff-mfa-state"}
    whole = coverage_of(engagement, moment(MOMENTS[2]))
    assert report.controls[0] == whole.controls[0]
