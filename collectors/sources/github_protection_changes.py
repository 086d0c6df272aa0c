"""Changes to the protection of branches on GitHub: who loosened or tightened what."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import github
from collectors.vendors.github import GitHubSettings
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Changes of branch protection on GitHub",
    asks="Who changed the protection of which branch or a ruleset in the period, and how?",
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
    completeness="Every event of the audit log in the categories protected_branch, "
    "repository_branch_protection_evaluation and repository_ruleset in the period, each list until "
    "there is no next page. GitHub keeps 180 days, and refuses the question on plans below "
    "Enterprise Cloud.",
    permission="Token of an owner with the scope read:audit_log, or app with read access to "
    "administration of the organisation.",
    schedule="45 3 * * *",
    secrets=(*github.SECRETS, "hashed_token", "actor_ip", "user_agent"),
)
Settings = GitHubSettings
_ABOUT = ("protected_branch", "repository_branch_protection_evaluation", "repository_ruleset")
_COMMON = {"action", "actor", "created_at", "name", "operation_type", "org", "repo", "request_id"}
_COMMON |= {*COLLECTOR.secrets}
_NOTHING: tuple[object, ...] = (None, [], "")


def collect(ask: Ask[GitHubSettings]) -> Answer:
    since, before = ask.bounds
    days = {"since": since.isoformat(), "before": before.isoformat()}
    return Answer(
        rows=_rows(ask),
        source_system=github.system(ask),
        query="GET /orgs/{org}/audit-log by category and day, of the repositories in scope; "
        "before: what an event calls old; after: all else that it says of the rules",
        parameters={**github.scope(ask), **days},
    )


def _rows(ask: Ask[GitHubSettings]) -> Iterator[Row]:
    since, before = ask.bounds
    chosen = ask.settings
    named = {f"{chosen.organisation}/{name}".lower() for name in chosen.repositories}
    # The log is asked for whole days of UTC, so what lies outside of the period is left out here.
    days = f"created:{since:%Y-%m-%d}..{before:%Y-%m-%d}"
    with github.opened(ask) as api:
        for category in _ABOUT:
            place, asked = f"orgs/{chosen.organisation}/audit-log", f"action:{category} {days}"
            for event in github.listed(api, place, phrase=asked, include="all", order="asc"):
                repository = event.maybe_text("repo")
                # A ruleset of the organisation names no repository, and is in every scope.
                is_ours = not named or repository is None or repository.lower() in named
                if is_ours and since <= _at(event) < before:
                    yield _row(event, repository)


def _at(event: Item) -> datetime:
    """Return the time of an event, which is told in milliseconds since 1970."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=event.integer("created_at"))


def _row(event: Item, repository: str | None) -> Row:
    before: list[str] = []
    after: list[str] = []
    members = event.content if isinstance(event.content, dict) else {}
    for name, value in sorted(members.items()):
        if not (name in _COMMON or name[0] in "@_" or name.endswith("_id") or value in _NOTHING):
            was = "_old_" in name or name.endswith("_was")
            (before if was else after).append(f"{name}: {value}")
    return (
        event.text("_document_id"),
        repository,
        event.text("action"),
        event.maybe_text("name") or event.maybe_text("ruleset_name"),
        "; ".join(before) or None,
        "; ".join(after) or None,
        event.maybe_text("actor"),
        _at(event),
    )
