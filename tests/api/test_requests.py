"""Requests as programs see them: where each stands, what was answered, and the whole thread."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from accounts.models import User
from audits import requests
from audits.models import Engagement, EvidenceRequest
from audits.request_terms import Owner, Wording
from evidence.models import Evidence
from tests import cast
from tests.api import calls
from tests.api.calls import Program
from tests.api.test_documents import conforms
from tests.audits.asking import admit, answered, asked
from tests.audits.world import World, hand_in_staff
from tests.staff.desk import at_most

DUE = date(2026, 9, 15)


@pytest.fixture
def world(alice: User, var_dir: Path) -> World:
    return World(alice)


@pytest.fixture
def engagement(world: World, bob: User) -> Engagement:
    made = world.engagement()
    admit(made, bob, by=world.alice)
    return made


@pytest.fixture
def item(world: World) -> Evidence:
    return hand_in_staff(world, date(2026, 6, 30))


def path(engagement: Engagement, rest: str = "") -> str:
    return f"/api/v1/engagements/{engagement.ref}/requests{rest}"


def numbers(robot: Program, engagement: Engagement, query: str = "") -> list[int]:
    answer = robot.get(path(engagement, f"?{query}"))
    assert answer.status_code == 200, answer.content
    conforms(answer, "/api/v1/engagements/{ref}/requests")
    return [one["number"] for one in answer.json()["items"]]


def test_one_says_where_it_stands_and_all_that_was_said(
    robot: Program, world: World, engagement: Engagement, item: Evidence, bob: User
) -> None:
    request = asked(engagement, bob, text="Of June.", refs=("AC-01", "CC6.1"), due=DUE)
    answer = answered(request, item, world.alice, "All staff.")
    requests.return_with_reason(request, seen=answer.pk, reason="July lacks.", by=bob)
    got = robot.get(path(engagement, "/1"))
    conforms(got, "/api/v1/engagements/{ref}/requests/{number}")
    said = got.json()
    thread = said.pop("thread")
    assert said.pop("asked_at").startswith("20")
    handed = [{"evidence": item.ref, "sha256": item.blob_id}]
    assert set(said.pop("_links")) == {"self", "engagement"}
    assert said == {
        "ref": f"{engagement.ref}/R1",
        "number": 1,
        "title": "User lists",
        "text": "Of June.",
        "concerns": ["AC-01", "CC6.1"],
        "due": "2026-09-15",
        "owner": "",
        "asked_by": f"user:{bob.pk}",
        "asked_as": "auditor",
        "state": "returned",
        "answers": handed,
    }
    assert [one["deed"] for one in thread] == ["asked", "answered", "returned"]
    assert [one["side"] for one in thread] == ["auditor", "staff", "auditor"]
    assert [one["answers"] for one in thread] == [[], handed, []]
    assert (thread[1]["by"], thread[2]["text"]) == (f"user:{world.alice.pk}", "July lacks.")
    leaves = [entry.ledger_entry_id for entry in request.entries.all()]
    assert [one["log_index"] for one in thread] == leaves


@pytest.mark.parametrize(("owner", "told"), [("person", "user:{}"), ("role", "role:control_owner")])
def test_who_answers_is_named(
    robot: Program, world: World, engagement: Engagement, owner: str, told: str
) -> None:
    named = Owner(world.alice) if owner == "person" else Owner(role="control_owner")
    requests.ask(engagement, Wording("User lists"), by=world.alice, owner=named)
    said = robot.get(path(engagement, "/1")).json()
    assert said["owner"] == told.format(world.alice.pk)


def test_the_newest_comes_first_and_pages_go_on(
    robot: Program, engagement: Engagement, bob: User
) -> None:
    for title in ("One", "Two", "Three"):
        asked(engagement, bob, title)
    assert numbers(robot, engagement) == [3, 2, 1]
    first = robot.get(path(engagement, "?limit=2")).json()
    assert [one["number"] for one in first["items"]] == [3, 2]
    assert numbers(robot, engagement, f"cursor={first['next_cursor']}") == [1]


def test_the_list_is_narrowed_by_state_and_by_due_day(
    robot: Program, world: World, engagement: Engagement, item: Evidence, bob: User
) -> None:
    asked(engagement, bob, "Open")
    answered(asked(engagement, bob, "Answered", due=DUE), item, world.alice)
    asked(engagement, bob, "Later", due=DUE + timedelta(days=1))
    accepted = asked(engagement, bob, "Accepted", due=DUE)
    requests.accept(accepted, seen=answered(accepted, item, world.alice).pk, by=bob)
    assert numbers(robot, engagement, "state=open") == [3, 1]
    assert numbers(robot, engagement, "state=accepted") == [4]
    assert numbers(robot, engagement, f"due_until={DUE}") == [2]
    assert numbers(robot, engagement, f"due_until={DUE}&state=open") == []


def test_requests_of_another_engagement_are_not_among_them(
    robot: Program, world: World, engagement: Engagement, bob: User
) -> None:
    asked(world.engagement(), world.alice)
    assert numbers(robot, engagement) == []
    calls.error(robot.get(path(engagement, "/1")), 404, "not_found")


@pytest.mark.parametrize(
    "query", ["state=asked", "due_until=x", "cursor=x", "cursor=LTE", "limit=0", "colour=red"]
)
def test_a_bad_question_is_refused(robot: Program, engagement: Engagement, query: str) -> None:
    calls.error(robot.get(path(engagement, f"?{query}")), 400, "bad_query")


@pytest.mark.parametrize("rest", ["/9", "/0", "/-1", "/x", "/99999999999999999999", "/1/x"])
def test_what_is_not_there_is_not_found(
    robot: Program, engagement: Engagement, bob: User, rest: str
) -> None:
    asked(engagement, bob)
    assert robot.get(path(engagement, rest)).status_code == 404


def test_an_unknown_engagement_is_not_found(robot: Program) -> None:
    calls.error(robot.get("/api/v1/engagements/ENG-1999-1/requests"), 404, "not_found")


def test_it_refuses_charlie_and_an_auditor(
    engagement: Engagement, charlie: User, bob: User
) -> None:
    for owner in (charlie, bob):
        answer = calls.program(owner).get(path(engagement))
        calls.error(answer, 403, "insufficient_scope")


def test_who_may_not_read_requests_does_not_hear_whether_there_are_any(
    engagement: Engagement,
) -> None:
    """The scope is asked for before the engagement, so that a wrong guess says nothing."""
    reader = calls.program(cast.person("compliance-lead"), "engagements:read")
    for ref in ("ENG-1999-1", engagement.ref):
        answer = reader.get(f"/api/v1/engagements/{ref}/requests/1")
        calls.error(answer, 403, "insufficient_scope")


def test_a_page_asks_a_fixed_number_of_queries(
    robot: Program, world: World, engagement: Engagement, item: Evidence, bob: User
) -> None:
    for number in range(5):
        request = asked(engagement, bob, f"List {number}")
        answered(request, item, world.alice)
        requests.comment(request, text="See the note.", by=bob)
    assert EvidenceRequest.objects.count() == 5
    numbers(robot, engagement)
    with at_most(6):
        robot.get(path(engagement))
    with at_most(9):
        robot.get(path(engagement, "/1"))
