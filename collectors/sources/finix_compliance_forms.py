"""Compliance forms of the merchants of a Finix account, and whether each merchant takes cards."""

from collections.abc import Iterator
from datetime import timedelta

from collectors.base import Answer, Ask, AsksFor, Declaration, Row
from collectors.vendors import finix
from collectors.vendors.finix import FinixSettings
from collectors.wire.fields import Item
from controls.models import Area, Expectation
from evidence.models import Evidence

COLLECTOR = Declaration(
    title="Compliance forms at Finix",
    asks="Which self-assessments do the merchants of the account owe, in which state is each, who "
    "signed it and until when is it valid?",
    kind=Evidence.Kind.STATE,
    asks_for=AsksFor.MOMENT,
    evidence_type=Expectation.EvidenceType.POPULATION_EXPORT,
    area=Area.VENDOR,
    sensitivity=Evidence.Sensitivity.CONFIDENTIAL,
    columns={
        "merchant_id": "text",
        "form_id": "text",
        "form_type": "text",
        "form_version": "text",
        "state": "text",
        "due_on": "date",
        "signed_on": "date",
        "signed_by": "text",
        "valid_from": "date",
        "valid_until": "date",
        "signed_file": "text",
        "takes_cards": "boolean",
        "created_at": "timestamp",
        "collected_on": "date",
    },
    completeness="Every merchant and every form of every state, each list until its cursor is null "
    "or a page is empty. A merchant without any form has a row without one.",
    permission="An API key with the role ROLE_PARTNER, which sees one application.",
    schedule="15 5 * * *",
    secrets=(*finix.SECRETS, "ip_address", "user_agent", "processor_details", "unsigned_file"),
    time_limit=timedelta(hours=2),
)
Settings = FinixSettings


def collect(ask: Ask[FinixSettings]) -> Answer:
    return Answer(
        rows=_rows(ask),
        source_system=finix.system(ask),
        query="GET /merchants and GET /compliance_forms, without any filter; takes_cards: "
        "processing_enabled of the merchant; signed_on: as the signer's own clock told it, of "
        "forms that are accepted",
        parameters={"finix_version": finix.VERSION},
    )


def _rows(ask: Ask[FinixSettings]) -> Iterator[Row]:
    today = ask.period.end
    with finix.opened(ask) as api:
        listed = finix.listed(api, "merchants", "merchants")
        taking = {one.text("id"): one.maybe_boolean("processing_enabled") for one in listed}
        ask.progress(0, note="forms")
        owed = set(taking)
        for form in finix.listed(api, "compliance_forms", "compliance_forms"):
            merchant = form.text("linked_to")
            owed.discard(merchant)
            yield (merchant, *_form(form), taking.get(merchant), form.moment("created_at"), today)
        for merchant in sorted(owed):
            yield (merchant, *[None] * 10, taking[merchant], None, today)


def _form(form: Item) -> Row:
    signature = form.part("pci_saq_a")
    is_signed = bool(signature.content) and signature.boolean("is_accepted")
    names = (signature.maybe_text(each) for each in ("name", "title")) if is_signed else ()
    return (
        form.text("id"),
        form.text("type"),
        form.text("version"),
        form.text("state"),
        form.maybe_day("due_at"),
        signature.maybe_day("signed_at") if is_signed else None,
        ", ".join(name for name in names if name) or None,
        form.maybe_day("valid_from"),
        form.maybe_day("valid_until"),
        form.maybe_text("files.signed_file"),
    )
