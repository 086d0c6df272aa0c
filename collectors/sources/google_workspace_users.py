"""Accounts of a Google Workspace with their second step, by the Admin SDK."""

from collections.abc import Iterator
from datetime import UTC, datetime

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import google
from collectors.vendors.google import GoogleSettings
from collectors.wire import paging
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Accounts in Google Workspace",
    asks="Which accounts exist, which may sign in, when did they last, who administers, and who "
    "uses or must use a second step?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.ACCESS_CONTROL,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "system_name": "text",
        "account": "text",
        "account_id": "text",
        "full_name": "text",
        "unit": "text",
        "active": "boolean",
        "second_factor": "boolean",
        "enforced": "boolean",
        "administrator": "boolean",
        "created_at": "timestamp",
        "last_sign_in": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="Every user of the customer, suspended and archived ones too, until Google gives "
    "no page token. Users that were deleted are in no list.",
    permission="Service account with domain-wide delegation of the one scope "
    "admin.directory.user.readonly, acting for an administrator who may read users.",
    schedule="35 4 * * *",
    secrets=google.SECRETS,
)
Settings = GoogleSettings
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def collect(ask: Ask[GoogleSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=f"Google Workspace customer {ask.settings.customer}",
        query="GET /admin/directory/v1/users of the customer, without any filter; administrator: "
        "super administrators and delegated ones",
        parameters={"customer": ask.settings.customer},
    )


def _rows(ask: Ask[GoogleSettings]) -> Iterator[Row]:
    asked = {"customer": ask.settings.customer, "maxResults": "500", "orderBy": "email"}
    with google.opened(ask) as api:
        for page in paging.pages(
            api,
            "admin/directory/v1/users",
            params=asked,
            where="users",
            may_lack=True,
            turn=paging.by_cursor("nextPageToken", sends="pageToken"),
        ):
            page.whole.text("kind")
            for user in page.items:
                last = user.maybe_moment("lastLoginTime")
                yield (
                    f"Google Workspace {ask.settings.customer}",
                    user.text("primaryEmail"),
                    user.text("id"),
                    user.maybe_text("name.fullName") if user.value("name") else None,
                    user.maybe_text("orgUnitPath"),
                    not (user.boolean("suspended") or user.maybe_boolean("archived")),
                    user.boolean("isEnrolledIn2Sv"),
                    user.boolean("isEnforcedIn2Sv"),
                    user.boolean("isAdmin") or bool(user.maybe_boolean("isDelegatedAdmin")),
                    user.maybe_moment("creationTime"),
                    None if last == _NEVER else last,
                    ask.now,
                )
