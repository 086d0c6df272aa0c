"""Alerts of GitHub's secret scanning: where a secret was found, and what became of it."""

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
    title="Secrets found by GitHub",
    asks="Which secrets were found in the code in the period, where, and when was each withdrawn?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.SCAN_REPORT,
    area=Area.API_SECURITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "finding_id": "text",
        "repository": "text",
        "kind_of_secret": "text",
        "found_at": "timestamp",
        "withdrawn_at": "timestamp",
        "false_alarm": "boolean",
        "state": "text",
        "resolution": "text",
        "resolved_at": "timestamp",
        "resolved_by": "text",
        "still_works": "text",
        "guard_bypassed": "boolean",
    },
    completeness="Every alert of the organisation by creation, open and resolved, until there is "
    "no next page. A repository in scope that is not scanned, or whose scanning is not shown to "
    "us, is named as missing. The secrets themselves are dropped.",
    permission="Token of a security manager or owner, or app, with read access to metadata, "
    "secret scanning alerts and administration of the repositories in scope.",
    schedule="40 3 * * *",
    secrets=(*github.SECRETS, "secret"),
    time_limit=timedelta(hours=1),
)
Settings = GitHubSettings
_WRONG = {"false_positive", "pattern_edited", "pattern_deleted"}


def collect(ask: Ask[GitHubSettings]) -> Answer:
    since, before = ask.bounds
    days = {"since": since.isoformat(), "before": before.isoformat()}
    return Answer(
        rows=_rows(ask),
        source_system=github.system(ask),
        query="GET /orgs/{org}/secret-scanning/alerts of the repositories in scope, created within "
        "the period; withdrawn: resolved as revoked; false alarm: resolved as one, or because its "
        "pattern changed; a secret that was used in tests or is left as it is counts as neither",
        parameters={**github.scope(ask), **days},
    )


def _rows(ask: Ask[GitHubSettings]) -> Iterator[Row]:
    since, before = ask.bounds
    place = f"orgs/{ask.settings.organisation}/secret-scanning/alerts"
    with github.opened(ask) as api:
        searched = _searched(ask, api)
        for alert in github.listed(api, place, sort="created", direction="asc"):
            known = alert.text("repository.full_name") in searched
            if known and since <= alert.moment("created_at") < before:
                yield _row(alert)


def _searched(ask: Ask[GitHubSettings], api: Client) -> set[str]:
    """Return the repositories in scope; name those in which nothing is searched for."""
    found = set()
    for done, repository in enumerate(github.repositories(ask, api)):
        name = repository.text("full_name")
        ask.progress(done, note=name)
        found.add(name)
        told = repository.part("security_and_analysis")
        if not told.content or told.value("secret_scanning") is None:
            ask.trail.lacks(f"GitHub does not show us whether {name} is searched for secrets.")
        elif told.text("secret_scanning.status") != "enabled":
            ask.trail.lacks(f"{name} is not searched for secrets.")
    return found


def _row(alert: Item) -> Row:
    repository, resolution = alert.text("repository.full_name"), alert.maybe_text("resolution")
    resolver = alert.part("resolved_by")
    return (
        f"{repository}#{alert.text('number')}",
        repository,
        alert.maybe_text("secret_type_display_name") or alert.text("secret_type"),
        alert.moment("created_at"),
        alert.moment("resolved_at") if resolution == "revoked" else None,
        resolution in _WRONG,
        alert.text("state"),
        resolution,
        alert.maybe_moment("resolved_at"),
        resolver.maybe_text("login") if resolver.content else None,
        alert.maybe_text("validity"),
        alert.maybe_boolean("push_protection_bypassed"),
    )
