"""Merge requests that were merged in a GitLab group, with approvals and pipelines."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import gitlab
from collectors.vendors.gitlab import GitLabSettings
from collectors.wire.fields import Item
from collectors.wire.http import Client
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Merged merge requests on GitLab",
    asks="Which merge requests were merged in the period, who approved them, and did their "
    "pipeline pass on the version that was merged?",
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
    completeness="Every merged request of the group and the groups below it that was touched since "
    "the period began, oldest first until there is no next page, and of them those merged within "
    "it; as many as GitLab counts, less those merged at another time. GitLab tells no count beyond "
    "10,000.",
    permission="Access token of the group with the role Reporter and the scope read_api.",
    schedule="55 2 * * *",
    secrets=gitlab.SECRETS,
    time_limit=timedelta(hours=2),
)
Settings = GitLabSettings


def collect(ask: Ask[GitLabSettings]) -> Answer:
    since, before = ask.bounds
    return Answer(
        rows=_rows(ask),
        source_system=gitlab.system(ask),
        query="GET /groups/{group}/merge_requests?state=merged, merged within the period; of each "
        "the request itself, its approvals, and its versions; approved_last_version: somebody "
        "approved after the newest version came",
        parameters={"since": since.isoformat(), "before": before.isoformat()},
    )


def _rows(ask: Ask[GitLabSettings]) -> Iterator[Row]:
    since, before = ask.bounds
    asked = {"state": "merged", "scope": "all", "order_by": "created_at", "sort": "asc"}
    asked["updated_after"] = since.isoformat()
    left_out = 0
    with gitlab.opened(ask) as api:
        for page in gitlab.pages(api, f"{gitlab.place(ask)}/merge_requests", **asked):
            for request in page.items:
                if since <= request.moment("merged_at") < before:
                    yield _row(api, request)
                else:
                    left_out += 1
            total = page.page.reply.headers.get("x-total", "")
            ask.trail.source_count = int(total) - left_out if total.isdecimal() else None


def _row(api: Client, request: Item) -> Row:
    project, number = request.text("project_id"), request.text("iid")
    place = f"api/v4/projects/{project}/merge_requests/{number}"
    whole = gitlab.one(api, place)
    newest = max((each.moment("created_at") for each in _versions(api, place)), default=None)
    approvals = list(gitlab.one(api, f"{place}/approvals").members("approved_by"))
    pipeline = whole.value("head_pipeline")
    return (
        request.text("references.full"),
        request.text("references.full").rpartition("!")[0],
        request.text("target_branch"),
        request.moment("merged_at"),
        request.maybe_text("author.username"),
        whole.maybe_text("merge_user.username"),
        "; ".join(sorted(each.text("user.username") for each in approvals)),
        _saw_last(approvals, newest),
        whole.text("head_pipeline.status") == "success" if pipeline else None,
        whole.maybe_text("merge_commit_sha") or whole.maybe_text("squash_commit_sha"),
        request.text("title"),
    )


def _versions(api: Client, place: str) -> Iterator[Item]:
    return gitlab.listed(api, f"{place}/versions")


def _saw_last(approvals: list[Item], newest: datetime | None) -> bool | None:
    """Say whether somebody approved the newest version; None where GitLab tells no time."""
    times = [each.maybe_moment("approved_at") for each in approvals]
    if newest is None or (times and None in times):
        return None
    return any(time >= newest for time in times if time)
