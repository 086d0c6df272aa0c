"""Alerts that Alertmanager holds at this moment, silenced and inhibited ones too."""

from collections.abc import Iterator

from pydantic import Field

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import alertmanager
from collectors.vendors.alertmanager import AlertmanagerSettings
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Open alerts in Alertmanager",
    asks="Which alerts are open, since when, whom do they reach, and are they silenced?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.AVAILABILITY,
    columns={
        "system_name": "text",
        "alert_id": "text",
        "rule_name": "text",
        "severity": "text",
        "owner": "text",
        "state": "text",
        "raised_at": "timestamp",
        "silenced_by": "text",
        "inhibited_by": "text",
        "receivers": "text",
        "collected_at": "timestamp",
    },
    completeness="All alerts that the server holds, active, silenced, inhibited and unprocessed "
    "ones, in one answer. What was resolved before is not held any more: that is a log's question.",
    permission="To read the HTTP API (/api/v2/alerts) of the server; there is no narrower right.",
    schedule="*/30 * * * *",
    secrets=alertmanager.SECRETS,
    remembers=False,
)


class Settings(AlertmanagerSettings):
    owner_label: str = Field(
        default="owner",
        title="Label of the owner",
        description="Which label of an alert names who answers for it.",
        max_length=100,
        pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$",
    )


def collect(ask: Ask[Settings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=alertmanager.system(ask),
        query="GET /api/v2/alerts, without any filter",
        parameters={"owner_label": ask.settings.owner_label},
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    for alert in alertmanager.listed(ask, "alerts"):
        labels, status = alert.part("labels"), alert.part("status")
        yield (
            alertmanager.system(ask),
            alert.text("fingerprint"),
            labels.maybe_text("alertname"),
            labels.maybe_text("severity"),
            labels.maybe_text(ask.settings.owner_label),
            status.text("state"),
            alert.moment("startsAt"),
            "; ".join(status.texts("silencedBy")) or None,
            "; ".join(status.texts("inhibitedBy")) or None,
            "; ".join(each.text("name") for each in alert.parts("receivers")),
            ask.now,
        )
