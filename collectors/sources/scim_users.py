"""Accounts of any system that speaks SCIM 2.0 (RFC 7644)."""

from collections.abc import Iterator
from datetime import timedelta

from pydantic import Field, HttpUrl, SecretStr

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.wire import paging
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Accounts over SCIM 2.0",
    asks="Which accounts does the system hold, whose are they, and which may sign in?",
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
        "person_id": "text",
        "account_type": "text",
        "active": "boolean",
        "roles": "text",
        "created_at": "timestamp",
        "changed_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="Every resource of /Users without any filter, inactive ones too, from the first "
    "to an empty page; as many rows as totalResults counts.",
    permission="A token that may read users (often the scope scim:read or users:read).",
    schedule="0 4 * * *",
    secrets=("password", "x509Certificates"),
    time_limit=timedelta(minutes=30),
)
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_PER_PAGE = "100"


class Settings(SourceSettings):
    url: HttpUrl = Field(
        title="Address",
        description="Base address of the SCIM service: https://example.com/scim/v2.",
    )
    token: SecretStr = Field(title="Token", description="Bearer token that may read users.")
    system_name: str = Field(
        default="",
        title="System",
        description="Name of the system as lists shall show it. Empty: its host.",
        max_length=100,
    )


def collect(ask: Ask[Settings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=f"SCIM at {ask.settings.url.host}",
        query="GET /Users from startIndex 1, without any filter",
        parameters={"count": _PER_PAGE},
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    name = ask.settings.system_name or f"SCIM {ask.settings.url.host}"
    headers = {"Authorization": f"Bearer {ask.settings.token.get_secret_value()}"}
    with ask.http(str(ask.settings.url), headers=headers) as api:
        for page in paging.pages(
            api,
            "Users",
            params={"startIndex": "1", "count": _PER_PAGE},
            where="Resources",
            may_lack=True,
            turn=paging.by_offset(sends="startIndex"),
            accept="application/scim+json, application/json",
        ):
            ask.trail.source_count = page.whole.integer("totalResults")
            for user in page.items:
                yield (name, *_row(user), ask.now)


def _row(user: Item) -> Row:
    person = user.value("name")
    roles = [each.maybe_text("display") or each.maybe_text("value") for each in user.parts("roles")]
    return (
        user.text("userName"),
        user.text("id"),
        user.maybe_text("displayName") or (user.maybe_text("name.formatted") if person else None),
        _enterprise(user).maybe_text("employeeNumber") if _ENTERPRISE in _names(user) else None,
        user.maybe_text("userType"),
        user.boolean("active"),
        "; ".join(sorted(role for role in roles if role)) or None,
        user.maybe_moment("meta.created") if user.value("meta") else None,
        user.maybe_moment("meta.lastModified") if user.value("meta") else None,
    )


def _names(user: Item) -> set[str]:
    return set(user.content) if isinstance(user.content, dict) else set()


def _enterprise(user: Item) -> Item:
    """The name of the extension has dots, which are no path."""
    content = user.content
    return Item(content[_ENTERPRISE] if isinstance(content, dict) else None, user.asked)
