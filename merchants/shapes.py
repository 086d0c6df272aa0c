"""How programs see forms, merchants and what belongs to them: the one shape of each.

Answers of the API and the bodies of events are made by the same functions. `base` is the address
of the environment, as in https://host/finix/live, without a slash at its end.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from merchants import identity, ids, states
from merchants.models import (
    Application,
    ComplianceForm,
    File,
    FormFile,
    Merchant,
    Prospect,
    SignatureRecord,
)

Shape = dict[str, Any]

VERIFIED = {
    Merchant.State.PROVISIONING: "PENDING",
    Merchant.State.APPROVED: "SUCCEEDED",
    Merchant.State.REJECTED: "FAILED",
}
"""The state of a verification by the state of its merchant."""
_SAID = ("name", "title", "ip_address", "user_agent", "signed_at")


def base_of(environment: str) -> str:
    """Return the address of an environment as the settings know it."""
    return f"{settings.SITE_URL}/finix/{environment}"


def exact(moment: datetime | None) -> str | None:
    """Return a time with up to six decimals, without zeros at its end."""
    if moment is None:
        return None
    text = moment.strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
    return f"{text}Z"


def short(moment: datetime | None) -> str | None:
    """Return a time with two decimals."""
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S.%f}"[:-4] + "Z"


def type_of(form_type: str) -> str:
    """Return the type of a form as programs name it, as in PCI_SAQ_A_EP."""
    return "PCI_SAQ_" + form_type.upper().replace("-", "_")


def compliance_form(form: ComplianceForm, base: str) -> Shape:
    """Return a form; fetch template, application, merchant, signature and files along."""
    signature: SignatureRecord | None = getattr(form, "signature", None)
    papers = {file.which: file.ref for file in form.files.all()}
    return {
        "id": form.ref,
        "created_at": exact(form.created_at),
        "updated_at": exact(form.updated_at),
        "application": form.application.ref,
        "application_id": form.application.ref,
        "compliance_form_template": form.template.ref,
        "due_at": exact(form.due_at),
        "files": {
            "signed_file": papers.get(FormFile.Which.SIGNED),
            "unsigned_file": papers.get(FormFile.Which.UNSIGNED),
        },
        "linked_to": form.merchant.ref,
        "linked_type": "MERCHANT",
        "pci_saq_a": {
            **{name: getattr(signature, name) if signature else None for name in _SAID},
            # What another account keeps was accepted over there.
            "is_accepted": signature is not None or bool(form.source and form.valid_from),
        },
        "state": states.state_at(form, timezone.now()),
        "tags": form.tags,
        "type": type_of(form.form_type),
        "valid_from": exact(form.valid_from),
        "valid_until": exact(form.valid_until),
        "version": form.template.version,
        "_links": links(base, self=f"compliance_forms/{form.ref}"),
    }


def merchant(one: Merchant, base: str) -> Shape:
    """Return a merchant; fetch its application along."""
    is_approved = one.state == Merchant.State.APPROVED
    return {
        "id": one.ref,
        "created_at": short(one.created_at),
        "updated_at": short(one.updated_at),
        "application": one.application.ref,
        "application_id": one.application.ref,
        "identity": one.identity_ref,
        "verification": verification_ref(one),
        "merchant_name": identity.opened(one).shown_name,
        "merchant_profile": None,
        "mcc": None,
        "mid": one.own_number or None,
        "onboarding_state": one.state,
        "processing_enabled": one.may_take_cards,
        "settlement_enabled": is_approved,
        "gross_settlement_enabled": False,
        "processor": "COUNTERSIGN_V1",
        "processor_details": {},
        "tags": one.tags,
        "_links": links(
            base,
            self=f"merchants/{one.ref}",
            identity=f"identities/{one.identity_ref}",
            application=f"applications/{one.application.ref}",
            verification=f"verifications/{verification_ref(one)}",
            verifications=f"merchants/{one.ref}/verifications",
        ),
    }


def identity_of(one: Merchant | Prospect, base: str) -> Shape:
    """Return what a program must know of a business; persons and addresses are not told."""
    ref = one.identity_ref if isinstance(one, Merchant) else one.ref
    known = identity.opened(one)
    told = links(
        base,
        self=f"identities/{ref}",
        application=f"applications/{one.application.ref}",
        merchants=f"merchants?identity={ref}",
    )
    return {
        "id": ref,
        "created_at": short(one.created_at),
        "updated_at": short(one.updated_at),
        "application": one.application.ref,
        "entity": {
            "business_name": known.business_name,
            "doing_business_as": known.trading_name or None,
            "url": known.website or None,
        },
        "identity_roles": ["SELLER"],
        "type": "BUSINESS",
        "tags": one.tags,
        "_links": told,
    }


def verification(one: Merchant, base: str) -> Shape:
    """Return the look at a merchant that its approval waits for, or that was the approval."""
    return {
        "id": verification_ref(one),
        "created_at": short(one.created_at),
        "updated_at": short(one.approved_at or one.updated_at),
        "application": one.application.ref,
        "identity": one.identity_ref,
        "merchant": one.ref,
        "merchant_identity": one.identity_ref,
        "messages": [],
        "processor": "COUNTERSIGN_V1",
        "state": VERIFIED[Merchant.State(one.state)],
        "tags": {},
        "trace_id": None,
        "_links": links(
            base,
            self=f"verifications/{verification_ref(one)}",
            application=f"applications/{one.application.ref}",
            merchant=f"merchants/{one.ref}",
        ),
    }


def verification_ref(one: Merchant) -> str:
    """Return the name of a merchant's verification: there is one, and it keeps its name."""
    return ids.VERIFICATION + one.ref.removeprefix(ids.MERCHANT)


def application(one: Application, base: str) -> Shape:
    return {
        "id": one.ref,
        "created_at": short(one.created_at),
        "updated_at": short(one.updated_at),
        "enabled": True,
        "name": one.name,
        "owner": None,
        "processing_enabled": True,
        "settlement_enabled": True,
        "tags": one.tags,
        "_links": links(
            base,
            self=f"applications/{one.ref}",
            users=f"applications/{one.ref}/users",
        ),
    }


def file(one: File, base: str) -> Shape:
    """Return a file; fetch its application and merchant along."""
    return {
        "id": one.ref,
        "created_at": exact(one.created_at),
        "updated_at": exact(one.updated_at),
        "application_id": one.application.ref,
        "display_name": one.display_name,
        "extension": one.extension or None,
        "identity_id": one.merchant.identity_ref,
        "linked_to": one.merchant.identity_ref if one.is_of_identity else one.merchant.ref,
        "linked_type": "IDENTITY" if one.is_of_identity else "MERCHANT",
        "platform_id": None,
        "status": one.state,
        "tags": one.tags,
        "type": one.file_type,
        "_links": links(base, self=f"files/{one.ref}", download=f"files/{one.ref}/download"),
    }


def links(base: str, **paths: str) -> Mapping[str, Mapping[str, str]]:
    """Return addresses as HAL has them."""
    return {name: {"href": f"{base}/{path}"} for name, path in paths.items()}
