"""Alarms of AWS CloudWatch: what they watch, whose they are, and whether they tell anybody."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import aws
from collectors.vendors.aws import OwnedSettings
from collectors.wire.aws import Place, listed
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Alarms of AWS CloudWatch",
    asks="Which alarms are set up in every region, what do they watch, whose are they, and do they "
    "reach anybody?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.CONFIG_EXPORT,
    area=Area.AVAILABILITY,
    columns={
        "rule_name": "text",
        "system_name": "text",
        "watches": "text",
        "owner": "text",
        "active": "boolean",
        "tells": "text",
        "state": "text",
        "changed_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="Every metric alarm and every composite alarm until there is no next page, in "
    "every region.",
    permission=aws.allow("cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"),
    schedule="45 3 * * *",
    secrets=aws.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = OwnedSettings
_KINDS = {"MetricAlarms": "MetricAlarm", "CompositeAlarms": "CompositeAlarm"}


def collect(ask: Ask[OwnedSettings]) -> Answer:
    return aws.answer(
        ask,
        _rows,
        service="cloudwatch",
        query="DescribeAlarms of both types; for each ListTagsForResource; active: its actions are "
        "switched on and there is one for the alarm",
        more={"owner_tag": ask.settings.owner_tag},
    )


def _rows(ask: Ask[OwnedSettings], place: Place) -> Iterator[Row]:
    for where, kind in _KINDS.items():
        for page in place.pages("describe_alarms", AlarmTypes=[kind]):
            for alarm in listed(page, where):
                told = [str(one) for one in _listed(alarm, "AlarmActions")]
                tags = place.ask("list_tags_for_resource", ResourceARN=alarm.text("AlarmArn"))
                yield (
                    alarm.text("AlarmName"),
                    f"AWS {place.account} {place.region}",
                    _watched(alarm),
                    aws.tag(tags.parts("Tags"), ask.settings.owner_tag),
                    alarm.boolean("ActionsEnabled") and bool(told),
                    "; ".join(told) or None,
                    alarm.text("StateValue"),
                    alarm.maybe_moment("AlarmConfigurationUpdatedTimestamp"),
                    ask.now,
                )


def _watched(alarm: Item) -> str:
    rule = alarm.maybe_text("AlarmRule")
    if rule:
        return rule
    metric = alarm.maybe_text("MetricName")
    if metric is None:
        return "a formula of metrics"
    parts = [f"{one.text('Name')}={one.text('Value')}" for one in alarm.parts("Dimensions")]
    return f"{alarm.maybe_text('Namespace')} {metric} {' '.join(parts)}".strip()


def _listed(alarm: Item, name: str) -> list[object]:
    found = alarm.value(name)
    return list(found) if isinstance(found, list) else []
