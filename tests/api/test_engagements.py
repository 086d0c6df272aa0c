"""Engagements as programs see them: dates, categories and scope."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from audits import organisations, windows
from audits.models import Engagement
from tests.api import calls
from tests.api.calls import Program
from tests.audits.world import SECURITY, World

ENGAGEMENTS = "/api/v1/engagements"


@pytest.fixture
def world(alice: User) -> World:
    return World(alice)


@pytest.fixture
def engagement(world: World) -> Engagement:
    return world.engagement()


def test_it_lists_the_latest_first_page_by_page(robot: Program, world: World) -> None:
    made = [world.engagement().ref for _ in range(3)]
    first = robot.get(f"{ENGAGEMENTS}?limit=2").json()
    assert [one["ref"] for one in first["items"]] == made[:0:-1]
    rest = robot.get(f"{ENGAGEMENTS}?limit=2&cursor={first['next_cursor']}").json()
    assert [one["ref"] for one in rest["items"]] == made[:1]
    assert rest["next_cursor"] is None


def test_one_tells_its_scope(robot: Program, world: World, engagement: Engagement) -> None:
    profile = organisations.Profile("Nimbus", "Machines.", "carve_out", "It locks.", "Yearly.")
    organisations.add_organisation(engagement, profile=profile, by=world.alice)
    organisations.add_user_entity_control(
        engagement, criterion=world.criteria["CC6.1"], text="Rotate keys.", by=world.alice
    )
    windows.change_window(
        engagement,
        window_from=world.start,
        window_to=date(2026, 9, 30),
        reason="Agreed.",
        by=world.alice,
    )
    said = robot.get(f"{ENGAGEMENTS}/{engagement.ref}").json()
    assert (said["window_from"], said["window_to"]) == ("2026-06-01", "2026-09-30")
    assert said["framework"] == world.framework.slug
    assert said["categories"] == [
        {
            "category": SECURITY,
            "reason": f"Customers ask for {SECURITY}.",
            "ground": "required",
        }
    ]
    scope = said["scope"]
    (change,) = scope["changes"]
    assert (change["what"], change["before_to"]) == ("window", "2026-08-31")
    assert scope["organisations"][0]["controls"] == ["It locks."]
    assert scope["user_entity_controls"] == [
        {"ref": "CUEC-1", "criterion": "CC6.1", "version": 1, "text": "Rotate keys."}
    ]


@pytest.mark.parametrize("ref", ["ENG-1999-1", "x", "eng-2026-1"])
def test_what_is_not_there_is_not_found(robot: Program, engagement: Engagement, ref: str) -> None:
    calls.error(robot.get(f"{ENGAGEMENTS}/{ref}"), 404, "not_found")


@pytest.mark.parametrize("query", ["cursor=x", "limit=0", "odd=1"])
def test_a_bad_query_is_refused(robot: Program, engagement: Engagement, query: str) -> None:
    calls.error(robot.get(f"{ENGAGEMENTS}?{query}"), 400, "bad_query")


def test_it_refuses_charlie_and_an_auditor(charlie: User, bob: User) -> None:
    for owner in (charlie, bob):
        calls.error(calls.program(owner).get(ENGAGEMENTS), 403, "insufficient_scope")


def test_a_page_takes_few_queries(robot: Program, world: World) -> None:
    for _ in range(4):
        world.engagement()
    robot.get(ENGAGEMENTS)
    with CaptureQueriesContext(connection) as captured:
        robot.get(ENGAGEMENTS)
    assert len(captured) <= 8
