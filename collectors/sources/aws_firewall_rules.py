"""Rate rules of the web firewalls of AWS, and the firewalls that have none."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import aws
from collectors.vendors.aws import AwsSettings
from collectors.wire.aws import Place
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Rate rules of AWS WAF",
    asks="Which web firewalls are there, how many calls a minute do they let one caller make, and "
    "do they refuse what is more?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.CONFIG_EXPORT,
    area=Area.API_SECURITY,
    columns={
        "limit_name": "text",
        "guards": "text",
        "system_name": "text",
        "per_minute": "decimal",
        "counts_by": "text",
        "refuses": "boolean",
        "action": "text",
        "collected_at": "timestamp",
    },
    completeness="Every web ACL until there is no next page, in every region, those of CloudFront "
    "where us-east-1 is among them; one without a rate rule has a row without a limit. Rules of "
    "groups of our own are looked into, those of vendors are not.",
    permission=aws.allow("wafv2:ListWebACLs", "wafv2:GetWebACL", "wafv2:GetRuleGroup"),
    schedule="50 3 * * *",
    secrets=aws.SECRETS,
    time_limit=timedelta(hours=1),
)
Settings = AwsSettings
_OF_CLOUDFRONT = "us-east-1"


def collect(ask: Ask[AwsSettings]) -> Answer:
    return aws.answer(
        ask,
        _rows,
        service="wafv2",
        query="ListWebACLs of both scopes; for each GetWebACL, and GetRuleGroup for its groups; "
        "per_minute: the limit of a RateBasedStatement divided by its window; refuses: what is "
        "more is blocked or challenged, and not only counted",
    )


def _rows(ask: Ask[AwsSettings], place: Place) -> Iterator[Row]:
    scopes = ["REGIONAL", *(["CLOUDFRONT"] if place.region == _OF_CLOUDFRONT else [])]
    for scope in scopes:
        for each in place.marked("list_web_acls", "WebACLs", "NextMarker", Scope=scope):
            named = {"Name": each.text("Name"), "Scope": scope, "Id": each.text("Id")}
            acl = place.ask("get_web_acl", **named).part("WebACL")
            found = [rule for rule in _rules(place, acl) if _rate(rule) is not None]
            for rule in found:
                yield _row(ask, place, acl, rule)
            if not found:
                where = (acl.text("ARN"), f"AWS {place.account}")
                yield (None, *where, None, None, False, None, ask.now)


def _rules(place: Place, acl: Item) -> Iterator[Item]:
    for rule in acl.parts("Rules"):
        group = rule.part("Statement").value("RuleGroupReferenceStatement")
        if group is None:
            yield rule
            continue
        is_counting = rule.value("OverrideAction") == {"Count": {}}
        arn = rule.part("Statement").text("RuleGroupReferenceStatement.ARN")
        for inner in place.ask("get_rule_group", ARN=arn).part("RuleGroup").parts("Rules"):
            if is_counting and isinstance(inner.content, dict):
                inner.content["Action"] = {"Count": {}}
            yield inner


def _row(ask: Ask[AwsSettings], place: Place, acl: Item, rule: Item) -> Row:
    rate = rule.part("Statement").part("RateBasedStatement")
    window = rate.maybe_integer("EvaluationWindowSec") or 300
    action = rule.value("Action")
    word = next(iter(action), "") if isinstance(action, dict) else ""
    return (
        rule.text("Name"),
        acl.text("ARN"),
        f"AWS {place.account}",
        (Decimal(60) * rate.integer("Limit") / window).quantize(Decimal("0.01")),
        rate.text("AggregateKeyType"),
        word in {"Block", "Captcha", "Challenge"},
        word or None,
        ask.now,
    )


def _rate(rule: Item) -> object:
    return rule.part("Statement").value("RateBasedStatement")
