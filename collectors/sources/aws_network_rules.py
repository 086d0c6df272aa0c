"""Rules of the security groups of AWS, and which of them let the world in."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import aws
from collectors.vendors.aws import AwsSettings
from collectors.wire.aws import Place
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Security group rules of AWS",
    asks="Which rules let what in and out, which of them are open to the world, and why?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.CONFIG_EXPORT,
    area=Area.API_SECURITY,
    columns={
        "rule_id": "text",
        "system_name": "text",
        "group_id": "text",
        "direction": "text",
        "source": "text",
        "protocol": "text",
        "first_port": "integer",
        "last_port": "integer",
        "open_to_world": "boolean",
        "for_administration": "boolean",
        "reason": "text",
        "collected_at": "timestamp",
    },
    completeness="Every rule of every security group until there is no next page, in every region. "
    "Network ACLs and firewalls of others are not among them.",
    permission=aws.allow("ec2:DescribeSecurityGroupRules"),
    schedule="5 4 * * *",
    secrets=aws.SECRETS,
    time_limit=timedelta(hours=1),
)
Port = Annotated[int, Field(ge=0, le=65535)]
_WORLD = {"0.0.0.0/0", "::/0"}  # it is looked for, not listened on
_LAST = 65535


class Settings(AwsSettings):
    reason_tag: str = Field(
        default="reason",
        title="Tag of the reason",
        description="Name of the tag that says why a rule is there; else its description counts.",
        max_length=128,
    )
    administration_ports: tuple[Port, ...] = Field(
        default=(22, 23, 3389, 5900, 5985, 5986),
        title="Ports of administration",
        description="Ports by which machines are administered.",
        max_length=100,
    )


def collect(ask: Ask[Settings]) -> Answer:
    ports = list(ask.settings.administration_ports)
    return aws.answer(
        ask,
        _rows,
        service="ec2",
        query="DescribeSecurityGroupRules; open_to_world: from or to every address; "
        "for_administration: a port of administration lies within the rule",
        more={"administration_ports": ports, "reason_tag": ask.settings.reason_tag},
    )


def _rows(ask: Ask[Settings], place: Place) -> Iterator[Row]:
    for rule in place.items("describe_security_group_rules", "SecurityGroupRules"):
        source = _source(rule)
        first, last = _ports(rule)
        yield (
            rule.text("SecurityGroupRuleId"),
            f"AWS {place.account} {place.region}",
            rule.text("GroupId"),
            "out" if rule.boolean("IsEgress") else "in",
            source,
            "all" if rule.text("IpProtocol") == "-1" else rule.text("IpProtocol"),
            first,
            last,
            source in _WORLD,
            any(first <= port <= last for port in ask.settings.administration_ports),
            aws.tag(rule.parts("Tags"), ask.settings.reason_tag) or rule.maybe_text("Description"),
            ask.now,
        )


def _source(rule: Item) -> str | None:
    group = rule.value("ReferencedGroupInfo")
    return (
        rule.maybe_text("CidrIpv4")
        or rule.maybe_text("CidrIpv6")
        or rule.maybe_text("PrefixListId")
        or (rule.part("ReferencedGroupInfo").maybe_text("GroupId") if group else None)
    )


def _ports(rule: Item) -> tuple[int, int]:
    """Return the first and the last port: of a rule for all protocols, all of them."""
    first, last = rule.maybe_integer("FromPort"), rule.maybe_integer("ToPort")
    if rule.text("IpProtocol") == "-1" or first is None or last is None or first < 0:
        return 0, _LAST
    return first, last
