"""Coverage as programs see it: the same occurrences as on the pages, as of any moment."""

from datetime import date

import pytest

from accounts.models import User
from audits.facts import coverage_of
from audits.models import Engagement
from tests.api.calls import Program
from tests.audits.world import World, hand_in_staff


@pytest.fixture
def world(alice: User) -> World:
    return World(alice)


@pytest.fixture
def engagement(world: World) -> Engagement:
    return world.engagement()


@pytest.fixture
def path(engagement: Engagement) -> str:
    return f"/api/v1/engagements/{engagement.ref}/coverage"


@pytest.mark.usefixtures("var_dir")
def test_it_tells_every_occurrence_as_the_pages_do(
    robot: Program, world: World, engagement: Engagement, path: str
) -> None:
    item = hand_in_staff(world, date(2026, 6, 30), without_mfa=1)
    told = robot.get(path).json()
    known = coverage_of(engagement)
    assert [(one["expectation"], one["start"], one["state"]) for one in told["items"]] == [
        (one.slug, one.start.isoformat(), one.state.value) for one in known.occurrences
    ]
    failing = next(one for one in told["items"] if one["state"] == "failing")
    assert failing["evidence"] == [item.ref]
    assert "found exceptions" in failing["reason"]
    assert sum(told["totals"].values()) == len(known.occurrences)


@pytest.mark.usefixtures("var_dir")
def test_it_can_be_narrowed_and_read_as_of_a_moment(
    robot: Program, world: World, path: str
) -> None:
    hand_in_staff(world, date(2026, 6, 30), without_mfa=1)
    before = robot.get(f"{path}?as_of=2026-06-29T12:00:00Z&state=failing").json()
    after = robot.get(f"{path}?as_of=2026-07-01T12:00:00Z&state=failing&control=AC-01").json()
    assert (before["items"], len(after["items"])) == ([], 1)
    assert after["as_of"].startswith("2026-07-01T12:00:00")
    assert robot.get(f"{path}?control=AV-01").json()["items"] == []


def test_pages_follow_each_other_without_gap(robot: Program, path: str) -> None:
    whole = robot.get(path).json()["items"]
    seen, cursor = [], ""
    while True:
        page = robot.get(f"{path}?limit=2{cursor}").json()
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == whole
    assert len(whole) > 4


@pytest.mark.parametrize(
    "query", ["as_of=2999-01-01T00:00:00Z", "as_of=soon", "state=good", "cursor=%%", "x=1"]
)
def test_what_is_asked_wrongly_is_refused(robot: Program, path: str, query: str) -> None:
    assert robot.get(f"{path}?{query}").status_code == 400


def test_an_unknown_engagement_is_not_found(robot: Program) -> None:
    assert robot.get("/api/v1/engagements/ENG-1999-1/coverage").status_code == 404
