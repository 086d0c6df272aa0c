"""Secrets that GitLab's secret detection found in the projects of a group."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import gitlab
from collectors.vendors.gitlab import GitLabSettings
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Secrets found by GitLab",
    asks="Which secrets were found in the code in the period, where, and when was each resolved?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.SCAN_REPORT,
    area=Area.API_SECURITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "finding_id": "text",
        "repository": "text",
        "kind_of_secret": "text",
        "severity": "text",
        "found_at": "timestamp",
        "withdrawn_at": "timestamp",
        "dismissed_at": "timestamp",
        "false_alarm": "boolean",
        "state": "text",
        "gone_from_code": "boolean",
    },
    completeness="The vulnerabilities of every project of the group and the groups below it, "
    "archived ones left out, of every state, until there is no next page; of these what secret "
    "detection found within the period. It does not tell whether a project runs secret detection: "
    "enforce that by a policy of the group. A plan of GitLab below Ultimate refuses the question.",
    permission="Access token of the group with the role Developer and the scope read_api.",
    schedule="45 3 * * *",
    secrets=(*gitlab.SECRETS, "finding", "description", "raw_metadata"),
    time_limit=timedelta(hours=1),
)
Settings = GitLabSettings


def collect(ask: Ask[GitLabSettings]) -> Answer:
    since, before = ask.bounds
    return Answer(
        rows=_rows(ask),
        source_system=gitlab.system(ask),
        query="GET /projects/{id}/vulnerabilities of report_type secret_detection, by creation; "
        "withdrawn: when it was resolved; false_alarm: unknown of one that was dismissed, because "
        "this interface gives no reason",
        parameters={"since": since.isoformat(), "before": before.isoformat()},
    )


def _rows(ask: Ask[GitLabSettings]) -> Iterator[Row]:
    since, before = ask.bounds
    with gitlab.opened(ask) as api:
        for done, project in enumerate(gitlab.projects(ask, api)):
            path = project.text("path_with_namespace")
            ask.progress(done, note=path)
            place = f"api/v4/projects/{project.text('id')}/vulnerabilities"
            for found in gitlab.listed(api, place):
                is_secret = found.text("report_type") == "secret_detection"
                if is_secret and since <= found.moment("created_at") < before:
                    yield _row(path, found)


def _row(path: str, found: Item) -> Row:
    state = found.text("state")
    return (
        f"{path}#{found.text('id')}",
        path,
        found.text("title"),
        found.text("severity"),
        found.moment("created_at"),
        found.maybe_moment("resolved_at") if state == "resolved" else None,
        found.maybe_moment("dismissed_at"),
        None if state == "dismissed" else False,
        state,
        found.maybe_boolean("resolved_on_default_branch"),
    )
