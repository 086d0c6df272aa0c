"""Readiness as programs see it: score, questions, gaps a page at a time, and the plan."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from accounts.models import User
from readiness import answers, steps
from readiness.models import StepVersion
from readiness.survey import Survey
from tests.api import calls
from tests.api.calls import Program
from tests.readiness.ground import Ground
from tests.staff.desk import at_most

ROOT = "/api/v1/readiness"
QUESTION, STANDARD = "q-sec-01", "api-authentication-standard"


@pytest.fixture
def ground(alice: User, var_dir: Path) -> Ground:
    return Ground(alice)


def said(robot: Program, path: str = "") -> Any:
    answer = robot.get(f"{ROOT}{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_score_says_what_keeps_it_down(robot: Program, ground: Ground, alice: User) -> None:
    ground.show(STANDARD)
    answers.answer(QUESTION, value="yes", reason="", seen=0, by=alice)
    told = said(robot)
    survey = Survey()
    assert (told["is_ready"], told["points"]) == (False, survey.score.points)
    assert (told["shown"], told["applying"]) == (1, 22)
    assert "21 questions are not answered yet." in [one["words"] for one in told["hindrances"]]
    assert [one["group"] for one in told["groups"]] == list(survey.groups)
    assert sum(one["shown"] for one in told["groups"]) == 1
    assert len(told["mistakes"]) == 13
    assert set(told["mistakes"][0]) == {"id", "text", "weight", "verdict", "reason", "rows"}


def test_a_question_is_told_with_its_answer_and_what_backs_it(
    robot: Program, ground: Ground, alice: User
) -> None:
    ground.show(STANDARD)
    answers.answer(QUESTION, value="yes", reason="It does.", seen=0, by=alice)
    first, second, *_ = said(robot, "/questions")["items"]
    first.pop("answered_at")
    assert first == {
        "id": QUESTION,
        "group": "security",
        "text": Survey().questions[0].entry.text,
        "weight": Survey().questions[0].entry.weight,
        "answer": "yes",
        "reason": "It does.",
        "backing": "proven",
        "is_shown": True,
    }
    assert (second["answer"], second["reason"], second["answered_at"]) == (None, None, None)
    assert not second["is_shown"]


def test_gaps_come_in_pages_in_the_order_of_the_queue(robot: Program, ground: Ground) -> None:
    ground.expect(STANDARD)
    whole = [(gap.kind.name.lower(), gap.name) for gap in Survey().gaps]
    found: list[tuple[str, str]] = []
    query: str | None = ""
    while query is not None:
        page = said(robot, f"/gaps?limit=10{query}")
        assert len(page["items"]) <= 10
        found += [(gap["kind"], gap["name"]) for gap in page["items"]]
        query = f"&cursor={page['next_cursor']}" if page["next_cursor"] else None
    assert found == whole
    assert len(found) > 20


def test_a_page_of_gaps_goes_on_where_the_last_gap_was_closed(
    robot: Program, ground: Ground, alice: User
) -> None:
    ground.expect(STANDARD)
    page = said(robot, "/gaps?kind=question&limit=3")
    closed = page["items"][-1]["key"]
    expected = said(robot, "/gaps?kind=question&limit=4")["items"][-1]
    answers.answer(closed, value="not_applicable", reason="We have none.", seen=0, by=alice)
    following = said(robot, f"/gaps?kind=question&limit=3&cursor={page['next_cursor']}")
    assert following["items"][0] == expected


def test_gaps_are_narrowed_to_a_kind(robot: Program, ground: Ground) -> None:
    ground.expect(STANDARD)
    kinds = {gap["kind"] for gap in said(robot, "/gaps?kind=control")["items"]}
    assert kinds == {"control"}


@pytest.mark.parametrize(
    "query", ["kind=lunch", "limit=0", "limit=201", "cursor=x", "cursor=NXwx", "cursor=NXx4fHg"]
)
def test_what_is_asked_wrongly_is_refused(robot: Program, query: str) -> None:
    calls.error(robot.get(f"{ROOT}/gaps?{query}"), 400, "bad_query")


def test_the_plan_has_its_owners_and_days(robot: Program, alice: User) -> None:
    steps.lay_out(date(2027, 1, 4), by=alice)
    first = StepVersion.objects.order_by("due_on")[0]
    phases = said(robot, "/plan")["phases"]
    assert len(phases) == 5
    assert sum(len(phase["steps"]) for phase in phases) == 36
    step = next(one for one in phases[0]["steps"] if one["id"] == first.step)
    assert first.due_on is not None
    assert (step["due_on"], step["owner"]) == (first.due_on.isoformat(), None)
    assert (step["is_done"], step["is_ticked"], phases[0]["done"]) == (False, False, 0)


@pytest.mark.parametrize("path", ["", "/questions", "/gaps", "/plan"])
def test_it_asks_the_database_little(robot: Program, ground: Ground, path: str) -> None:
    ground.show(STANDARD)
    said(robot, path)
    with at_most(14):
        said(robot, path)


@pytest.mark.parametrize("path", ["", "/questions", "/gaps", "/plan"])
def test_a_fault_in_the_files_of_the_programme_is_told_in_words(
    robot: Program, tmp_path: Path, path: str
) -> None:
    (tmp_path / "readiness").mkdir()
    (tmp_path / "readiness" / "questions.yaml").write_text("kind: question\ntitle: Q\n", "utf-8")
    with override_settings(CATALOGUE_DIR=tmp_path):
        calls.error(robot.get(f"{ROOT}{path}"), 503, "programme_unreadable")
