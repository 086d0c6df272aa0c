"""Keys of AWS KMS with their rotation."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import Field

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import aws
from collectors.vendors.aws import OwnedSettings
from collectors.wire.aws import Place
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Keys of AWS KMS",
    asks="Which keys of our own does KMS hold in every region, are they rotated by themselves, and "
    "when were they last?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.API_SECURITY,
    columns={
        "key_name": "text",
        "system_name": "text",
        "owner": "text",
        "key_spec": "text",
        "origin": "text",
        "rotates": "boolean",
        "rotated_at": "timestamp",
        "created_at": "timestamp",
        "lifetime_days": "integer",
        "collected_at": "timestamp",
    },
    completeness="Every key until KMS says that the list is not truncated, in every region; left "
    "out are those that AWS manages itself and those that are disabled or wait for deletion.",
    permission=aws.allow(
        "kms:ListKeys",
        "kms:DescribeKey",
        "kms:GetKeyRotationStatus",
        "kms:ListKeyRotations",
        "kms:ListResourceTags",
    ),
    schedule="20 3 * * *",
    secrets=aws.SECRETS,
    time_limit=timedelta(hours=1),
)


class Settings(OwnedSettings):
    lifetime_days: int = Field(
        default=365, title="Lifetime", description="Days after which a key must be new.", ge=1
    )


def collect(ask: Ask[Settings]) -> Answer:
    return aws.answer(
        ask,
        _rows,
        service="kms",
        query="ListKeys; for each enabled customer key DescribeKey, GetKeyRotationStatus, "
        "ListKeyRotations and ListResourceTags; rotated_at: the last rotation, or else when the "
        "key was made",
        more={"lifetime_days": ask.settings.lifetime_days, "owner_tag": ask.settings.owner_tag},
    )


def _rows(ask: Ask[Settings], place: Place) -> Iterator[Row]:
    for listed in place.items("list_keys", "Keys"):
        name = listed.text("KeyArn")
        key = place.ask("describe_key", KeyId=name).part("KeyMetadata")
        if key.text("KeyManager") != "CUSTOMER" or key.text("KeyState") != "Enabled":
            continue
        status = place.ask("get_key_rotation_status", KeyId=name)
        yield (
            name,
            f"AWS {place.account}",
            _owner(ask, place, name),
            key.maybe_text("KeySpec"),
            key.maybe_text("Origin"),
            status.boolean("KeyRotationEnabled"),
            _last_rotation(place, name) or key.moment("CreationDate"),
            key.moment("CreationDate"),
            ask.settings.lifetime_days,
            ask.now,
        )


def _last_rotation(place: Place, name: str) -> datetime | None:
    rotations = place.items("list_key_rotations", "Rotations", KeyId=name)
    return max((each.moment("RotationDate") for each in rotations), default=None)


def _owner(ask: Ask[Settings], place: Place, name: str) -> str | None:
    tags = place.items("list_resource_tags", "Tags", KeyId=name)
    # KMS calls the two parts of a tag otherwise than all others.
    pairs = ({"Key": each.value("TagKey"), "Value": each.value("TagValue")} for each in tags)
    return aws.tag((Item(pair, "kms:ListResourceTags") for pair in pairs), ask.settings.owner_tag)
