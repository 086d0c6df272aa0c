"""What each address of this part of the door does: its words, what it takes and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from compliance.api.finix import compliance_forms, files, identities, parties, users, webhooks
from compliance.api.finix.base import FinixView
from compliance.api.finix.paging import MOST
from compliance.api.finix.schemas import FLAG, NUMBER, TEXT, TIME, Schema, word
from merchants import shapes
from merchants.models import ComplianceForm, Delivery, Merchant

_TIMES = ("created_at.gte", "created_at.lte", "updated_at.gte", "updated_at.lte")
_TAGS = ("tags.key", "tags.value")
_PLAIN = ("id", *_TIMES)
_TAGGED = (*_PLAIN, *_TAGS)
PAGING = ("limit", "after_cursor", "before_cursor", "offset", "sort")

PARAMETERS: Mapping[str, tuple[str, Schema]] = {
    "limit": (f"How many; up to {MOST}.", {**NUMBER, "minimum": 1}),
    "after_cursor": ("The page after this id; `next_cursor` of the page before.", TEXT),
    "before_cursor": ("The page before this id.", TEXT),
    "offset": ("For the older version: so many are left out.", {**NUMBER, "minimum": 0}),
    "sort": ("For the older version: `created_at,asc` for the oldest first.", TEXT),
    "id": ("The one of this id.", TEXT),
    "tags.key": ("Those with this tag.", TEXT),
    "tags.value": ("Those whose tag `tags.key` has this value.", TEXT),
    "linked_to": ("Those of this merchant.", TEXT),
    "identity": ("The merchant of this identity.", TEXT),
    "entity": ("Events about this kind of thing.", TEXT),
    "type": ("Events of this kind.", TEXT),
    "stream": ("True shows it in the place of saving it.", FLAG),
    **dict.fromkeys(_TIMES, ("A time as in 2026-09-27T11:21:23; without a zone it is UTC.", TIME)),
}
"""Parameters of addresses by name: their words and their schema."""

STATES: Mapping[str, Schema] = {
    "compliance_forms": word(*ComplianceForm.State.values),
    "verifications": word(*shapes.VERIFIED.values()),
    "deliveries": word(*Delivery.State.values),
    "merchants": word(*Merchant.State.values),
}
"""Words of the state by which a list is narrowed, by the name of the list."""


@dataclass(frozen=True)
class Operation:
    """One method of one address."""

    name: str
    says: str
    answer: str = ""
    """The name of its schema; empty for bytes."""
    listed: str = ""
    """The name under which a list embeds it; empty for one thing."""
    filters: tuple[str, ...] = ()
    state: str = ""
    """The parameter that narrows a list to states."""
    body: str = ""
    media_type: str = "application/json"
    status: int = 200


def _list(
    name: str,
    answer: str,
    filters: tuple[str, ...],
    says: str = "",
    *,
    state: str = "",
    called: str = "",
) -> Operation:
    """Return what a list does; its operation is named by it unless it is called otherwise."""
    return Operation(
        f"list_{called or name}",
        says or f"List {name.replace('_', ' ')}, the newest first.",
        answer,
        listed=name,
        filters=filters,
        state=state,
    )


def _make(name: str, says: str, answer: str, body: str) -> Operation:
    return Operation(name, says, answer, body=body, status=201)


OPERATIONS: Mapping[type[FinixView], Mapping[str, Operation]] = {
    compliance_forms.ComplianceFormList: {
        "get": _list("compliance_forms", "ComplianceForm", (*_TAGGED, "linked_to"), state="state"),
    },
    compliance_forms.ComplianceFormOne: {
        "get": Operation("get_compliance_form", "Fetch a form.", "ComplianceForm"),
        "put": Operation(
            "sign_compliance_form",
            "Sign a form as a whole, or exchange its tags, or both. The same signature again gives "
            "the first answer; another one is refused with 409.",
            "ComplianceForm",
            body="Signature",
        ),
    },
    parties.MerchantList: {
        "get": _list("merchants", "Merchant", (*_TAGGED, "identity"), state="onboarding_state"),
    },
    parties.MerchantOne: {
        "get": Operation("get_merchant", "Fetch a merchant.", "Merchant"),
        "put": Operation("tag_merchant", "Exchange its tags.", "Merchant", body="Tagged"),
    },
    parties.MerchantVerifications: {
        "get": _list(
            "verifications",
            "Verification",
            (),
            "List the look at a merchant.",
            called="verifications_of_merchant",
        ),
        "post": _make(
            "verify_merchant", "Ask for the look that approves it.", "Verification", "Nothing"
        ),
    },
    identities.IdentityList: {
        "get": _list("identities", "Identity", _TAGGED),
        "post": _make("add_identity", "Name a business.", "Identity", "NewIdentity"),
    },
    identities.IdentityOne: {
        "get": Operation("get_identity", "Fetch a business.", "Identity"),
        "put": Operation("tag_identity", "Exchange its tags.", "Identity", body="Tagged"),
    },
    identities.AssociatedIdentities: {
        "get": _list(
            "identities",
            "Identity",
            (),
            "List the owners of a business: none is kept here.",
            called="associated_identities",
        ),
    },
    identities.IdentityMerchants: {
        "post": _make(
            "add_merchant",
            "Make a merchant of a business; it waits for approval.",
            "Merchant",
            "NewMerchant",
        ),
    },
    users.IdentityUsers: {
        "post": _make("add_merchant_user", "Make a key for one merchant.", "User", "NewUser"),
    },
    parties.ApplicationList: {"get": _list("applications", "Application", _TAGGED)},
    parties.ApplicationOne: {
        "get": Operation("get_application", "Fetch a platform.", "Application"),
        "put": Operation("tag_application", "Exchange its tags.", "Application", body="Tagged"),
    },
    users.ApplicationUsers: {
        "get": _list(
            "users", "User", _TAGGED, "List the keys of a platform.", called="users_of_application"
        ),
        "post": _make("add_user", "Make a key for one platform.", "User", "NewUser"),
    },
    parties.VerificationList: {
        "get": _list("verifications", "Verification", _PLAIN, state="state"),
        "post": _make(
            "add_verification",
            "Ask for the look that approves a merchant, by its id.",
            "Verification",
            "NewVerification",
        ),
    },
    parties.VerificationOne: {
        "get": Operation("get_verification", "Fetch the look at a merchant.", "Verification"),
    },
    users.UserList: {"get": _list("users", "User", _TAGGED)},
    users.UserOne: {
        "get": Operation("get_user", "Fetch a key, without its password.", "User"),
        "put": Operation("change_user", "Switch a key on or off.", "User", body="UserChange"),
    },
    files.FileList: {
        "get": _list("files", "File", _TAGGED),
        "post": _make("add_file", "Announce a file of a merchant.", "File", "NewFile"),
    },
    files.FileOne: {"get": Operation("get_file", "Fetch what is known of a file.", "File")},
    files.FileUpload: {
        "post": Operation(
            "upload_file",
            "Send the content of a file: PDF, PNG, JPEG or TIFF, up to 20 MB.",
            "File",
            body="Content",
            media_type="multipart/form-data",
        ),
    },
    files.FileDownload: {
        "get": Operation("download_file", "Fetch the content of a file.", filters=("stream",)),
    },
    files.FileLinks: {
        "get": _list("external_links", "ExternalLink", _TAGGED),
        "post": _make(
            "add_external_link",
            "Make an address that opens a file for a while.",
            "ExternalLink",
            "NewLink",
        ),
    },
    files.FileLinkOne: {
        "get": Operation("get_external_link", "Fetch a link.", "ExternalLink"),
    },
    files.OpenLink: {
        "get": Operation("open_link", "Fetch what a link opens; it needs no key."),
        "put": Operation(
            "put_by_link",
            "Send the content as the whole body; it needs no key.",
            "File",
            body="Content",
            media_type="application/octet-stream",
        ),
        "post": Operation(
            "post_by_link",
            "Send the content as a form; it needs no key.",
            "File",
            body="Content",
            media_type="multipart/form-data",
        ),
    },
    webhooks.WebhookList: {
        "get": _list("webhooks", "Webhook", _PLAIN),
        "post": _make(
            "add_webhook",
            "Add a webhook; it is posted an empty test event.",
            "WebhookWithKey",
            "NewWebhook",
        ),
    },
    webhooks.WebhookOne: {
        "get": Operation("get_webhook", "Fetch a webhook.", "WebhookWithKey"),
        "put": Operation(
            "change_webhook", "Change a webhook.", "WebhookWithKey", body="WebhookChange"
        ),
    },
    webhooks.WebhookTest: {
        "post": Operation(
            "test_webhook", "Post an empty test event at once.", "TestEvent", body="Nothing"
        ),
    },
    webhooks.WebhookRotation: {
        "post": _make(
            "rotate_webhook_key",
            "Exchange the signing key; the one before signs beside it for a day.",
            "WebhookWithKey",
            "Nothing",
        ),
    },
    webhooks.DeliveryList: {
        "get": _list("deliveries", "Delivery", _PLAIN, state="state"),
    },
    webhooks.DeliveryOne: {
        "get": Operation("get_delivery", "Fetch a delivery with each try.", "Delivery"),
    },
    webhooks.DeliveryAgain: {
        "post": _make("redeliver", "Send a delivery once more.", "Delivery", "Nothing"),
    },
    webhooks.EventList: {
        "get": _list("events", "Event", (*_PLAIN, "entity", "type")),
    },
    webhooks.EventOne: {"get": Operation("get_event", "Fetch an event as it was told.", "Event")},
}
"""What every view does, by its methods."""
