"""A visitor asks for documents and accepts the agreement; what was accepted can be shown later.

Rules:
- The agreement that is accepted is the one in force, named by its digest: who read an older version
  reads the new one first.
- The leaf holds a digest of everything that was said and seen, and no word of it.
- One address may have a few requests that wait, and the house some hundred: a flood is refused
  before it is a burden to who decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from accounts import journal
from audits import days
from audits.buyers import documents, page
from audits.errors import BuyerRequestError
from audits.models import BuyerDecision, BuyerRequest
from evidence import ledger

MOST_OF_ONE = 3
MOST_WAITING = 300
LONGEST_NAME = 120
LONGEST_PURPOSE = 1_000
_LONGEST_AGENT = 500


@dataclass(frozen=True)
class Visitor:
    """Who asks, and why."""

    name: str
    company: str
    email: str
    purpose: str


@dataclass(frozen=True)
class Seen:
    """What the server saw of the browser that asked."""

    ip_address: str
    user_agent: str


def ask(
    visitor: Visitor, *, wanted: Sequence[int], agreement_sha256: str, seen: Seen
) -> BuyerRequest:
    """Record a request for documents (keys of what is on offer) with the acceptance in it.

    Raises BuyerRequestError.
    """
    said = _checked(visitor)
    with transaction.atomic():
        ledger.lock()
        in_force = page.agreement()
        if in_force is None or journal.digest(in_force.text) != agreement_sha256:
            raise BuyerRequestError(
                "The agreement was changed while you read it. Read it again, and send once more."
            )
        found = documents.chosen(wanted)
        if not found:
            raise BuyerRequestError("Choose at least one of the documents.")
        _refuse_flood(said.email)
        row = BuyerRequest(
            ref=_next_ref(),
            name=said.name,
            company=said.company,
            email=said.email,
            purpose=said.purpose,
            agreement=in_force,
            agreement_sha256=agreement_sha256,
            wanted=[one.pk for one in found],
            ip_address=seen.ip_address[:60] or "unknown",
            user_agent=seen.user_agent[:_LONGEST_AGENT] or "unknown",
        )
        row.ledger_entry = ledger.append(
            "trust.request", subject=row.ref, body=facts(row), actor=actor_of(row)
        )
        row.asked_at = row.ledger_entry.recorded_at
        row.save(force_insert=True)
        return row


def waiting() -> QuerySet[BuyerRequest]:
    """Return the requests that nobody has decided yet."""
    decided = BuyerDecision.objects.filter(request=OuterRef("pk"))
    return BuyerRequest.objects.filter(~Exists(decided))


def facts(row: BuyerRequest) -> Mapping[str, object]:
    """Return what the leaf of a request says of its row: digests only."""
    said = {
        "name": row.name,
        "company": row.company,
        "email": row.email,
        "purpose": row.purpose,
        "ip_address": row.ip_address,
        "user_agent": row.user_agent,
    }
    return {
        "agreement_sha256": row.agreement_sha256,
        "documents": list(row.wanted),
        "record_sha256": sha256(ledger.canonical(said)).hexdigest(),
    }


def actor_of(row: BuyerRequest) -> str:
    """Name a buyer in the ledger: by the reference of the request, never by name."""
    return f"buyer:{row.ref}"


def _checked(visitor: Visitor) -> Visitor:
    name, company = " ".join(visitor.name.split()), " ".join(visitor.company.split())
    email, purpose = visitor.email.strip().lower(), visitor.purpose.strip()
    if not (name and company and purpose):
        raise BuyerRequestError("Give your name, your company, and what you need them for.")
    if max(len(name), len(company)) > LONGEST_NAME or len(purpose) > LONGEST_PURPOSE:
        raise BuyerRequestError("What you typed is too long. Shorten it.")
    if any(not letter.isprintable() for letter in name + company):
        raise BuyerRequestError("Name and company hold invisible characters. Type them anew.")
    try:
        validate_email(email)
    except ValidationError as error:
        raise BuyerRequestError("This is no e-mail address.") from error
    return Visitor(name, company, email, purpose.replace("\0", ""))


def _refuse_flood(email: str) -> None:
    open_ones = waiting()
    if open_ones.filter(email=email).count() >= MOST_OF_ONE:
        raise BuyerRequestError(
            f"{MOST_OF_ONE} requests of this address wait already. You will hear from us."
        )
    if open_ones.count() >= MOST_WAITING:
        raise BuyerRequestError(
            "Too many requests wait here at the moment. Try again another day, or write to us."
        )


def _next_ref() -> str:
    """Return the next reference of this year; the caller holds the log's lock."""
    prefix = f"BUY-{days.today().year}-"
    used = BuyerRequest.objects.filter(ref__startswith=prefix).values_list("ref", flat=True)
    return f"{prefix}{max((int(ref.removeprefix(prefix)) for ref in used), default=0) + 1}"
