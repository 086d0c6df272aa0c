"""Administrators of an Okta organisation with their roles and second factors."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import okta
from collectors.vendors.okta import OktaSettings
from collectors.wire import paging
from collectors.wire.fields import Item
from collectors.wire.http import Client
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Administrators of Okta",
    asks="Who may administer the organisation, by which roles, with which second factors, and is a "
    "second factor demanded of everybody?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.ACCESS_CONTROL,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "system_name": "text",
        "account": "text",
        "account_id": "text",
        "roles": "text",
        "active": "boolean",
        "second_factor": "boolean",
        "factors": "text",
        "enforced": "boolean",
        "last_sign_in": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="Okta's own list of all who hold a role, by themselves or through a group, until "
    "it names no next page.",
    permission="API token of an account that may read users, factors, roles and policies "
    "(okta.users.read, okta.factors.read, okta.roles.read, okta.policies.read).",
    schedule="40 3 * * *",
    secrets=okta.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = OktaSettings


def collect(ask: Ask[OktaSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=okta.system(ask),
        query="GET /api/v1/iam/assignees/users; for each GET /api/v1/users/{id}, its /roles and "
        "/factors; enforced: every active policy of GET /api/v1/policies?type=MFA_ENROLL demands "
        "an authenticator other than the password",
        parameters={"limit": 100},
    )


def _rows(ask: Ask[OktaSettings]) -> Iterator[Row]:
    with okta.opened(ask) as api:
        enforced = _is_enforced(api)
        holders = paging.items(
            api,
            "api/v1/iam/assignees/users",
            params={"limit": "100"},
            where="value",
            turn=paging.by_address("_links.next.href"),
        )
        for holder in holders:
            page = api.get_page(f"api/v1/users/{holder.text('id')}")
            user = Item(page.content, page.reply.asked)
            roles = okta.listed(api, f"api/v1/users/{holder.text('id')}/roles")
            kinds = okta.factors(api, holder.text("id"))
            yield (
                okta.system(ask),
                user.text("profile.login"),
                user.text("id"),
                "; ".join(sorted(role.maybe_text("label") or role.text("type") for role in roles)),
                user.text("status") not in {"SUSPENDED", "DEPROVISIONED"},
                okta.is_enough(kinds),
                "; ".join(kinds),
                enforced,
                user.maybe_moment("lastLogin"),
                ask.now,
            )


def _is_enforced(api: Client) -> bool:
    policies = list(okta.listed(api, "api/v1/policies", type="MFA_ENROLL"))
    active = [policy for policy in policies if policy.text("status") == "ACTIVE"]
    return bool(active) and all(_demands_more(policy) for policy in active)


def _demands_more(policy: Item) -> bool:
    """Say whether a policy demands an authenticator beside the password."""
    return any(
        each.maybe_text("enroll.self") == "REQUIRED"
        and each.text("key") not in {"okta_password", "security_question", "okta_email"}
        for each in policy.part("settings").parts("authenticators")
    )
