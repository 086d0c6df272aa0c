"""Platforms, merchants and forms for tests, made by the deeds themselves."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from itertools import count
from typing import Any

from pypdf import PdfWriter

from accounts.models import User
from merchants import answering, links, parties, signing
from merchants.answering import Said
from merchants.answers import Answer, Given
from merchants.identity import Identity
from merchants.models import Application, ComplianceForm, Merchant, SignatureRecord
from merchants.parties import Applicant
from merchants.signing import Signature

_numbers = count(1)
BAKERY = Identity(
    business_name="Brot und Butter GmbH",
    contact_email="erna@bakery.example",
    contact_name="Erna Ofenloch",
    contact_title="Owner",
    address="Marktplatz 1, Trier",
)
ERNA = Signature(
    name="Erna Ofenloch",
    title="Owner",
    ip_address="203.0.113.7",
    user_agent="Mozilla/5.0 (X11; Linux x86_64)",
    signed_at="2026-11-22T08:00:00Z",
)
ONLINE = {"provider": "no", "stores": "no", "e-commerce": "yes", "e-commerce-how": "outsourced",
          "moto": "no", "card-present": "no"}  # fmt: skip


def application(by: User, *, environment: str = "live") -> Application:
    return parties.add_application(f"Platform {next(_numbers)}", environment=environment, by=by)


def applicant(**changes: Any) -> Applicant:
    return replace(Applicant(BAKERY, "A", interview=ONLINE), **changes)


def merchant(by: User, *, of: Application | None = None, **changes: Any) -> Merchant:
    """A merchant that waits for approval."""
    (made,) = parties.add_merchants(of or application(by), [applicant(**changes)], by=by)
    return made


def form(by: User, *, of: Application | None = None, **changes: Any) -> ComplianceForm:
    """The form of a merchant that was approved just now."""
    (made,) = parties.approve([merchant(by, of=of, **changes)], by=by)
    return made


def everything(of: ComplianceForm, given: Given | None = None) -> Said:
    """An answer to all that a form asks."""
    found = answering.whole(of).questionnaire
    note = "Looked at." if found.tells_results else ""
    return Said(
        dict.fromkeys(found.lines(), given or Given(Answer.IN_PLACE, note)),
        {one.id: True for one in found.statements},
        {one.id: f"Told of {one.id}." for one in found.parts},
    )


def answered(by: User, **changes: Any) -> ComplianceForm:
    made = form(by, **changes)
    answering.keep(made, everything(made), actor="merchant:test")
    return made


def signed(by: User, **changes: Any) -> SignatureRecord:
    return signing.sign(answered(by, **changes), ERNA, actor="merchant:test")


def link(of: ComplianceForm) -> str:
    return links.make(of, actor="system")[1]


def blank_pdf() -> bytes:
    """A paper as a scanner makes it, of one empty page."""
    writer, file = PdfWriter(), BytesIO()
    writer.add_blank_page(595, 842)
    writer.write(file)
    return file.getvalue()


def aged(of: ComplianceForm, days: int) -> ComplianceForm:
    """Move a form into the past, as if it had been issued and signed so many days earlier."""
    shift = timedelta(days=days)
    for name in ("created_at", "due_at", "valid_from", "valid_until"):
        moment = getattr(of, name)
        if moment:
            setattr(of, name, moment - shift)
    of.save()
    return of
