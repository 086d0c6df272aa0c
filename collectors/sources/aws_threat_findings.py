"""Findings of AWS GuardDuty, those that were raised in a period."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import islice

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import aws
from collectors.vendors.aws import AwsSettings
from collectors.wire.aws import Place, listed
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Findings of AWS GuardDuty",
    asks="Which signs of an attack were raised in the period, how grave, on what, and are they "
    "settled?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.API_SECURITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "alert_id": "text",
        "system_name": "text",
        "rule_name": "text",
        "severity": "text",
        "asset": "text",
        "raised_at": "timestamp",
        "last_seen_at": "timestamp",
        "times": "integer",
        "settled": "boolean",
        "collected_at": "timestamp",
    },
    completeness="Every finding of every detector that was changed since the period began, until "
    "there is no next page; of these the ones raised in it. A region without a detector that is "
    "switched on makes the run partial. GuardDuty keeps 90 days; a longer period is partial.",
    permission=aws.allow(
        "guardduty:ListDetectors",
        "guardduty:GetDetector",
        "guardduty:ListFindings",
        "guardduty:GetFindings",
    ),
    schedule="50 4 * * *",
    secrets=aws.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = AwsSettings
_KEPT = timedelta(days=90)
_AT_ONCE = 50
_GRADES = ((9, "critical"), (7, "high"), (4, "medium"), (0, "low"))


def collect(ask: Ask[AwsSettings]) -> Answer:
    since, before = ask.bounds
    if ask.now - since > _KEPT:
        ask.trail.lacks("GuardDuty keeps its findings for 90 days, and the period began earlier.")
    return aws.answer(
        ask,
        _rows,
        service="guardduty",
        query="ListDetectors, ListFindings by updatedAt, archived ones too, and GetFindings; "
        "settled: the finding was archived; severity: critical from 9, high from 7, medium from 4",
        more={"since": since.isoformat(), "before": before.isoformat()},
    )


def _rows(ask: Ask[AwsSettings], place: Place) -> Iterator[Row]:
    detectors = _texts(place, "list_detectors", "DetectorIds")
    active = [
        detector
        for detector in detectors
        if place.ask("get_detector", DetectorId=detector).text("Status") == "ENABLED"
    ]
    if not active:
        ask.trail.lacks(f"GuardDuty is not switched on in {place}.")
    since, before = ask.bounds
    changed = {"Criterion": {"updatedAt": {"GreaterThanOrEqual": int(since.timestamp() * 1000)}}}
    for detector in active:
        found = _texts(
            place, "list_findings", "FindingIds", DetectorId=detector, FindingCriteria=changed
        )
        while some := list(islice(found, _AT_ONCE)):
            page = place.ask("get_findings", DetectorId=detector, FindingIds=some)
            for finding in listed(page, "Findings"):
                if since <= finding.moment("CreatedAt") < before:
                    yield _row(ask, place, finding)


def _row(ask: Ask[AwsSettings], place: Place, finding: Item) -> Row:
    severity = finding.decimal("Severity")
    return (
        finding.text("Id"),
        f"AWS {place.account} {place.region}",
        finding.text("Type"),
        next((word for least, word in _GRADES if severity >= Decimal(least)), "low"),
        finding.maybe_text("Resource.ResourceType"),
        finding.moment("CreatedAt"),
        finding.maybe_moment("Service.EventLastSeen"),
        finding.maybe_integer("Service.Count"),
        finding.maybe_boolean("Service.Archived") or False,
        ask.now,
    )


def _texts(place: Place, operation: str, where: str, **asked: object) -> Iterator[str]:
    for each in place.items(operation, where, **asked):
        yield str(each.content)
