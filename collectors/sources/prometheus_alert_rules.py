"""Alert rules that a Prometheus server evaluates, with their owners."""

from collections.abc import Iterator

from pydantic import Field

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import prometheus
from collectors.vendors.prometheus import PrometheusSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Alert rules in Prometheus",
    asks="Which alert rules are in force, what do they watch, who owns them, and do they work?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.CONFIG_EXPORT,
    area=Area.AVAILABILITY,
    columns={
        "rule_name": "text",
        "watches": "text",
        "owner": "text",
        "active": "boolean",
        "severity": "text",
        "waits_seconds": "decimal",
        "group_name": "text",
        "health": "text",
        "evaluated_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="Every alert rule of every group that the server has loaded, in one answer. Rules "
    "of a file that is not loaded are not in force, and are no rows.",
    permission="To read the HTTP API (/api/v1/rules) of the server; there is no narrower right.",
    schedule="15 5 * * *",
    secrets=prometheus.SECRETS,
)


class Settings(PrometheusSettings):
    owner_label: str = Field(
        default="owner",
        title="Label of the owner",
        description="Which label of a rule names who answers for it.",
        max_length=100,
        pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$",
    )


def collect(ask: Ask[Settings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=prometheus.system(ask),
        query="GET /api/v1/rules?type=alert; active: the last evaluation went well (health is ok)",
        parameters={"owner_label": ask.settings.owner_label},
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    with prometheus.opened(ask) as api:
        groups = list(prometheus.data(ask, api, "rules", type="alert").parts("groups"))
        ask.trail.source_count = sum(len(list(group.parts("rules"))) for group in groups)
        for group in groups:
            for rule in group.parts("rules"):
                yield (
                    rule.text("name"),
                    rule.text("query"),
                    rule.part("labels").maybe_text(ask.settings.owner_label),
                    rule.text("health") == "ok",
                    rule.part("labels").maybe_text("severity"),
                    rule.maybe_decimal("duration"),
                    group.text("name"),
                    rule.text("health"),
                    rule.maybe_moment("lastEvaluation"),
                    ask.now,
                )
