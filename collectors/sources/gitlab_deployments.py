"""Deployments of the projects of a GitLab group: what went where, by whom, and how it ended."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import gitlab
from collectors.vendors.gitlab import GitLabSettings
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Deployments on GitLab",
    asks="Which versions were deployed to which environments in the period, by whom, and how did "
    "each deployment end?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.CHANGE,
    columns={
        "deployment_id": "text",
        "repository": "text",
        "environment": "text",
        "branch": "text",
        "commit_id": "text",
        "deployed_by": "text",
        "started_at": "timestamp",
        "ended_at": "timestamp",
        "outcome": "text",
    },
    completeness="Of every project of the group and the groups below it, archived ones left out, "
    "each deployment that was touched since the period began, until there is no next page; of "
    "these the ones that were begun within it.",
    permission="Access token of the group with the role Reporter and the scope read_api.",
    schedule="5 3 * * *",
    secrets=gitlab.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = GitLabSettings


def collect(ask: Ask[GitLabSettings]) -> Answer:
    since, before = ask.bounds
    return Answer(
        rows=_rows(ask),
        source_system=gitlab.system(ask),
        query="GET /projects/{id}/deployments by updated_at, all states and environments; ended: "
        "the end of its job; outcome: its status",
        parameters={"since": since.isoformat(), "before": before.isoformat()},
    )


def _rows(ask: Ask[GitLabSettings]) -> Iterator[Row]:
    since, before = ask.bounds
    asked = {"updated_after": since.isoformat(), "order_by": "updated_at", "sort": "asc"}
    with gitlab.opened(ask) as api:
        for done, project in enumerate(gitlab.projects(ask, api)):
            path = project.text("path_with_namespace")
            ask.progress(done, note=path)
            place = f"api/v4/projects/{project.text('id')}/deployments"
            for deployment in gitlab.listed(api, place, **asked):
                if since <= deployment.moment("created_at") < before:
                    yield _row(path, deployment)


def _row(path: str, deployment: Item) -> Row:
    job = deployment.value("deployable")
    return (
        deployment.text("id"),
        path,
        deployment.text("environment.name"),
        deployment.text("ref"),
        deployment.text("sha"),
        deployment.maybe_text("user.username"),
        deployment.moment("created_at"),
        deployment.maybe_moment("deployable.finished_at") if job else None,
        deployment.text("status"),
    )
