"""Databases of AWS RDS and Aurora with their backups and encryption."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import aws
from collectors.vendors.aws import StoreSettings
from collectors.wire.aws import Place
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Databases of AWS RDS",
    asks="Which databases run in every region, are they encrypted and backed up, and can others "
    "reach them?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.CONFIG_EXPORT,
    area=Area.AVAILABILITY,
    columns={
        "data_store": "text",
        "store_name": "text",
        "system_name": "text",
        "environment": "text",
        "holds_customer_data": "boolean",
        "engine": "text",
        "encrypted": "boolean",
        "algorithm": "text",
        "key_name": "text",
        "every_hours": "decimal",
        "kept_days": "integer",
        "other_place": "boolean",
        "restorable_until": "timestamp",
        "public": "boolean",
        "protected_from_deletion": "boolean",
        "collected_at": "timestamp",
    },
    completeness="Every cluster and every instance outside of one, until there is no next page, in "
    "every region. What stands in other services or is run by yourselves is not among them.",
    permission=aws.allow("rds:DescribeDBInstances", "rds:DescribeDBClusters"),
    schedule="35 3 * * *",
    secrets=aws.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = StoreSettings


def collect(ask: Ask[StoreSettings]) -> Answer:
    return aws.answer(
        ask,
        _rows,
        service="rds",
        query="DescribeDBClusters, and DescribeDBInstances that belong to none; every_hours: RDS "
        "makes one backup a day where it keeps any, and logs between them; other_place: backups "
        "are copied to another region too, which RDS tells of instances only",
        more={
            "environment_tag": ask.settings.environment_tag,
            "customer_data_tag": ask.settings.customer_data_tag,
        },
    )


def _rows(ask: Ask[StoreSettings], place: Place) -> Iterator[Row]:
    for cluster in place.items("describe_db_clusters", "DBClusters"):
        yield _row(ask, place, cluster, "DBCluster", cluster.maybe_boolean("PubliclyAccessible"))
    for instance in place.items("describe_db_instances", "DBInstances"):
        if not instance.maybe_text("DBClusterIdentifier"):
            public = instance.boolean("PubliclyAccessible")
            yield _row(ask, place, instance, "DBInstance", public)


def _row(ask: Ask[StoreSettings], place: Place, told: Item, kind: str, public: bool | None) -> Row:
    name = told.text(f"{kind}Arn")
    encrypted = told.boolean("StorageEncrypted")
    kept = told.maybe_integer("BackupRetentionPeriod") or 0
    copies = bool(told.value("DBInstanceAutomatedBackupsReplications"))
    return (
        name,
        name,
        f"AWS {place.account}",
        aws.tag(told.parts("TagList"), ask.settings.environment_tag),
        aws.holds_customer_data(told.parts("TagList"), ask.settings),
        told.text("Engine"),
        encrypted,
        "AES-256" if encrypted else None,
        told.maybe_text("KmsKeyId"),
        Decimal(24) if kept else None,
        kept,
        copies if kind == "DBInstance" else None,
        told.maybe_moment("LatestRestorableTime"),
        public,
        told.maybe_boolean("DeletionProtection"),
        ask.now,
    )
