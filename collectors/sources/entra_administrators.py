"""Who holds which directory role of an Entra ID tenant, directly or for a time."""

from collections.abc import Iterator

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import entra
from collectors.vendors.entra import EntraSettings
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Directory roles in Entra ID",
    asks="Which people, groups and apps hold a directory role, in which scope, and who has no "
    "second factor?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.ACCESS_CONTROL,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "system_name": "text",
        "account": "text",
        "account_id": "text",
        "account_type": "text",
        "role_name": "text",
        "scope": "text",
        "active": "boolean",
        "second_factor": "boolean",
        "collected_at": "timestamp",
    },
    completeness="Every assignment of every directory role until Graph names no next page, held by "
    "people, groups or apps. Roles that somebody may take but has not taken are no assignments.",
    permission="App permissions RoleManagement.Read.Directory, User.Read.All and "
    "AuditLog.Read.All, consented by an administrator.",
    schedule="25 4 * * *",
    secrets=entra.SECRETS,
)
Settings = EntraSettings


def collect(ask: Ask[EntraSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=entra.system(ask),
        query="GET /roleManagement/directory/roleDefinitions and /roleAssignments with their "
        "principals; second_factor: isMfaCapable of the registration report, for people",
    )


def _rows(ask: Ask[EntraSettings]) -> Iterator[Row]:
    roles = "roleManagement/directory"
    with entra.opened(ask) as api:
        named = {
            role.text("id"): role.text("displayName")
            for role in entra.listed(api, f"{roles}/roleDefinitions")
        }
        report = entra.listed(api, "reports/authenticationMethods/userRegistrationDetails")
        capable = {each.text("id"): each.boolean("isMfaCapable") for each in report}
        for held in entra.listed(api, f"{roles}/roleAssignments", **{"$expand": "principal"}):
            holder = held.part("principal")
            role = held.text("roleDefinitionId")
            yield (
                entra.system(ask),
                _name(holder) if holder.content else held.text("principalId"),
                held.text("principalId"),
                _kind(holder) if holder.content else "deleted",
                named.get(role, role),
                held.text("directoryScopeId"),
                holder.maybe_boolean("accountEnabled") if holder.content else False,
                capable.get(held.text("principalId")),
                ask.now,
            )


def _name(holder: Item) -> str | None:
    return holder.maybe_text("userPrincipalName") or holder.maybe_text("displayName")


def _kind(holder: Item) -> str:
    """Say whether a role is held by a person, a group or an app; the field's name has a dot."""
    content = holder.content
    told = content.get("@odata.type") if isinstance(content, dict) else None
    kinds = {"#microsoft.graph.user": "person", "#microsoft.graph.group": "group"}
    return kinds.get(str(told), "app")
