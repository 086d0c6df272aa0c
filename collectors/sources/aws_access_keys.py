"""Access keys of the users of AWS accounts with their age and last use."""

from collections.abc import Iterator
from datetime import timedelta

from pydantic import Field

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import aws
from collectors.vendors.aws import OwnedSettings
from collectors.wire.aws import Place
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Access keys of AWS",
    asks="Which access keys do users hold, how old are they, when were they used last, and whose "
    "are they?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.API_SECURITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "key_name": "text",
        "system_name": "text",
        "account": "text",
        "owner": "text",
        "active": "boolean",
        "rotated_at": "timestamp",
        "lifetime_days": "integer",
        "last_used_at": "timestamp",
        "last_used_service": "text",
        "collected_at": "timestamp",
    },
    completeness="Every user until IAM says that the list is not truncated, and of each all its "
    "keys. Keys of the root user are told by the credential report (aws_users).",
    permission=aws.allow(
        "iam:ListUsers", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "iam:ListUserTags"
    ),
    schedule="10 3 * * *",
    secrets=aws.SECRETS,
    time_limit=timedelta(hours=1),
)


class Settings(OwnedSettings):
    lifetime_days: int = Field(
        default=90, title="Lifetime", description="Days after which a key must be new.", ge=1
    )


def collect(ask: Ask[Settings]) -> Answer:
    return aws.answer(
        ask,
        _rows,
        service="iam",
        is_global=True,
        query="ListUsers; for each ListAccessKeys, ListUserTags and GetAccessKeyLastUsed; the ids "
        "of keys are shown by their ends only; rotated_at: when the key was made",
        more={"lifetime_days": ask.settings.lifetime_days, "owner_tag": ask.settings.owner_tag},
    )


def _rows(ask: Ask[Settings], place: Place) -> Iterator[Row]:
    for user in place.items("list_users", "Users"):
        name = user.text("UserName")
        keys = list(place.items("list_access_keys", "AccessKeyMetadata", UserName=name))
        owner = None
        if keys:
            tags = place.items("list_user_tags", "Tags", UserName=name)
            owner = aws.tag(tags, ask.settings.owner_tag)
        for key in keys:
            key_id = key.text("AccessKeyId")
            used = place.ask("get_access_key_last_used", AccessKeyId=key_id).part(
                "AccessKeyLastUsed"
            )
            yield (
                f"{name} {aws.masked(key_id)}",
                f"AWS {place.account}",
                name,
                owner,
                key.text("Status") == "Active",
                key.moment("CreateDate"),
                ask.settings.lifetime_days,
                used.maybe_moment("LastUsedDate"),
                used.maybe_text("ServiceName"),
                ask.now,
            )
