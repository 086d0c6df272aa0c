"""Runs as programs see them: the failed ones are facts too."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from compliance.api import paging
from tests.api import calls
from tests.api.calls import Program

pytestmark = pytest.mark.django_db
RUNS = "/api/v1/runs"


def refs(robot: Program, query: str) -> list[str]:
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = robot.get(f"{RUNS}?{query}" + (f"&cursor={cursor}" if cursor else ""))
        assert answer.status_code == 200, answer.content
        found += [item["ref"] for item in answer.json()["items"]]
        cursor = answer.json()["next_cursor"]
    return found


def test_a_failed_run_says_why(robot: Program) -> None:
    run = calls.run(calls.source())
    item = robot.get(f"{RUNS}/{run.ref}").json()
    assert item.pop("_links") == {"self": {"href": f"{RUNS}/{run.ref}"}}
    assert item == {
        "ref": "RUN-000001",
        "source": "staff-mfa",
        "period_from": "2026-10-01",
        "period_to": "2026-10-31",
        "attempt": 1,
        "state": "failed",
        "reason": "The source answered 500.",
        "started_at": "2026-11-01T08:00:00Z",
        "finished_at": "2026-11-01T08:00:03Z",
        "rows": None,
        "evidence": None,
        "requested_by": "system",
        "log_index": run.ledger_entry_id,
        "ipe": {},
    }


def test_a_complete_run_names_its_evidence(robot: Program) -> None:
    run = calls.run(calls.source(), "complete", reason="", rows=7)
    item = robot.get(RUNS).json()["items"][0]
    assert run.evidence is not None
    assert (item["evidence"], item["rows"]) == (run.evidence.ref, 7)


@pytest.mark.parametrize("limit", [1, 2, 200])
@pytest.mark.parametrize("scan", [1, 2, 1000])
def test_filters_find_every_run_once(
    robot: Program, monkeypatch: pytest.MonkeyPatch, limit: int, scan: int
) -> None:
    monkeypatch.setattr(paging, "SCAN", scan)
    one, two = calls.source("one"), calls.source("two")
    for source, state in ((one, "failed"), (two, "failed"), (two, "failed"), (one, "failed")):
        calls.run(source, state)
    calls.run(two, "partial")
    more = f"limit={limit}"
    numbers = [f"RUN-{number:06d}" for number in range(6)]
    assert refs(robot, more) == numbers[:0:-1]
    assert refs(robot, f"source=one&{more}") == [numbers[4], numbers[1]]
    assert refs(robot, f"state=partial&{more}") == [numbers[5]]
    assert refs(robot, f"source=two&state=failed&{more}") == [numbers[3], numbers[2]]
    assert refs(robot, f"source=one&state=empty&{more}") == []


@pytest.mark.parametrize(
    "query", ["source=none", "state=lost", "cursor=!", "cursor=QS1x", "limit=0", "page=2"]
)
def test_a_bad_parameter_is_named(robot: Program, query: str) -> None:
    said = calls.error(robot.get(f"{RUNS}?{query}"), 400, "bad_query")
    assert set(said["fields"]) == {query.partition("=")[0]}


@pytest.mark.parametrize(
    "ref", ["RUN-000002", "1", "RUN-", "RUN-1x", "run-000001", "RUN-" + "9" * 30]
)
def test_an_unknown_reference_is_not_found(robot: Program, ref: str) -> None:
    calls.run(calls.source())
    calls.error(robot.get(f"{RUNS}/{ref}"), 404, "not_found")


def test_it_refuses_a_wrong_method(robot: Program) -> None:
    calls.error(robot.call("POST", RUNS), 405, "method_not_allowed")
    run = calls.run(calls.source())
    calls.error(robot.call("DELETE", f"{RUNS}/{run.ref}"), 405, "method_not_allowed")


def test_it_refuses_charlie(charlie: User) -> None:
    calls.error(calls.program(charlie).get(RUNS), 403, "insufficient_scope")


def test_a_page_costs_a_fixed_number_of_queries(robot: Program) -> None:
    source = calls.source()
    for _ in range(20):
        calls.run(source)
    robot.get(RUNS)
    with CaptureQueriesContext(connection) as queries:
        assert len(robot.get(f"{RUNS}?source=staff-mfa&state=failed").json()["items"]) == 20
    assert len(queries) <= 6
