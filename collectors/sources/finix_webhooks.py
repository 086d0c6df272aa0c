"""Webhooks set up at Finix: where events go, which, and whether they get there."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import finix
from collectors.vendors.finix import FinixSettings
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Webhooks at Finix",
    asks="To which servers does Finix send which events, is each address switched on, and does it "
    "accept what is sent?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.CONFIG_EXPORT,
    area=Area.PROCESSING_INTEGRITY,
    columns={
        "endpoint_id": "text",
        "system_name": "text",
        "host": "text",
        "enabled": "boolean",
        "accepting": "boolean",
        "authentication": "text",
        "events": "text",
        "secret_changes_at": "timestamp",
        "created_at": "timestamp",
        "collected_at": "timestamp",
    },
    completeness="The list of webhooks until its cursor is null or a page is empty, those switched "
    "off too. An empty list of events means all of them.",
    permission="An API key with the role ROLE_PARTNER, which sees one application.",
    schedule="45 4 * * *",
    secrets=("secret_signing_key", "password", "token"),
    time_limit=timedelta(minutes=30),
)
Settings = FinixSettings


def collect(ask: Ask[FinixSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=finix.system(ask),
        query="GET /webhooks, without any filter; of the address the host only; secret_changes_at: "
        "until then the previous signing secret is good as well",
        parameters={"finix_version": finix.VERSION},
    )


def _rows(ask: Ask[FinixSettings]) -> Iterator[Row]:
    with finix.opened(ask) as api:
        for hook in finix.listed(api, "webhooks", "webhooks"):
            kind = hook.maybe_text("authentication.type") if hook.value("authentication") else None
            yield (
                hook.text("id"),
                finix.system(ask),
                urlsplit(hook.text("url")).hostname,
                hook.boolean("enabled"),
                hook.maybe_boolean("is_accepting_events"),
                kind,
                "; ".join(sorted(_events(hook))),
                hook.maybe_moment("previous_secret_expires_at"),
                hook.moment("created_at"),
                ask.now,
            )


def _events(hook: Item) -> Iterator[str]:
    for each in hook.parts("enabled_events"):
        for kind in each.texts("types"):
            yield f"{each.text('entity')}.{kind}"
