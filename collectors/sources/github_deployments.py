"""Deployments of the repositories of a GitHub organisation, and the tests that came before each."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import github
from collectors.vendors.github import GitHubSettings
from collectors.wire.fields import Item
from collectors.wire.http import Client
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Deployments on GitHub",
    asks="Which versions were deployed to which environments in the period, by whom, after which "
    "tests, and how did each deployment end?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.LOG_EXTRACT,
    area=Area.CHANGE,
    columns={
        "deployment_id": "text",
        "repository": "text",
        "environment": "text",
        "branch": "text",
        "commit_id": "text",
        "tested_commit_id": "text",
        "tests_passed": "boolean",
        "tested_at": "timestamp",
        "deployed_by": "text",
        "deployed_at": "timestamp",
        "ended_at": "timestamp",
        "outcome": "text",
    },
    completeness="Of every repository in scope, archived ones too, each deployment until there is "
    "no next page; of these the ones that were begun within the period. GitHub keeps what an "
    "interface of it was told: a deployment by hand that told it nothing is not among them.",
    permission="Fine-grained token or app with read access to metadata, deployments, checks and "
    "commit statuses of the repositories in scope.",
    schedule="30 3 * * *",
    secrets=(*github.SECRETS, "payload"),
    time_limit=timedelta(hours=2),
)
Settings = GitHubSettings
_GOOD = {"success", "neutral", "skipped"}


def collect(ask: Ask[GitHubSettings]) -> Answer:
    since, before = ask.bounds
    days = {"since": since.isoformat(), "before": before.isoformat()}
    return Answer(
        rows=_rows(ask),
        source_system=github.system(ask),
        query="GET /repos/{repo}/deployments begun within the period, with the statuses of each; "
        "tests: the check runs and commit statuses of its commit that had ended when it began",
        parameters={**github.scope(ask), **days},
    )


def _rows(ask: Ask[GitHubSettings]) -> Iterator[Row]:
    since, before = ask.bounds
    with github.opened(ask) as api:
        for done, repository in enumerate(github.repositories(ask, api)):
            name = repository.text("full_name")
            ask.progress(done, note=name)
            for deployment in github.listed(api, f"repos/{name}/deployments"):
                if since <= deployment.moment("created_at") < before:
                    yield _row(api, name, deployment)


def _row(api: Client, repository: str, deployment: Item) -> Row:
    begun, commit = deployment.moment("created_at"), deployment.text("sha")
    tests = [each for each in _tests(api, repository, commit) if each[0] <= begun]
    place = f"repos/{repository}/deployments/{deployment.text('id')}/statuses"
    told = [(each.moment("created_at"), each.text("state")) for each in github.listed(api, place)]
    ended_at, outcome = max(told, default=(None, None), key=lambda each: each[0])
    return (
        deployment.text("id"),
        repository,
        deployment.text("environment"),
        deployment.maybe_text("ref"),
        commit,
        commit if tests else None,
        all(good for _, good in tests) if tests else None,
        max((ended for ended, _ in tests), default=None),
        deployment.maybe_text("creator.login"),
        begun,
        ended_at,
        outcome,
    )


def _tests(api: Client, repository: str, commit: str) -> Iterator[tuple[datetime, bool]]:
    """Yield when each test of a version ended, and whether it was good."""
    place = f"repos/{repository}/commits/{commit}"
    for run in github.listed(api, f"{place}/check-runs", where="check_runs"):
        ended = run.maybe_moment("completed_at")
        if ended:
            yield ended, run.maybe_text("conclusion") in _GOOD
    for status in github.one(api, f"{place}/status").members("statuses"):
        if status.text("state") != "pending":
            yield status.moment("updated_at"), status.text("state") == "success"
