"""Personal tokens and installed apps that reach into a GitHub organisation, with their rights."""

from collections.abc import Iterator

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import github
from collectors.vendors.github import GitHubSettings
from collectors.wire import paging
from collectors.wire.fields import Item
from collectors.wire.http import Client
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Tokens and apps on GitHub",
    asks="Which personal tokens and which apps reach into the organisation, whose are they, what "
    "may they do, and when do they end?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.API_SECURITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "key_name": "text",
        "repository": "text",
        "kind_of_key": "text",
        "owner": "text",
        "scopes": "text",
        "read_only": "boolean",
        "active": "boolean",
        "rotated_at": "timestamp",
        "expires_at": "timestamp",
        "last_used_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="Every fine-grained personal token that was let in, and every installed app, each "
    "list until there is no next page; as many apps as GitHub counts itself. Classic tokens are "
    "in no list of the API: forbid them in the organisation, as its settings allow.",
    permission="GitHub App with read access to personal access tokens and administration of the "
    "organisation: the list of tokens is open to apps only.",
    schedule="35 3 * * *",
    secrets=(*github.SECRETS, "hashed_token"),
)
Settings = GitHubSettings


def collect(ask: Ask[GitHubSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=github.system(ask),
        query="GET /orgs/{org}/personal-access-tokens and /orgs/{org}/installations; rotated: when "
        "the token was let in, when the app was installed; an app has no end and no last use; "
        "repository: all, or selected ones",
        parameters={"api_version": github.VERSION, "organisation": ask.settings.organisation},
    )


def _rows(ask: Ask[GitHubSettings]) -> Iterator[Row]:
    place, seen = f"orgs/{ask.settings.organisation}", 0
    with github.opened(ask) as api:
        for token in github.listed(api, f"{place}/personal-access-tokens"):
            seen += 1
            yield _token(ask, token)
        ask.progress(seen, note="apps")
        for page in _installed(api, f"{place}/installations"):
            ask.trail.source_count = seen + page.whole.integer("total_count")
            for app in page.items:
                yield _app(ask, app)


def _installed(api: Client, place: str) -> Iterator[paging.Listed]:
    return paging.pages(
        api,
        place,
        params={"per_page": "100"},
        where="installations",
        turn=paging.by_link(),
        accept=github.ACCEPT,
    )


def _token(ask: Ask[GitHubSettings], token: Item) -> Row:
    name = token.maybe_text("token_name") or f"token {token.text('id')}"
    groups = [token.part(f"permissions.{each}") for each in ("organization", "repository", "other")]
    rights = [right for group in groups if group.content for right in _rights(group)]
    return (
        f"{token.text('owner.login')}: {name}",
        token.text("repository_selection"),
        "personal token",
        token.text("owner.login"),
        "; ".join(sorted(rights)),
        _only_reads(rights),
        not token.boolean("token_expired"),
        token.moment("access_granted_at"),
        token.maybe_moment("token_expires_at"),
        token.maybe_moment("token_last_used_at"),
        ask.now,
    )


def _app(ask: Ask[GitHubSettings], app: Item) -> Row:
    rights = _rights(app.part("permissions"))
    dated = (app.moment("created_at"), None, None, ask.now)
    name, reach = app.text("app_slug"), app.text("repository_selection")
    active = app.maybe_moment("suspended_at") is None
    scopes = "; ".join(sorted(rights))
    return (name, reach, "app", None, scopes, _only_reads(rights), active, *dated)


def _rights(granted: Item) -> list[str]:
    names = granted.content if isinstance(granted.content, dict) else {}
    return [f"{name}:{granted.text(name)}" for name in names]


def _only_reads(rights: list[str]) -> bool:
    return all(right.endswith(":read") for right in rights)
