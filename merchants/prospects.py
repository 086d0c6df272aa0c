"""Businesses that programs name, and make merchants that wait for approval.

People approve them: a program adds, and never lets anybody take cards.
"""

from django.db import transaction
from django.utils import timezone

from accounts.journal import digest
from evidence import ledger
from merchants import identity, ids, tagged
from merchants.api_users import actor_of
from merchants.errors import FieldError, MerchantError, OrderError
from merchants.identity import Identity
from merchants.models import ApiUser, Application, Merchant, Prospect
from merchants.questionnaire import TYPES
from merchants.webhooks import telling

DEFAULT_TYPE = "A"


def add(application: Application, said: Identity, *, tags: dict[str, str], by: ApiUser) -> Prospect:
    """Note a business that may become a merchant. Raises FieldError."""
    try:
        checked = identity.checked(said)
    except MerchantError as error:
        raise FieldError({"entity": str(error)}) from error
    ref = ids.new(ids.IDENTITY)
    with transaction.atomic():
        ledger.lock()
        now = timezone.now()
        made = Prospect.objects.create(
            ref=ref,
            environment=application.environment,
            application=application,
            identity=identity.sealed_for_prospect(checked, ref=ref),
            tags=tags,
            created_at=now,
            updated_at=now,
        )
        body = {"application": application.ref}
        ledger.append("merchant.named", subject=ref, body=body, actor=actor_of(by))
    return made


def make_merchant(
    prospect: Prospect, *, form_type: str, tags: dict[str, str], by: ApiUser
) -> Merchant:
    """Make a merchant of a business, once; it waits for approval. FieldError, OrderError."""
    if form_type not in TYPES:
        raise FieldError({"tags.saq_type": f"There is no form of the type {form_type[:20]!r}."})
    with transaction.atomic():
        ledger.lock()
        current = Prospect.objects.select_for_update(of=("self",)).get(pk=prospect.pk)
        if current.merchant_id is not None:
            raise OrderError("This identity has a merchant already.")
        made = _merchant(current, form_type, tags)
        made.save(force_insert=True)
        tagged.keep(made)
        current.merchant, current.identity = made, ""
        current.updated_at = made.created_at
        current.save()
        body = {"merchants": 1, "merchants_sha256": digest(made.ref)}
        subject = prospect.application.ref
        ledger.append("merchant.added", subject=subject, body=body, actor=actor_of(by))
        telling.merchants("created", [made])
    return made


def _merchant(prospect: Prospect, form_type: str, tags: dict[str, str]) -> Merchant:
    ref, now = ids.new(ids.MERCHANT), timezone.now()
    return Merchant(
        ref=ref,
        identity_ref=prospect.ref,
        application_id=prospect.application_id,
        environment=prospect.environment,
        form_type=form_type,
        identity=identity.sealed(identity.opened(prospect), ref=ref),
        tags=tags,
        created_at=now,
        updated_at=now,
    )
