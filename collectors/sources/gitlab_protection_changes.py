"""Changes to the protection of branches in a GitLab group: who loosened or tightened what."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import gitlab
from collectors.vendors.gitlab import GitLabSettings
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Changes of branch protection on GitLab",
    asks="Who changed the protection of which branch or the rules of approval in the period, and "
    "how?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.LOG_EXTRACT,
    area=Area.CHANGE,
    columns={
        "event_key": "text",
        "repository": "text",
        "changed": "text",
        "target": "text",
        "value_before": "text",
        "value_after": "text",
        "changed_by": "text",
        "changed_at": "timestamp",
    },
    completeness="Every audit event of every project of the group in the period, archived projects "
    "left out, until there is no next page; of these the ones about protected branches and rules "
    "of approval. A plan of GitLab without audit events refuses the question.",
    permission="Access token of the group with the role Owner and the scope read_api.",
    schedule="35 3 * * *",
    secrets=(*gitlab.SECRETS, "ip_address"),
    time_limit=timedelta(hours=1),
)
Settings = GitLabSettings
_ABOUT = ("protected_branch", "protectedbranch", "approval", "merge_request_approv")


def collect(ask: Ask[GitLabSettings]) -> Answer:
    since, before = ask.bounds
    return Answer(
        rows=_rows(ask),
        source_system=gitlab.system(ask),
        query="GET /projects/{id}/audit_events; of these the ones whose name or target is a "
        "protected branch or a rule of approval",
        parameters={"since": since.isoformat(), "before": before.isoformat()},
    )


def _rows(ask: Ask[GitLabSettings]) -> Iterator[Row]:
    since, before = ask.bounds
    asked = {"created_after": since.isoformat(), "created_before": before.isoformat()}
    with gitlab.opened(ask) as api:
        for done, project in enumerate(gitlab.projects(ask, api)):
            path = project.text("path_with_namespace")
            ask.progress(done, note=path)
            place = f"api/v4/projects/{project.text('id')}/audit_events"
            for event in gitlab.listed(api, place, **asked):
                if since <= event.moment("created_at") < before and _is_about_it(event):
                    yield _row(path, event)


def _is_about_it(event: Item) -> bool:
    told = (
        event.maybe_text("event_name"),
        event.maybe_text("details.event_name"),
        event.maybe_text("details.target_type"),
        event.maybe_text("details.change"),
    )
    words = " ".join(filter(None, told)).lower().replace(" ", "_").replace("::", "_")
    return any(name in words for name in _ABOUT)


def _row(path: str, event: Item) -> Row:
    details = event.part("details")
    changed = (
        event.maybe_text("event_name")
        or details.maybe_text("event_name")
        or details.maybe_text("custom_message")
        or details.maybe_text("change")
    )
    return (
        event.text("id"),
        path,
        changed,
        details.maybe_text("target_details"),
        details.maybe_text("from"),
        details.maybe_text("to"),
        details.maybe_text("author_name"),
        event.moment("created_at"),
    )
