"""Findings as programs see them: listed, narrowed, and read with their whole history."""

from datetime import date
from pathlib import Path

import pytest

from accounts.models import User
from audits import findings
from tests.api import calls
from tests.api.calls import Program
from tests.audits import findings as cases
from tests.audits.findings import Case
from tests.audits.world import World
from tests.staff.desk import at_most

FINDINGS = "/api/v1/findings"


@pytest.fixture
def case(alice: User, var_dir: Path) -> Case:
    return cases.opened(World(alice))


def refs(robot: Program, query: str = "") -> list[str]:
    answer = robot.get(f"{FINDINGS}?{query}")
    assert answer.status_code == 200, answer.content
    return [item["ref"] for item in answer.json()["items"]]


def another(case: Case, month: int) -> str:
    found = findings.open_finding(
        case.engagement,
        subject=cases.occurrence(case.world, case.engagement, date(2026, month, 2)),
        title="Another",
        condition="x",
        source="own_test",
        by=case.alice,
    )
    return found.ref


def test_one_says_what_it_is_and_all_that_was_said(robot: Program, case: Case) -> None:
    case.respond()
    said = robot.get(f"{FINDINGS}/{case.finding.ref}").json()
    history = said.pop("history")
    said.pop("opened_at")
    assert set(said.pop("_links")) == {"self", "engagement", "control"}
    assert said == {
        "ref": case.finding.ref,
        "engagement": case.engagement.ref,
        "title": "Staff without a second factor",
        "control": "AC-01",
        "expectation": "staff-mfa-state",
        "subject_kind": "occurrence",
        "subject_ref": "staff-mfa-state/2026-06-01",
        "start": "2026-06-01",
        "end": "2026-06-30",
        "found_by": "own_test",
        "state": "responded",
        "kind": "deviation",
        "next_action_due": None,
    }
    assert [one["deed"] for one in history] == ["opened", "observed", "responded"]
    assert history[2]["text"] == "We saw it too late."
    assert (history[2]["part"], history[1]["part"]) == ("response", None)
    assert history[2]["actor"] == f"user:{case.alice.pk}"


def test_the_newest_comes_first_and_pages_go_on(robot: Program, case: Case) -> None:
    second = another(case, 7)
    assert refs(robot) == [second, case.finding.ref]
    answer = robot.get(f"{FINDINGS}?limit=1").json()
    assert [one["ref"] for one in answer["items"]] == [second]
    assert refs(robot, f"cursor={answer['next_cursor']}") == [case.finding.ref]


def test_the_list_is_narrowed(robot: Program, case: Case) -> None:
    another(case, 7)
    case.respond()
    assert refs(robot, "state=responded") == [case.finding.ref]
    assert len(refs(robot, f"engagement={case.engagement.ref}")) == 2
    assert len(refs(robot, "control=AC-01")) == 2
    assert refs(robot, "control=AV-01") == []


@pytest.mark.parametrize("query", ["state=gone", "engagement=ENG-1", "cursor=x", "colour=red"])
def test_a_bad_question_is_refused(robot: Program, case: Case, query: str) -> None:
    calls.error(robot.get(f"{FINDINGS}?{query}"), 400, "bad_query")


def test_what_is_not_there_is_not_found(robot: Program) -> None:
    calls.error(robot.get(f"{FINDINGS}/ENG-1999-1-F1"), 404, "not_found")


def test_the_list_asks_a_fixed_number_of_queries(robot: Program, case: Case) -> None:
    another(case, 7)
    refs(robot)
    with at_most(5):
        refs(robot)
