"""Buckets of AWS S3 with their encryption, and whether the public may read them."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import aws
from collectors.vendors.aws import StoreSettings
from collectors.wire.aws import Place, listed
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Buckets of AWS S3",
    asks="Which buckets are there, how are they encrypted, and can anybody reach what is in them?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.CONFIG_EXPORT,
    area=Area.API_SECURITY,
    columns={
        "store_name": "text",
        "system_name": "text",
        "environment": "text",
        "holds_customer_data": "boolean",
        "encrypted": "boolean",
        "algorithm": "text",
        "key_name": "text",
        "public": "boolean",
        "public_by": "text",
        "blocks_public": "boolean",
        "created_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="Every bucket of the account, of whatever region, until there is no next page. "
    "Access points and single objects are not looked at.",
    permission=aws.allow(
        *("s3:ListAllMyBuckets", "s3:GetBucketLocation", "s3:GetEncryptionConfiguration"),
        *("s3:GetBucketPublicAccessBlock", "s3:GetAccountPublicAccessBlock"),
        *("s3:GetBucketPolicyStatus", "s3:GetBucketAcl", "s3:GetBucketTagging"),
    ),
    schedule="0 4 * * *",
    secrets=aws.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = StoreSettings
_PARTS = ("IgnorePublicAcls", "RestrictPublicBuckets")
_FIRST = "us-east-1"
_OPEN = "http://acs.amazonaws.com/groups/global/"


def collect(ask: Ask[StoreSettings]) -> Answer:
    return aws.answer(
        ask,
        _rows,
        service="s3",
        is_global=True,
        query="ListBuckets; for each its encryption, policy status, grants, tags and public access "
        "block together with that of the account; public: a policy or a grant lets everybody in "
        "and no block forbids it",
        more={"environment_tag": ask.settings.environment_tag},
    )


def _rows(ask: Ask[StoreSettings], place: Place) -> Iterator[Row]:
    whole = _block(place.beside(service="s3control"), AccountId=place.account)
    for bucket in place.items("list_buckets", "Buckets", PaginationConfig={"PageSize": 1000}):
        name = bucket.text("Name")
        there = place.beside(region=bucket.maybe_text("BucketRegion") or _region(place, name))
        block = whole | _block(there, Bucket=name)
        key = _encryption(there, name)
        algorithm = key.maybe_text("SSEAlgorithm") if key else None
        ways = sorted(_ways(there, name, block))
        found = there.maybe("get_bucket_tagging", absent={"NoSuchTagSet"}, Bucket=name)
        tags = list(listed(found, "TagSet")) if found else []
        yield (
            f"s3://{name}",
            f"AWS {place.account}",
            aws.tag(tags, ask.settings.environment_tag),
            aws.holds_customer_data(tags, ask.settings),
            algorithm is not None,
            algorithm,
            (key.maybe_text("KMSMasterKeyID") if key else None) or ("S3" if algorithm else None),
            bool(ways),
            "; ".join(ways) or None,
            block.issuperset(_PARTS),
            bucket.maybe_moment("CreationDate"),
            ask.now,
        )


def _block(place: Place, **named: str) -> frozenset[str]:
    """Return the parts of a public access block that are switched on."""
    absent = {"NoSuchPublicAccessBlockConfiguration"}
    found = place.maybe("get_public_access_block", absent=absent, **named)
    told = found.part("PublicAccessBlockConfiguration") if found else None
    return frozenset(name for name in _PARTS if told and told.boolean(name))


def _ways(place: Place, name: str, block: frozenset[str]) -> Iterator[str]:
    policy = place.maybe("get_bucket_policy_status", absent={"NoSuchBucketPolicy"}, Bucket=name)
    if policy and policy.part("PolicyStatus").boolean("IsPublic") and _PARTS[1] not in block:
        yield "policy"
    grants = listed(place.ask("get_bucket_acl", Bucket=name), "Grants")
    open_ = any((grant.maybe_text("Grantee.URI") or "").startswith(_OPEN) for grant in grants)
    if open_ and _PARTS[0] not in block:
        yield "grant"


def _encryption(place: Place, name: str) -> Item | None:
    absent = {"ServerSideEncryptionConfigurationNotFoundError"}
    found = place.maybe("get_bucket_encryption", absent=absent, Bucket=name)
    told = found and found.part("ServerSideEncryptionConfiguration")
    rules = listed(told, "Rules") if told else iter(())
    return next((rule.part("ApplyServerSideEncryptionByDefault") for rule in rules), None)


def _region(place: Place, name: str) -> str:
    # The oldest region has no name here.
    return place.ask("get_bucket_location", Bucket=name).maybe_text("LocationConstraint") or _FIRST
