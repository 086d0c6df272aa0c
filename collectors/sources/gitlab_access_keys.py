"""Access tokens, deploy tokens and deploy keys of a GitLab group and its projects."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import gitlab
from collectors.vendors.gitlab import GitLabSettings
from collectors.wire.fields import Item
from collectors.wire.http import Client
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Access tokens and deploy keys on GitLab",
    asks="Which tokens and keys of machines open the group and its projects, what may they do, how "
    "old are they, and when do they end?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.API_SECURITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "key_name": "text",
        "repository": "text",
        "kind_of_key": "text",
        "scopes": "text",
        "read_only": "boolean",
        "active": "boolean",
        "rotated_at": "timestamp",
        "expires_at": "timestamp",
        "last_used_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="The access tokens and deploy tokens of the group, and those and the deploy keys "
    "of every project below it, archived ones left out, each list until there is no next page. "
    "Personal tokens of people are not among them: only they and administrators see these.",
    permission="Access token of the group with the role Owner and the scope read_api.",
    schedule="25 3 * * *",
    secrets=(*gitlab.SECRETS, "key", "fingerprint", "fingerprint_sha256"),
    time_limit=timedelta(hours=1),
)
Settings = GitLabSettings
_KINDS = {"access_tokens": "access token", "deploy_tokens": "deploy token"}
_KINDS |= {"deploy_keys": "deploy key"}


def collect(ask: Ask[GitLabSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=gitlab.system(ask),
        query="GET access_tokens and deploy_tokens of the group and of each project, deploy_keys "
        "of each project; read_only: no scope writes, and a key may not push; GitLab tells no age "
        "of a deploy token",
    )


def _rows(ask: Ask[GitLabSettings]) -> Iterator[Row]:
    with gitlab.opened(ask) as api:
        for kind in ("access_tokens", "deploy_tokens"):
            yield from _keys(ask, api, gitlab.place(ask), ask.settings.group, kind)
        for done, project in enumerate(gitlab.projects(ask, api)):
            path = project.text("path_with_namespace")
            ask.progress(done, note=path)
            for kind in _KINDS:
                yield from _keys(ask, api, f"api/v4/projects/{project.text('id')}", path, kind)


def _keys(ask: Ask[GitLabSettings], api: Client, place: str, path: str, kind: str) -> Iterator[Row]:
    for key in gitlab.listed(api, f"{place}/{kind}"):
        is_key = kind == "deploy_keys"
        expires = key.maybe_moment("expires_at")
        yield (
            f"{path}: {key.text('title' if is_key else 'name')} ({key.text('id')})",
            path,
            _KINDS[kind],
            None if is_key else " ".join(sorted(key.texts("scopes"))),
            not key.boolean("can_push") if is_key else _only_reads(key),
            (expires is None or expires > ask.now) if is_key else not key.boolean("revoked"),
            None if kind == "deploy_tokens" else key.moment("created_at"),
            expires,
            key.maybe_moment("last_used_at"),
            ask.now,
        )


def _only_reads(key: Item) -> bool:
    return all(scope.startswith("read_") for scope in key.texts("scopes"))
