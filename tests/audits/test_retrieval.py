"""When a list was asked for is one fact: coverage, its explanation and sealing go by the same."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from audits import explained
from audits.errors import PopulationRefusedError
from audits.facts import coverage_of
from audits.models import Engagement
from evidence.models import Evidence
from tests.audits.sealing import MONTHS, changes, sealed, table
from tests.audits.world import World, hand_in, submission

JUNE = MONTHS[0][0]
MIDNIGHT = datetime(2026, 7, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RETRIEVED_EARLY = "was retrieved on 2026-06-30, before its days were over"


@pytest.fixture
def engagement(world: World) -> Engagement:
    return world.engagement()


def june(world: World, *, started: datetime, collected: datetime) -> Evidence:
    """The changes of June by a query that began at one moment and was handed over at another."""
    content, facts = table(changes(60)[:20], started_at=started, finished_at=collected)
    sent = submission(
        content, JUNE, MIDNIGHT.date() - timedelta(days=1), world.leavers, population=facts
    )
    sent = replace(sent, collected_at=collected)
    return hand_in(sent)


@pytest.mark.parametrize(
    ("started", "collected", "is_whole"),
    [
        (MIDNIGHT - SECOND, MIDNIGHT + 5 * SECOND, False),
        (MIDNIGHT, MIDNIGHT + 5 * SECOND, True),
        (MIDNIGHT + SECOND, MIDNIGHT - SECOND, False),
    ],
    ids=["asked before midnight", "asked at midnight", "a record of later than its collection"],
)
def test_the_boundary_day_is_judged_alike_by_coverage_and_by_sealing(
    world: World,
    engagement: Engagement,
    started: datetime,
    collected: datetime,
    *,
    is_whole: bool,
) -> None:
    item = june(world, started=started, collected=collected)
    [first, *_] = coverage_of(engagement, slugs=["leavers"]).occurrences
    assert (first.state.value == "met") is is_whole, first
    assert (RETRIEVED_EARLY in first.reason) is not is_whole
    found = explained.explain(engagement, "leavers", JUNE)
    assert found
    assert ("it was retrieved on 2026-06-30" in found.items[0].why) is not is_whole
    refused = pytest.raises(PopulationRefusedError, match="was asked for on 2026-06-30")
    with nullcontext() if is_whole else refused:
        sealed(world, engagement, item)
