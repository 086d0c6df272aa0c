"""One item with everything that is known of it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from evidence import checks, review
from tests import cast
from tests.api import calls
from tests.api.calls import EVIDENCE, Program
from tests.evidence import items

pytestmark = pytest.mark.django_db


def test_it_shows_table_checks_claims_and_reviews(robot: Program, alice: User) -> None:
    expectation = items.expectation()
    items.check(expectation, "SELECT email FROM population WHERE NOT mfa")
    stored = calls.evidence(**vars(items.population(claims=(expectation,))))
    checks.run(stored, actor="system")
    reviewer = cast.person("reviewer")
    review.return_with_reason(stored, reviewer=reviewer, reason="One without.")
    item = robot.get(f"{EVIDENCE}/{stored.ref}").json()
    assert item["status"] == "returned"
    assert item["claims"] == [
        {
            "expectation": "staff-mfa",
            "covers_from": "2026-10-01",
            "covers_to": "2026-10-31",
            "is_partial": False,
        }
    ]
    table = item["population"]
    assert table["row_count"] == 2
    assert table["columns"][0] == {"name": "user_id", "type": "integer"}
    assert table["table_sha256"] == stored.blob_id
    assert table["ipe"]["query"] == "all staff users"
    [outcome] = item["check_results"]
    assert outcome["check"] == "staff-mfa-check"
    assert outcome["state"] == "failed"
    assert (outcome["population_count"], outcome["exception_count"]) == (2, 1)
    [decision] = item["reviews"]
    assert decision["decision"] == "returned"
    assert decision["reason"] == "One without."
    assert decision["reviewer"] == f"user:{reviewer.pk}"


def test_an_item_without_a_table_has_none(robot: Program) -> None:
    item = robot.get(f"{EVIDENCE}/{calls.evidence().ref}").json()
    assert item["population"] is None
    assert item["check_results"] == item["reviews"] == item["claims"] == []


@pytest.mark.parametrize("ref", ["EV-999999", "1", "ev-000001", "EV-000001%00", "%F0%9F%98%80"])
def test_an_unknown_reference_is_not_found(robot: Program, ref: str) -> None:
    calls.evidence()
    calls.error(robot.get(f"{EVIDENCE}/{ref}"), 404, "not_found")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_evidence_is_never_changed_through_its_address(robot: Program, method: str) -> None:
    stored = calls.evidence()
    answer = robot.call(method, f"{EVIDENCE}/{stored.ref}")
    calls.error(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD"


def test_it_refuses_charlie(charlie: User) -> None:
    ref = calls.evidence().ref
    calls.error(calls.program(charlie).get(f"{EVIDENCE}/{ref}"), 403, "insufficient_scope")


def test_it_costs_a_fixed_number_of_queries(robot: Program) -> None:
    expectations = tuple(items.expectation(f"e{number}") for number in range(5))
    for one in expectations:
        items.check(one, "SELECT email FROM population WHERE NOT mfa")
    stored = calls.evidence(**vars(items.population(claims=expectations)))
    checks.run(stored, actor="system")
    robot.get(EVIDENCE)
    with CaptureQueriesContext(connection) as queries:
        assert robot.get(f"{EVIDENCE}/{stored.ref}").status_code == 200
    assert len(queries) <= 12
