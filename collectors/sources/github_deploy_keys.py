"""Deploy keys of the repositories of a GitHub organisation with their age."""

from collections.abc import Iterator
from datetime import timedelta

from pydantic import Field

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import github
from collectors.vendors.github import GitHubSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Deploy keys on GitHub",
    asks="Which keys of machines open which repositories, who added them, how old are they, and "
    "may they write?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.API_SECURITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "key_name": "text",
        "repository": "text",
        "owner": "text",
        "rotated_at": "timestamp",
        "lifetime_days": "integer",
        "read_only": "boolean",
        "verified": "boolean",
        "last_used_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="The keys of every repository in scope, archived ones too, each list until there "
    "is no next page. A key cannot be renewed in place, so its creation is its last rotation.",
    permission="Fine-grained token or app with read access to metadata and administration of the "
    "repositories in scope.",
    schedule="20 3 * * *",
    secrets=(*github.SECRETS, "key"),
    time_limit=timedelta(hours=1),
)


class Settings(GitHubSettings):
    lifetime_days: int = Field(
        default=365,
        title="Lifetime",
        description="Days after which your policy wants a deploy key replaced.",
        ge=1,
        le=3650,
    )


def collect(ask: Ask[Settings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=github.system(ask),
        query="GET /repos/{repo}/keys for every repository in scope",
        parameters={**github.scope(ask), "lifetime_days": ask.settings.lifetime_days},
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    with github.opened(ask) as api:
        for done, repository in enumerate(github.repositories(ask, api)):
            name = repository.text("full_name")
            ask.progress(done, note=name)
            for key in github.listed(api, f"repos/{name}/keys"):
                yield (
                    f"{name}: {key.text('title')} ({key.text('id')})",
                    name,
                    key.maybe_text("added_by"),
                    key.moment("created_at"),
                    ask.settings.lifetime_days,
                    key.boolean("read_only"),
                    key.maybe_boolean("verified"),
                    key.maybe_moment("last_used"),
                    ask.now,
                )
