"""Users and roles of AWS accounts that may do anything, or give themselves the right to."""

from collections.abc import Iterator
from datetime import timedelta

from pydantic import Field

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import aws, aws_policies
from collectors.vendors.aws import OwnedSettings
from collectors.wire.aws import Place, listed
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Privileged users and roles of AWS",
    asks="Which users and roles may do anything or widen their own rights, by which policies, and "
    "why?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.ACCESS_CONTROL,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "system_name": "text",
        "account": "text",
        "account_type": "text",
        "owner": "text",
        "reason": "text",
        "shared": "boolean",
        "granted_by": "text",
        "trusts": "text",
        "collected_at": "timestamp",
    },
    completeness="All users, groups, roles and policies of an account (GetAccountAuthorization"
    "Details) until IAM says that the list is not truncated. Conditions and boundaries that would "
    "narrow a policy are not weighed, so that rather too many are listed than too few.",
    permission=aws.allow("iam:GetAccountAuthorizationDetails"),
    schedule="30 3 * * *",
    secrets=aws.SECRETS,
    time_limit=timedelta(hours=1),
)


class Settings(OwnedSettings):
    reason_tag: str = Field(
        default="reason",
        title="Tag of the reason",
        description="Name of the tag that says why the right is needed.",
        max_length=128,
    )
    shared_tag: str = Field(
        default="shared",
        title="Tag of sharing",
        description="Name of the tag that says no where one person alone uses it.",
        max_length=128,
    )


def collect(ask: Ask[Settings]) -> Answer:
    return aws.answer(
        ask,
        _rows,
        service="iam",
        is_global=True,
        query="GetAccountAuthorizationDetails for policies, groups, users and roles in turn; "
        f"privileged is who may do one of {', '.join(aws_policies.POWERS)} on anything, by a "
        "policy of its own, an attached one or one of its groups",
        more={"owner_tag": ask.settings.owner_tag, "reason_tag": ask.settings.reason_tag},
    )


def _rows(ask: Ask[Settings], place: Place) -> Iterator[Row]:
    far = aws_policies.far_reaching(_details(place, "Policies", "LocalManagedPolicy"))
    far |= aws_policies.far_reaching(_details(place, "Policies", "AWSManagedPolicy"))
    groups = {
        group.text("GroupName"): grants
        for group in _details(place, "GroupDetailList", "Group")
        if (grants := aws_policies.grants(group, "GroupPolicyList", far))
    }
    for user in _details(place, "UserDetailList", "User"):
        own = aws_policies.grants(user, "UserPolicyList", far)
        joined = [f"group {name}" for name in aws_policies.names(user, "GroupList") & {*groups}]
        if own or joined:
            yield _row(ask, place, user, "user", [*own, *joined])
    for role in _details(place, "RoleDetailList", "Role"):
        if own := aws_policies.grants(role, "RolePolicyList", far):
            yield _row(ask, place, role, "role", own)


def _row(ask: Ask[Settings], place: Place, told: Item, kind: str, granted: list[str]) -> Row:
    chosen = ask.settings
    shared = (aws.tag(told.parts("Tags"), chosen.shared_tag) or "").casefold()
    return (
        f"AWS {place.account}",
        told.text("Arn"),
        kind,
        aws.tag(told.parts("Tags"), chosen.owner_tag),
        aws.tag(told.parts("Tags"), chosen.reason_tag),
        {"no": False, "false": False, "yes": True, "true": True}.get(shared),
        "; ".join(sorted(granted)),
        aws_policies.trusted(told) if kind == "role" else None,
        ask.now,
    )


def _details(place: Place, where: str, kind: str) -> Iterator[Item]:
    for page in place.pages("get_account_authorization_details", Filter=[kind]):
        yield from listed(page, where)
