"""Trails of CloudTrail in every region: which log calls, where to, and do they arrive?"""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import aws
from collectors.vendors.aws import AwsSettings
from collectors.wire.aws import Place, listed
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Audit trails of AWS",
    asks="Which trails record the calls in every region, are they switched on, validated and "
    "encrypted, and did the last file arrive?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.CONFIG_EXPORT,
    area=Area.API_SECURITY,
    columns={
        "system_name": "text",
        "place": "text",
        "trail_name": "text",
        "logging": "boolean",
        "management_events": "boolean",
        "all_places": "boolean",
        "validated": "boolean",
        "key_name": "text",
        "kept_in": "text",
        "last_delivered_at": "timestamp",
        "delivery_error": "text",
        "collected_at": "timestamp",
    },
    completeness="At least one row for every region of every account: one that no trail covers "
    "has a row without a trail. CloudTrail lists a region's trails in one answer.",
    permission=aws.allow(
        "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors"
    ),
    schedule="15 3 * * *",
    secrets=aws.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = AwsSettings


def collect(ask: Ask[AwsSettings]) -> Answer:
    return aws.answer(
        ask,
        _rows,
        service="cloudtrail",
        query="DescribeTrails with those that other regions lend; for each GetTrailStatus and "
        "GetEventSelectors; management_events: reads and writes of the control plane are recorded",
    )


def _rows(ask: Ask[AwsSettings], place: Place) -> Iterator[Row]:
    trails = list(listed(place.ask("describe_trails", includeShadowTrails=True), "trailList"))
    where = (f"AWS {place.account}", place.region)
    if not trails:
        yield (*where, None, False, False, False, False, None, None, None, None, ask.now)
    for trail in trails:
        arn = trail.text("TrailARN")
        # A trail that another region lends is known in full only where it is at home.
        home = place.beside(region=trail.text("HomeRegion"))
        status = home.ask("get_trail_status", Name=arn)
        yield (
            *where,
            trail.text("Name"),
            status.boolean("IsLogging"),
            _sees_management(home.ask("get_event_selectors", TrailName=arn)),
            trail.boolean("IsMultiRegionTrail"),
            trail.boolean("LogFileValidationEnabled"),
            trail.maybe_text("KmsKeyId"),
            trail.text("S3BucketName"),
            status.maybe_moment("LatestDeliveryTime"),
            status.maybe_text("LatestDeliveryError") or None,
            ask.now,
        )


def _sees_management(selectors: Item) -> bool:
    """Say whether all management events are recorded, by either kind of selector."""
    plain = any(
        each.boolean("IncludeManagementEvents") and each.text("ReadWriteType") == "All"
        for each in selectors.parts("EventSelectors")
    )
    return plain or any(
        [(field.text("Field"), field.value("Equals")) for field in each.parts("FieldSelectors")]
        == [("eventCategory", ["Management"])]
        for each in selectors.parts("AdvancedEventSelectors")
    )
