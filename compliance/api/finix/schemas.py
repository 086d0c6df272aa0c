"""How answers and bodies of this part of the door look, as JSON Schema (OpenAPI 3.1).

Answers are closed: each key stands there always, and no other does. A test holds every answer
against these, so that a shape that changes is told here too.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from merchants import files, shapes
from merchants.models import ApiUser, ComplianceForm, Delivery, ExternalLink, File, Merchant
from merchants.questionnaire import TYPES
from merchants.webhooks import hooks

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "integer"}
TIME: Schema = {"type": "string", "format": "date-time"}
TAGS: Schema = {
    "type": "object",
    "description": "Up to 50 pairs; a key has up to 40 characters, a value up to 500.",
    "additionalProperties": {"type": "string", "maxLength": 500},
    "maxProperties": 50,
}
LINKS: Schema = {
    "type": "object",
    "additionalProperties": {"type": "object", "properties": {"href": TEXT}, "required": ["href"]},
}
ANY: Schema = {"type": "object"}
_LONGEST_MINUTES = int(files.LONGEST_LINK.total_seconds() // 60)


def word(*known: str) -> Schema:
    """Return the schema of a text that is one of some words."""
    return {"type": "string", "enum": list(known)}


def maybe(schema: Schema) -> Schema:
    """Return a schema that allows null too."""
    found = {**schema, "type": [schema["type"], "null"]}
    return {**found, "enum": [*schema["enum"], None]} if "enum" in schema else found


def listed(schema: Schema) -> Schema:
    return {"type": "array", "items": schema}


def whole(**fields: Schema) -> Schema:
    """Return the schema of an object with exactly these keys."""
    return {**body(*fields, **fields), "additionalProperties": False}


def body(*needed: str, **fields: Schema) -> Schema:
    """Return the schema of an object that needs some of its keys."""
    found: Schema = {"type": "object", "properties": fields}
    return {**found, "required": list(needed)} if needed else found


def named(name: str) -> Schema:
    """Return a reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def page_of(name: str, schema: str) -> Schema:
    """Return the schema of a page of a list, in the style of either version."""
    by_cursor = whole(limit=NUMBER, next_cursor=maybe(TEXT))
    by_offset = whole(offset=NUMBER, limit=NUMBER, count=NUMBER)
    return whole(
        _embedded=whole(**{name: listed(named(schema))}),
        _links=LINKS,
        page={"oneOf": [by_cursor, by_offset]},
    )


def _values(words: Any) -> Sequence[str]:
    return [str(one) for one in words.values]


_DATED = {"id": TEXT, "created_at": TIME, "updated_at": TIME}
_SIGNED = ("name", "title", "ip_address", "user_agent", "signed_at")
_FORM = whole(
    **_DATED,
    application=TEXT,
    application_id=TEXT,
    compliance_form_template=TEXT,
    due_at=TIME,
    files=whole(signed_file=maybe(TEXT), unsigned_file=maybe(TEXT)),
    linked_to=TEXT,
    linked_type=word("MERCHANT"),
    pci_saq_a=whole(**dict.fromkeys(_SIGNED, maybe(TEXT)), is_accepted=FLAG),
    state=word(*_values(ComplianceForm.State)),
    tags=TAGS,
    type=word(*(shapes.type_of(each) for each in TYPES)),
    valid_from=maybe(TIME),
    valid_until=maybe(TIME),
    version=TEXT,
    _links=LINKS,
)
_MERCHANT = whole(
    **_DATED,
    application=TEXT,
    application_id=TEXT,
    identity=TEXT,
    verification=TEXT,
    merchant_name=TEXT,
    merchant_profile=maybe(TEXT),
    mcc=maybe(TEXT),
    mid=maybe(TEXT),
    onboarding_state=word(*_values(Merchant.State)),
    processing_enabled=FLAG,
    settlement_enabled=FLAG,
    gross_settlement_enabled=FLAG,
    processor=TEXT,
    processor_details=ANY,
    tags=TAGS,
    _links=LINKS,
)
_IDENTITY = whole(
    **_DATED,
    application=TEXT,
    entity=whole(business_name=TEXT, doing_business_as=maybe(TEXT), url=maybe(TEXT)),
    identity_roles=listed(TEXT),
    type=TEXT,
    tags=TAGS,
    _links=LINKS,
)
_VERIFICATION = whole(
    **_DATED,
    application=TEXT,
    identity=TEXT,
    merchant=TEXT,
    merchant_identity=TEXT,
    messages=listed(TEXT),
    processor=TEXT,
    state=word(*shapes.VERIFIED.values()),
    tags=TAGS,
    trace_id=maybe(TEXT),
    _links=LINKS,
)
_APPLICATION = whole(
    **_DATED,
    enabled=FLAG,
    name=TEXT,
    owner=maybe(TEXT),
    processing_enabled=FLAG,
    settlement_enabled=FLAG,
    tags=TAGS,
    _links=LINKS,
)
_USER = whole(
    **_DATED,
    created_by=TEXT,
    enabled=FLAG,
    identity=maybe(TEXT),
    application=maybe(TEXT),
    last_used_date=maybe(TIME),
    password={**maybe(TEXT), "description": "In the answer that made the key, and never again."},
    role=word(*_values(ApiUser.Role)),
    tags=TAGS,
    _links=LINKS,
)
_FILE = whole(
    **_DATED,
    application_id=TEXT,
    display_name=TEXT,
    extension=maybe(TEXT),
    identity_id=TEXT,
    linked_to=TEXT,
    linked_type=word("IDENTITY", "MERCHANT"),
    platform_id=maybe(TEXT),
    status=word(*_values(File.State)),
    tags=TAGS,
    type=TEXT,
    _links=LINKS,
)
_LINK = whole(
    id=TEXT,
    created_at=TIME,
    duration=TEXT,
    expired=FLAG,
    expires_at=TIME,
    file_id=TEXT,
    tags=TAGS,
    type=word(*_values(ExternalLink.Kind)),
    url={"type": "string", "format": "uri"},
    user_id=TEXT,
)
_ENABLED_EVENTS = listed(body("entity", entity=TEXT, types=listed(TEXT)))
_HOOK: Mapping[str, Schema] = {
    **_DATED,
    "application": maybe(TEXT),
    "authentication": whole(type=word(*hooks.AUTHENTICATIONS)),
    "enabled": FLAG,
    "enabled_events": _ENABLED_EVENTS,
    "is_accepting_events": FLAG,
    "nickname": maybe(TEXT),
    "previous_secret_expires_at": maybe(TIME),
    "url": TEXT,
    "_links": LINKS,
}
_TRY = whole(at=TIME, status=maybe(NUMBER), error=maybe(TEXT), milliseconds=NUMBER)
_DELIVERY = whole(
    **_DATED,
    webhook=TEXT,
    event=TEXT,
    entity=TEXT,
    type=TEXT,
    state=word(*_values(Delivery.State)),
    next_attempt_at=maybe(TIME),
    attempts=listed(_TRY),
    _links=LINKS,
)
_EVENT = whole(
    id=TEXT,
    type=TEXT,
    entity=TEXT,
    occurred_at={**TEXT, "description": "UTC, with three decimals and no zone."},
    system_generated_idempotency_id=TEXT,
    _embedded={**ANY, "description": "The thing itself, under the name of its list."},
    created_at=TIME,
)
_PROBLEM = {
    **body("logref", "message", "code", logref=TEXT, message=TEXT, code=TEXT, field=TEXT),
    "description": "`field` names what is to be corrected, where one thing is.",
}
_WISH = {
    "url": {"type": "string", "maxLength": hooks.LONGEST_URL},
    "enabled": FLAG,
    "enabled_events": _ENABLED_EVENTS,
    "nickname": TEXT,
    "authentication": body(
        "type",
        type=word(*hooks.AUTHENTICATIONS),
        basic=body("username", "password", username=TEXT, password=TEXT),
        bearer=body("token", token=TEXT),
    ),
}
_ADDRESS = ("line1", "line2", "city", "region", "postal_code", "country")
_ENTITY = body(
    "business_name",
    "email",
    business_name=TEXT,
    email={"type": "string", "format": "email"},
    **dict.fromkeys(
        ("doing_business_as", "first_name", "last_name", "title", "phone", "business_phone", "url"),
        TEXT,
    ),
    business_address=body(**dict.fromkeys(_ADDRESS, TEXT)),
)

ANSWERS: Mapping[str, Schema] = {
    "ComplianceForm": _FORM,
    "Merchant": _MERCHANT,
    "Identity": _IDENTITY,
    "Verification": _VERIFICATION,
    "Application": _APPLICATION,
    "User": _USER,
    "File": _FILE,
    "ExternalLink": _LINK,
    "Webhook": whole(**_HOOK),
    "WebhookWithKey": whole(**_HOOK, secret_signing_key=TEXT),
    "TestEvent": whole(
        webhook=TEXT,
        is_accepted=FLAG,
        status=maybe(NUMBER),
        error=maybe(TEXT),
        milliseconds=NUMBER,
    ),
    "Delivery": _DELIVERY,
    "Event": _EVENT,
    "Errors": whole(total=NUMBER, _embedded=whole(errors=listed(_PROBLEM))),
}
"""What is answered, by its name."""

BODIES: Mapping[str, Schema] = {
    "Signature": body(
        pci_saq_a=body(*_SIGNED, **dict.fromkeys(_SIGNED, TEXT)),
        tags=TAGS,
    ),
    "Tagged": body(tags=TAGS),
    "NewVerification": body("merchant", merchant=TEXT),
    "NewIdentity": body("entity", entity=_ENTITY, application=TEXT, tags=TAGS),
    "NewMerchant": body("processor", processor=TEXT, tags=TAGS),
    "NewUser": body(role=word(*_values(ApiUser.Role)), tags=TAGS),
    "UserChange": body(enabled=FLAG, tags=TAGS),
    "NewFile": body(
        "linked_to",
        "type",
        linked_to=TEXT,
        type=word(*sorted(files.TYPES)),
        display_name=TEXT,
        tags=TAGS,
    ),
    "Content": body("file", file={"type": "string", "contentMediaType": "application/pdf"}),
    "NewLink": body(
        "type",
        type=word(*_values(ExternalLink.Kind)),
        duration={**NUMBER, "minimum": 1, "maximum": _LONGEST_MINUTES, "default": 60},
        tags=TAGS,
    ),
    "NewWebhook": body("url", **_WISH),
    "WebhookChange": body(**_WISH),
    "Nothing": ANY,
}
"""What is sent, by its name."""
