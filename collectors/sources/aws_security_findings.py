"""Findings of AWS Security Hub that were raised in a period, with the ids they have there."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import aws
from collectors.vendors.aws import AwsSettings
from collectors.wire.aws import Place
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Findings of AWS Security Hub",
    asks="Which findings of its own checks and of other products did Security Hub raise in the "
    "period, how grave, on what, and are they settled?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.API_SECURITY,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "alert_id": "text",
        "system_name": "text",
        "product": "text",
        "rule_name": "text",
        "title": "text",
        "severity": "text",
        "asset": "text",
        "passed": "boolean",
        "state": "text",
        "settled": "boolean",
        "raised_at": "timestamp",
        "changed_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="Every finding of every product that was changed since the period began, until "
    "there is no next page; of these the ones raised in it. A region without Security Hub makes "
    "the run partial. Findings are kept for 90 days; a longer period is partial.",
    permission=aws.allow("securityhub:GetFindings"),
    schedule="55 4 * * *",
    secrets=aws.SECRETS,
    time_limit=timedelta(hours=2),
)
Settings = AwsSettings
_KEPT = timedelta(days=90)
_SETTLED = {"RESOLVED", "SUPPRESSED"}


def collect(ask: Ask[AwsSettings]) -> Answer:
    since, before = ask.bounds
    if ask.now - since > _KEPT:
        ask.trail.lacks("Security Hub keeps findings for 90 days, and the period began earlier.")
    return aws.answer(
        ask,
        _rows,
        service="securityhub",
        query="GetFindings by UpdatedAt, all products and states; passed: the check of compliance "
        "passed; settled: archived, resolved or suppressed",
        more={"since": since.isoformat(), "before": before.isoformat()},
    )


def _rows(ask: Ask[AwsSettings], place: Place) -> Iterator[Row]:
    since, before = ask.bounds
    window = {"Start": _stamp(since), "End": _stamp(max(ask.now, before))}
    for finding in place.items("get_findings", "Findings", Filters={"UpdatedAt": [window]}):
        if since <= finding.moment("CreatedAt") < before:
            yield _row(ask, place, finding)


def _row(ask: Ask[AwsSettings], place: Place, finding: Item) -> Row:
    judged = finding.maybe_text("Compliance.Status") if finding.value("Compliance") else None
    rule = finding.maybe_text("Compliance.SecurityControlId") if judged else None
    state = finding.maybe_text("Workflow.Status") if finding.value("Workflow") else None
    archived = finding.maybe_text("RecordState") == "ARCHIVED"
    asset = next(finding.members("Resources"), None)
    return (
        finding.text("Id"),
        f"AWS {place.account} {place.region}",
        finding.maybe_text("ProductName"),
        rule or finding.text("GeneratorId"),
        finding.text("Title"),
        finding.text("Severity.Label").lower(),
        asset.text("Id") if asset else None,
        None if judged is None else judged == "PASSED",
        state.lower() if state else None,
        archived or state in _SETTLED,
        finding.moment("CreatedAt"),
        finding.moment("UpdatedAt"),
        ask.now,
    )


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
