"""What is special about GitHub: what it hides, and what it counts itself."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from collectors.errors import SettingsError
from tests.collectors import fake
from tests.collectors.asking import Told, ask
from tests.collectors.fake import Fake, Payload


def put(payload: Payload, scratch: Path, **values: Any) -> tuple[Told, list[str]]:
    """The answer, and the paths that were asked for."""
    with Fake(payload.answers) as server:
        told = ask(
            payload.collector,
            scratch,
            period=payload.period,
            **{**payload.values(server.url), **values},
        )
    return told, [each.path for each in server.asked]


def changed(payload: Payload, path: str, **changes: Any) -> Payload:
    """The payload with another answer on one path."""
    assert path in [each.path for each in payload.answers]
    return replace(
        payload,
        answers=tuple(
            replace(each, **changes) if each.path == path else each for each in payload.answers
        ),
    )


@pytest.mark.parametrize(
    ("status", "message"), [(404, "Not Found"), (403, "Resource not accessible by integration")]
)
def test_a_protection_that_may_not_be_read_is_not_taken_for_none(
    scratch: Path, status: int, message: str
) -> None:
    """GitHub answers 404 both for no protection and for no right to see it."""
    payload = changed(
        fake.payload("github_branch_protection"),
        "/repos/lindgren-pay/notes/branches/main/protection",
        status=status,
        body={"message": message},
    )
    told, _ = put(payload, scratch)
    assert told.trail.shortfalls == ["The protection of lindgren-pay/notes may not be read."]
    assert "lindgren-pay/notes" not in [row["repository"] for row in told.rows]


def test_a_ruleset_whose_exceptions_are_hidden_binds_nobody_for_sure(scratch: Path) -> None:
    payload = changed(
        fake.payload("github_branch_protection"),
        "/repos/lindgren-pay/api/rulesets/11",
        body={"id": 11, "name": "Main", "enforcement": "active"},
    )
    told, _ = put(payload, scratch)
    assert told.rows[-1]["binds_administrators"] is False


def test_a_demand_for_a_second_factor_that_is_hidden_is_told(scratch: Path) -> None:
    payload = changed(
        fake.payload("github_members"), "/orgs/lindgren-pay", body={"login": "lindgren-pay"}
    )
    told, _ = put(payload, scratch)
    assert {row["enforced"] for row in told.rows} == {None}
    assert "does not show us whether a second factor is demanded" in told.trail.shortfalls[0]


def test_a_search_that_did_not_finish_proves_nothing(scratch: Path) -> None:
    payload = changed(
        fake.payload("github_changes"),
        "/search/issues",
        body={"total_count": 4, "incomplete_results": True, "items": []},
    )
    told, _ = put(payload, scratch)
    assert "search did not finish" in told.trail.shortfalls[0]


def test_named_repositories_are_asked_for_and_counted_alone(scratch: Path) -> None:
    payload = fake.payload("github_changes")
    whole = replace(
        payload,
        answers=(
            *payload.answers,
            fake.Answer(
                path="/repos/lindgren-pay/old-site",
                body={"full_name": "lindgren-pay/old-site", "archived": True},
            ),
        ),
    )
    told, asked = put(whole, scratch, repositories=["old-site"])
    assert [row["change_id"] for row in told.rows] == ["lindgren-pay/old-site#7"]
    assert asked[0].startswith(
        "/search/issues?q=repo%3Alindgren-pay%2Fold-site+is%3Apr+is%3Amerged+merged%3A"
        "2026-10-01T00%3A00%3A00Z..2026-10-31T23%3A59%3A59Z"
    )
    assert not [path for path in asked if path.startswith("/orgs/")]


def test_many_named_repositories_are_counted_a_few_at_a_time(scratch: Path) -> None:
    payload = fake.payload("github_changes")
    one = {"total_count": 0, "incomplete_results": False}
    names = [f"service-{number}" for number in range(9)]
    answers = [fake.Answer(path="/search/issues", body=one)]
    for name in names:
        place = f"/repos/lindgren-pay/{name}"
        answers.append(fake.Answer(path=place, body={"full_name": f"lindgren-pay/{name}"}))
        answers.append(fake.Answer(path=f"{place}/pulls", body=[]))
    told, asked = put(replace(payload, answers=tuple(answers)), scratch, repositories=names)
    assert (told.rows, told.trail.source_count) == ([], 0)
    assert sum(path.startswith("/search/") for path in asked) == 3


@pytest.mark.parametrize("organisation", ["", "../admin", "a/b", "-x"])
def test_an_organisation_is_a_name_and_no_path(scratch: Path, organisation: str) -> None:
    with pytest.raises(SettingsError, match="organisation"):
        put(fake.payload("github_members"), scratch, organisation=organisation)


@pytest.mark.parametrize("name", ["../../orgs/x", "a b", "a?b", ".."])
def test_a_repository_is_a_name_and_no_path(scratch: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="repositories"):
        put(fake.payload("github_deploy_keys"), scratch, repositories=[name])


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (
            {"security_and_analysis": {"secret_scanning": {"status": "disabled"}}},
            "lindgren-pay/api is not searched for secrets.",
        ),
        ({}, "GitHub does not show us whether lindgren-pay/api is searched for secrets."),
        (
            {"security_and_analysis": {}},
            "GitHub does not show us whether lindgren-pay/api is searched for secrets.",
        ),
    ],
)
def test_a_repository_without_a_search_for_secrets_is_named(
    scratch: Path, told: dict[str, Any], reason: str
) -> None:
    payload = changed(
        fake.payload("github_secret_alerts"),
        "/repos/lindgren-pay/api",
        body={"id": 502, "full_name": "lindgren-pay/api", **told},
    )
    answer, _ = put(payload, scratch)
    assert answer.trail.shortfalls == [reason]


def test_a_test_that_ended_after_the_deployment_began_is_no_test_of_it(scratch: Path) -> None:
    payload = changed(
        fake.payload("github_deployments"),
        "/repos/lindgren-pay/ledger/commits/d92/check-runs",
        body={
            "total_count": 1,
            "check_runs": [{"conclusion": "success", "completed_at": "2026-10-12T09:00:01Z"}],
        },
    )
    told, _ = put(payload, scratch)
    row = next(row for row in told.rows if row["deployment_id"] == "92")
    assert (row["tested_commit_id"], row["tests_passed"], row["tested_at"]) == (None, None, None)
