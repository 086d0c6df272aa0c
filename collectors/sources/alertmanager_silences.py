"""Silences of Alertmanager: who kept which alert quiet, why and for how long."""

from collections.abc import Iterator

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import alertmanager
from collectors.vendors.alertmanager import AlertmanagerSettings
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Silences in Alertmanager",
    asks="Which alerts are kept quiet, by whom, why, and until when?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.AVAILABILITY,
    columns={
        "system_name": "text",
        "silence_id": "text",
        "state": "text",
        "matchers": "text",
        "created_by": "text",
        "comment": "text",
        "starts_at": "timestamp",
        "ends_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="All silences that the server holds, active, pending and those that ended within "
    "its retention (usually five days), in one answer.",
    permission="To read the HTTP API (/api/v2/silences) of the server; there is no narrower right.",
    schedule="20 5 * * *",
    secrets=alertmanager.SECRETS,
    remembers=False,
)
Settings = AlertmanagerSettings


def collect(ask: Ask[AlertmanagerSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=alertmanager.system(ask),
        query="GET /api/v2/silences, without any filter",
    )


def _rows(ask: Ask[AlertmanagerSettings]) -> Iterator[Row]:
    for silence in alertmanager.listed(ask, "silences"):
        yield (
            alertmanager.system(ask),
            silence.text("id"),
            silence.text("status.state"),
            "; ".join(_matcher(each) for each in silence.parts("matchers")),
            silence.maybe_text("createdBy"),
            silence.maybe_text("comment"),
            silence.moment("startsAt"),
            silence.moment("endsAt"),
            ask.now,
        )


def _matcher(told: Item) -> str:
    equal = "=" if told.value("isEqual") in {True, None} else "!"
    sign = (
        {"=": "=~", "!": "!~"}[equal] if told.boolean("isRegex") else {"=": "=", "!": "!="}[equal]
    )
    return f"{told.text('name')}{sign}{told.text('value')}"
