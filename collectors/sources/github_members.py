"""Members and outside collaborators of a GitHub organisation with their second factor."""

from collections.abc import Iterator

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import github
from collectors.vendors.github import GitHubSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="People of a GitHub organisation",
    asks="Who belongs to the organisation or works in it from outside, in which role, and who has "
    "a second factor?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.ACCESS_CONTROL,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "system_name": "text",
        "account": "text",
        "account_id": "integer",
        "role": "text",
        "active": "boolean",
        "second_factor": "boolean",
        "enforced": "boolean",
        "collected_at": "timestamp",
    },
    completeness="Owners, members and outside collaborators, each list until there is no next "
    "page; the list of those without a second factor is refused to all but owners, and the run "
    "with it.",
    permission="Token of an owner, or app, with read access to members and administration of the "
    "organisation: only owners are shown who lacks a second factor.",
    schedule="10 3 * * *",
    secrets=github.SECRETS,
)
Settings = GitHubSettings


def collect(ask: Ask[GitHubSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=github.system(ask),
        query="GET /orgs/{org}/members by role and /orgs/{org}/outside_collaborators; both again "
        "with filter=2fa_disabled; two_factor_requirement_enabled of /orgs/{org}",
        parameters=github.scope(ask),
    )


def _rows(ask: Ask[GitHubSettings]) -> Iterator[Row]:
    organisation = f"orgs/{ask.settings.organisation}"
    members, outside = f"{organisation}/members", f"{organisation}/outside_collaborators"
    with github.opened(ask) as api:
        enforced = github.one(api, organisation).maybe_boolean("two_factor_requirement_enabled")
        if enforced is None:
            ask.trail.lacks("GitHub does not show us whether a second factor is demanded.")
        without = {
            person.integer("id")
            for place in (members, outside)
            for person in github.listed(api, place, filter="2fa_disabled")
        }
        lists = {
            "owner": github.listed(api, members, role="admin"),
            "member": github.listed(api, members, role="member"),
            "outside collaborator": github.listed(api, outside),
        }
        for role, people in lists.items():
            ask.progress(0, note=role)
            for person in people:
                yield (
                    f"GitHub {ask.settings.organisation}",
                    person.text("login"),
                    person.integer("id"),
                    role,
                    True,
                    person.integer("id") not in without,
                    enforced,
                    ask.now,
                )
