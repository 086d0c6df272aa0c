"""One real thing of each kind that programs may ask for."""

from datetime import UTC, datetime

from django.utils import timezone

from collectors.wire.signatures import judge
from merchants import api_users, files, ids
from merchants.models import ApiUser, ComplianceForm, Delivery, Event, ExternalLink, File, Webhook
from merchants.webhooks import secrets_of


def holds(said: str, body: bytes, *, secret: str, now: int) -> bool:
    """Say whether a receiver takes a header for that of this body, made about now."""
    at = datetime.fromtimestamp(now, UTC)
    judged = judge("finix", {"finix-signature": said}, body, secrets=[secret], now=at)
    return judged.genuine and judged.fresh


def key(environment: str = "live") -> ApiUser:
    return api_users.add_platform_key(environment, actor="system")[0]


def file(form: ComplianceForm, by: ApiUser) -> File:
    """A file of a form's merchant that waits for its content."""
    return files.add(form.merchant, file_type="OTHER", display_name="", tags={}, by=by)


def link(of: File, by: ApiUser) -> ExternalLink:
    return files.make_link(of, kind="UPLOAD", minutes=5, tags={}, by=by)


def webhook(environment: str = "live") -> Webhook:
    """A webhook that nobody tried; its row is made without asking its address."""
    now = timezone.now()
    made = Webhook(
        ref=ids.new(ids.WEBHOOK),
        environment=environment,
        url="https://hooks.example/",
        created_at=now,
        updated_at=now,
    )
    made.secret = secrets_of.sealed(secrets_of.new(), made, "secret")
    made.save()
    return made


def delivery(hook: Webhook, form: ComplianceForm) -> Delivery:
    """A delivery of an event of a form, which was sent."""
    now = timezone.now()
    event = Event.objects.create(
        ref=ids.new(ids.EVENT),
        environment=form.environment,
        application_id=form.application_id,
        entity="compliance_form",
        kind="created",
        subject=form.ref,
        body={"id": "event_1"},
        created_at=now,
    )
    return Delivery.objects.create(
        ref=ids.new(ids.DELIVERY),
        webhook=hook,
        event=event,
        state=Delivery.State.DELIVERED,
        next_at=now,
        created_at=now,
        updated_at=now,
    )
