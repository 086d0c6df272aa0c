"""Members of a GitLab group, inherited ones too, with their second factor."""

from collections.abc import Iterator
from datetime import UTC, datetime

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import gitlab
from collectors.vendors.gitlab import GitLabSettings
from collectors.wire.http import Client
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="People of a GitLab group",
    asks="Who belongs to the group, in which role, until when, and who has a second factor?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.ACCESS_CONTROL,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "system_name": "text",
        "account": "text",
        "account_id": "integer",
        "full_name": "text",
        "role": "text",
        "active": "boolean",
        "second_factor": "boolean",
        "enforced": "boolean",
        "ends_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="Every member of the group, direct, inherited and invited, until there is no next "
    "page, as many as GitLab counts. Members of single projects below it are in no such list. Only "
    "administrators of a server of your own are shown who lacks a second factor; with any other "
    "token the run is partial.",
    permission="Access token of an administrator with the scopes read_api and admin_mode.",
    schedule="15 3 * * *",
    secrets=gitlab.SECRETS,
)
Settings = GitLabSettings
_ROLES = {5: "minimal", 10: "guest", 15: "planner", 20: "reporter", 30: "developer"}
_ROLES |= {40: "maintainer", 50: "owner"}


def collect(ask: Ask[GitLabSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=gitlab.system(ask),
        query="GET /groups/{group}/members/all; GET /users?two_factor=disabled where the token is "
        "an administrator's; require_two_factor_authentication of the group",
    )


def _rows(ask: Ask[GitLabSettings]) -> Iterator[Row]:
    with gitlab.opened(ask) as api:
        group = gitlab.one(api, gitlab.place(ask))
        enforced = group.maybe_boolean("require_two_factor_authentication")
        if enforced is None:
            ask.trail.lacks("GitLab does not show us whether a second factor is demanded.")
        without = _without(ask, api)
        for page in gitlab.pages(api, f"{gitlab.place(ask)}/members/all"):
            total = page.page.reply.headers.get("x-total", "")
            ask.trail.source_count = int(total) if total.isdecimal() else None
            for member in page.items:
                level = member.integer("access_level")
                ends = member.maybe_day("expires_at")
                yield (
                    f"GitLab {ask.settings.group}",
                    member.text("username"),
                    member.integer("id"),
                    member.maybe_text("name"),
                    _ROLES.get(level, str(level)),
                    member.text("state") == "active",
                    None if without is None else member.integer("id") not in without,
                    enforced,
                    datetime(ends.year, ends.month, ends.day, tzinfo=UTC) if ends else None,
                    ask.now,
                )


def _without(ask: Ask[GitLabSettings], api: Client) -> set[int] | None:
    """Return who lacks a second factor; None where that is not shown.

    GitLab leaves the filter aside for all but administrators, and would then list everybody.
    """
    if not gitlab.one(api, "api/v4/user").maybe_boolean("is_admin"):
        ask.trail.lacks("GitLab shows second factors only to administrators of the server.")
        return None
    found = gitlab.listed(api, "api/v4/users", two_factor="disabled", order_by="id", sort="asc")
    return {user.integer("id") for user in found}
