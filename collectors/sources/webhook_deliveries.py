"""Webhooks that arrived here in a period: each delivery, retry and refusal."""

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from pydantic import Field, SecretStr

from collectors.base import Answer, Ask, AsksFor, Declaration, Row, SourceSettings
from collectors.models import Delivery
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Webhooks received",
    asks="Which webhooks arrived in the period, were they signed and fresh, and which were tried "
    "again or refused?",
    kind=Evidence.Kind.EVENT,
    asks_for=AsksFor.CLOSED_WINDOW,
    evidence_type=Expectation.EvidenceType.LOG_EXTRACT,
    area=Area.PROCESSING_INTEGRITY,
    columns={
        "event_key": "text",
        "event_type": "text",
        "received_at": "timestamp",
        "sent_at": "timestamp",
        "outcome": "text",
        "signed": "boolean",
        "delivery_number": "integer",
        "size_bytes": "integer",
        "body_sha256": "text",
    },
    completeness="Every message that reached the address of this source in the period, also the "
    "refused ones (of these the first 1,000 of each day); the rows equal the count of the notes. "
    "What the sender gave up without reaching us only the sender knows.",
    permission="None: the sender is given the address /hooks/ with the name of this source, and "
    "its signing secret is entered here.",
    schedule="20 1 * * *",
    secrets=("secret", "previous_secret"),
    remembers=False,
)


class Settings(SourceSettings):
    style: Literal["finix", "stripe", "github", "gitlab", "jira", "pagerduty", "standard"] = Field(
        title="Sender", description="Who sends, and so how it signs (standard: Standard Webhooks)."
    )
    secret: SecretStr = Field(
        title="Signing secret", description="As the sender shows it for this address.", min_length=8
    )
    previous_secret: SecretStr | None = Field(
        default=None,
        title="Previous secret",
        description="Good beside the new one while the sender changes over; empty it afterwards.",
    )


def collect(ask: Ask[Settings]) -> Answer:
    since, before = ask.bounds
    ask.trail.source_count = Delivery.objects.filter(
        source__slug=ask.source, at__gte=since, at__lt=before
    ).count()
    return Answer(
        rows=_rows(ask),
        source_system=f"webhooks of {ask.settings.style}",
        query="messages received, by arrival; delivery_number: 2 and more where the same event "
        "had arrived before",
        parameters={"style": ask.settings.style, "window_seconds": 300},
    )


def _rows(ask: Ask[Settings]) -> Iterator[Row]:
    since, before = ask.bounds
    found = Delivery.objects.filter(source__slug=ask.source, at__gte=since, at__lt=before)
    times: Counter[str] = Counter()
    for each in found.order_by("at", "pk").iterator():
        if each.verdict == Delivery.Verdict.REPEATED or each.event_id in times:
            times[each.event_id] += 1
        number = times[each.event_id] + 1 if each.event_id else None
        yield (
            each.event_id or None,
            each.event_type or None,
            each.at,
            each.sent_at,
            each.verdict,
            each.verdict != Delivery.Verdict.FORGED,
            number,
            each.size,
            each.body_sha256,
        )
