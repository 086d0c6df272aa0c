"""Merged pull requests of a GitHub organisation with their approvals and tests."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import github
from collectors.vendors.github import GitHubSettings
from collectors.wire.fields import Item
from collectors.wire.http import Client
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Merged pull requests on GitHub",
    asks="Which pull requests were merged in the period, who approved them, and did their tests "
    "pass on the version that was merged?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.CHANGE,
    columns={
        "change_id": "text",
        "repository": "text",
        "branch": "text",
        "merged_at": "timestamp",
        "author": "text",
        "merged_by": "text",
        "approved_by": "text",
        "approved_last_version": "boolean",
        "tests_passed": "boolean",
        "commit_id": "text",
        "title": "text",
    },
    completeness="The closed pull requests of every repository in scope, newest first, back to the "
    "start of the period, until there is no next page; the number of rows equals the count of "
    "GitHub's own search for the same days.",
    permission="Fine-grained token or app with read access to metadata, pull requests, checks and "
    "commit statuses of the repositories in scope.",
    schedule="50 2 * * *",
    secrets=github.SECRETS,
    time_limit=timedelta(hours=2),
)
Settings = GitHubSettings
_GOOD = {"success", "neutral", "skipped"}


def collect(ask: Ask[GitHubSettings]) -> Answer:
    since, before = ask.bounds
    return Answer(
        rows=_rows(ask),
        source_system=github.system(ask),
        query="GET /repos/{repo}/pulls?state=closed&sort=updated, merged within the period; for "
        "each its reviews, check runs and commit statuses of the head that was merged",
        parameters={
            **github.scope(ask),
            "since": since.isoformat(),
            "before": before.isoformat(),
        },
    )


def _rows(ask: Ask[GitHubSettings]) -> Iterator[Row]:
    with github.opened(ask) as api:
        ask.trail.source_count = github.merged_count(ask, api)
        for done, repository in enumerate(github.repositories(ask, api)):
            ask.progress(done, note=repository.text("full_name"))
            for pull in _merged(ask, api, repository.text("full_name")):
                yield _row(api, repository.text("full_name"), pull)


def _merged(ask: Ask[GitHubSettings], api: Client, repository: str) -> Iterator[Item]:
    since, before = ask.bounds
    seen: set[int] = set()
    newest_first = {"state": "closed", "sort": "updated", "direction": "desc"}
    for pull in github.listed(api, f"repos/{repository}/pulls", **newest_first):
        if pull.moment("updated_at") < since:
            return
        merged_at = pull.maybe_moment("merged_at")
        # What is touched meanwhile moves the list on, and its last ones come a second time.
        if merged_at and since <= merged_at < before and pull.integer("number") not in seen:
            seen.add(pull.integer("number"))
            yield pull


def _row(api: Client, repository: str, pull: Item) -> Row:
    number, head = pull.integer("number"), pull.text("head.sha")
    approvals = github.approvals(github.listed(api, f"repos/{repository}/pulls/{number}/reviews"))
    whole = github.one(api, f"repos/{repository}/pulls/{number}")
    return (
        f"{repository}#{number}",
        repository,
        pull.text("base.ref"),
        pull.moment("merged_at"),
        pull.maybe_text("user.login"),
        whole.maybe_text("merged_by.login"),
        "; ".join(sorted(approvals)),
        head in approvals.values(),
        _tests_passed(api, repository, head),
        pull.maybe_text("merge_commit_sha"),
        pull.text("title"),
    )


def _tests_passed(api: Client, repository: str, head: str) -> bool | None:
    """Say whether every check run and status of a version is good; None where it had none."""
    runs = github.listed(api, f"repos/{repository}/commits/{head}/check-runs", where="check_runs")
    verdicts = [(run.maybe_text("conclusion") or "") in _GOOD for run in runs]
    status = github.one(api, f"repos/{repository}/commits/{head}/status")
    if status.integer("total_count"):
        verdicts.append(status.text("state") == "success")
    return all(verdicts) if verdicts else None
