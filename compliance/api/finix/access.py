"""What a key may see: every query of this part of the door starts here, with its scope.

A key sees its environment only, and of it what its role reaches: all platforms, one, or one
merchant. What it may not see does not exist for it.
"""

from typing import Any, TypeVar

from django.db.models import Model, Prefetch, QuerySet

from compliance.api.finix.errors import NotFoundError, Refused
from merchants import ids
from merchants.models import (
    ApiUser,
    Application,
    ComplianceForm,
    Delivery,
    Event,
    ExternalLink,
    File,
    FormFile,
    Merchant,
    Prospect,
    Webhook,
)

Row = TypeVar("Row", bound=Model)
_ROLE = ApiUser.Role


def forms(caller: ApiUser) -> QuerySet[ComplianceForm]:
    """Return the forms that a key reaches, with all that their shape needs."""
    papers = FormFile.objects.only("ref", "which", "form_id")
    return (
        _of_merchants(ComplianceForm.objects.all(), caller)
        .select_related("template", "application", "merchant", "signature")
        .defer("template__content", "merchant__identity", "signature__consent")
        .prefetch_related(Prefetch("files", queryset=papers))
    )


def merchants(caller: ApiUser) -> QuerySet[Merchant]:
    rows = Merchant.objects.select_related("application")
    if caller.role == _ROLE.MERCHANT:
        return rows.filter(pk=caller.merchant_id or 0)
    return _of_applications(rows, caller)


def prospects(caller: ApiUser) -> QuerySet[Prospect]:
    """Return the businesses that programs named and that have no merchant yet."""
    rows = Prospect.objects.filter(merchant=None).select_related("application")
    if caller.role == _ROLE.MERCHANT:
        return rows.none()
    return _of_applications(rows, caller)


def files(caller: ApiUser) -> QuerySet[File]:
    rows = File.objects.select_related("application", "merchant", "evidence__blob")
    return _of_merchants(rows.defer("merchant__identity"), caller)


def links(file: File) -> QuerySet[ExternalLink]:
    """Return the links of a file, for a key that was let see the file."""
    return ExternalLink.objects.filter(file=file).select_related("file", "made_by")


def applications(caller: ApiUser) -> QuerySet[Application]:
    if caller.role == _ROLE.PLATFORM:
        return Application.objects.filter(environment=caller.environment)
    return Application.objects.filter(pk=caller.application_id or 0)


def users(caller: ApiUser) -> QuerySet[ApiUser]:
    """Return the keys that a key may know of: itself at least."""
    rows = ApiUser.objects.select_related("application", "merchant")
    if caller.role == _ROLE.MERCHANT:
        return rows.filter(pk=caller.pk)
    return _of_applications(rows, caller)


def webhooks(caller: ApiUser) -> QuerySet[Webhook]:
    """Return the webhooks of a key's reach; Refused for a merchant, who has none."""
    refuse_merchant(caller)
    return _of_applications(Webhook.objects.select_related("application"), caller)


def deliveries(webhook: Webhook) -> QuerySet[Delivery]:
    """Return the deliveries of a webhook, for a key that was let see the webhook."""
    rows = Delivery.objects.filter(webhook=webhook).select_related("event", "webhook")
    return rows.prefetch_related("attempts")


def events(caller: ApiUser) -> QuerySet[Event]:
    refuse_merchant(caller)
    return _of_applications(Event.objects.all(), caller)


def reach(caller: ApiUser) -> dict[str, Any] | None:
    """Return what a key sees as a condition on the rows of tags; None for one of a merchant."""
    if caller.role == _ROLE.MERCHANT:
        return None
    if caller.role == _ROLE.PLATFORM:
        return {"environment": caller.environment}
    return {"application": caller.application_id}


def refuse_merchant(caller: ApiUser) -> None:
    """Raise Refused for a key of one merchant: this is the platform's business."""
    if caller.role == _ROLE.MERCHANT:
        raise Refused(403, "Access is denied")


def refuse_all_but_platform(caller: ApiUser) -> None:
    if caller.role != _ROLE.PLATFORM:
        raise Refused(403, "Access is denied")


def one(rows: QuerySet[Row], ref: str, *, key: str = "ref") -> Row:
    """Return the row of this name; NotFoundError for what is not there or not theirs."""
    found = rows.filter(**{key: ref}).first()
    if found is None:
        raise NotFoundError(ref)
    return found


def linked(caller: ApiUser, ref: str) -> tuple[Merchant, bool]:
    """Return the merchant that an id of a merchant or of its identity names, and which it was.

    Raises NotFoundError.
    """
    is_identity = ref.startswith(ids.IDENTITY)
    key = "identity_ref" if is_identity else "ref"
    return one(merchants(caller), ref, key=key), is_identity


def _of_merchants(rows: QuerySet[Row], caller: ApiUser) -> QuerySet[Row]:
    """Narrow rows that name a merchant, by one condition: each of the three has its index."""
    if caller.role == _ROLE.MERCHANT:
        return rows.filter(merchant=caller.merchant_id)
    return _of_applications(rows, caller)


def _of_applications(rows: QuerySet[Row], caller: ApiUser) -> QuerySet[Row]:
    if caller.role == _ROLE.PLATFORM:
        return rows.filter(environment=caller.environment)
    return rows.filter(application=caller.application_id)
