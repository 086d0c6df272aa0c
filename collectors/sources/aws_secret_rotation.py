"""Secrets of AWS Secrets Manager with their rotation; never their values."""

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
    title="Secrets of AWS Secrets Manager",
    asks="Which secrets does the vault hold in every region, are they rotated by themselves, when "
    "were they last, and were they used?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.API_SECURITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "key_name": "text",
        "system_name": "text",
        "owner": "text",
        "rotates": "boolean",
        "rotated_at": "timestamp",
        "lifetime_days": "integer",
        "next_rotation_at": "timestamp",
        "last_used_on": "date",
        "encrypted_by": "text",
        "collected_at": "timestamp",
    },
    completeness="Every secret until there is no next page, in every region.",
    permission=aws.allow("secretsmanager:ListSecrets"),
    schedule="25 3 * * *",
    secrets=aws.SECRETS,
    time_limit=timedelta(hours=1),
)


class Settings(OwnedSettings):
    lifetime_days: int = Field(
        default=90, title="Lifetime", description="Days after which a secret must be new.", ge=1
    )


def collect(ask: Ask[Settings]) -> Answer:
    return aws.answer(
        ask,
        _rows,
        service="secretsmanager",
        query="ListSecrets, names and dates only; rotated_at: the last rotation, or else when the "
        "secret was made; encrypted_by: empty where it is the key of AWS itself",
        more={"lifetime_days": ask.settings.lifetime_days, "owner_tag": ask.settings.owner_tag},
    )


def _rows(ask: Ask[Settings], place: Place) -> Iterator[Row]:
    for each in place.items("list_secrets", "SecretList"):
        yield (
            each.text("ARN"),
            f"AWS {place.account}",
            aws.tag(each.parts("Tags"), ask.settings.owner_tag),
            each.maybe_boolean("RotationEnabled") or False,
            each.maybe_moment("LastRotatedDate") or each.maybe_moment("CreatedDate"),
            ask.settings.lifetime_days,
            each.maybe_moment("NextRotationDate"),
            each.maybe_day("LastAccessedDate"),
            each.maybe_text("KmsKeyId"),
            ask.now,
        )
