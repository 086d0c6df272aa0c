"""Accounts of an Entra ID tenant with the sign-in methods that they have registered."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import entra
from collectors.vendors.entra import EntraSettings
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Accounts in Entra ID",
    asks="Which accounts exist, guests too, which may sign in, when did they last, and which "
    "second factors do they have?",
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
        "second_factor": "boolean",
        "factors": "text",
        "administrator": "boolean",
        "created_at": "timestamp",
        "last_sign_in": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="Every user of the tenant, disabled ones and guests too, until Graph names no "
    "next page. An account that the registration report does not know yet has no second factor "
    "in it, which is shown as unknown; deleted accounts are in no list.",
    permission="App permissions User.Read.All and AuditLog.Read.All, which an administrator "
    "allows.",
    schedule="20 4 * * *",
    secrets=entra.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = EntraSettings
_FIELDS = (
    "id,userPrincipalName,displayName,employeeId,userType,accountEnabled,createdDateTime,"
    "signInActivity"
)
# A mailbox and a question that others may know are none, and no second factor is a password.
_WEAK = {"email", "securityQuestion", "password"}


def collect(ask: Ask[EntraSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=entra.system(ask),
        query="GET /users with the fields named; GET /reports/authenticationMethods/"
        "userRegistrationDetails; joined by id; weak methods: " + ", ".join(sorted(_WEAK)),
        parameters={"$select": _FIELDS},
    )


def _rows(ask: Ask[EntraSettings]) -> Iterator[Row]:
    with entra.opened(ask) as api:
        report = "reports/authenticationMethods/userRegistrationDetails"
        known = {each.text("id"): _registered(each) for each in entra.listed(api, report)}
        for user in entra.listed(api, "users", **{"$select": _FIELDS, "$top": "999"}):
            methods, administrator = known.get(user.text("id"), (None, None))
            activity = user.value("signInActivity")
            yield (
                entra.system(ask),
                user.text("userPrincipalName"),
                user.text("id"),
                user.maybe_text("displayName"),
                user.maybe_text("employeeId"),
                (user.maybe_text("userType") or "Member").lower(),
                user.boolean("accountEnabled"),
                None if methods is None else any(each not in _WEAK for each in methods),
                None if methods is None else "; ".join(methods),
                administrator,
                user.maybe_moment("createdDateTime"),
                user.maybe_moment("signInActivity.lastSignInDateTime") if activity else None,
                ask.now,
            )


def _registered(told: Item) -> tuple[tuple[str, ...], bool]:
    return tuple(sorted(told.texts("methodsRegistered"))), told.boolean("isAdmin")
