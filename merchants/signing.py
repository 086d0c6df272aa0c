"""The deed by which a form is signed: once, by one person, under exactly what was answered."""

from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction
from django.utils import timezone

from evidence import ledger, screening
from merchants import answering, issuing, links, papers
from merchants.answering import Whole
from merchants.errors import IncompleteError, SignatureError, SignedAlreadyError
from merchants.models import ComplianceForm, FormFile, SignatureRecord, SigningLink
from merchants.webhooks import telling

CONSENT = (
    "I am an officer of this business and may sign for it. I completed this self-assessment by "
    "its instructions. What it says is a fair account of our environment in every important "
    "respect. I keep the controls in place at all times, and look at this again when our "
    "environment changes. I agree to sign electronically."
)
_LONGEST = {"name": 200, "title": 200, "ip_address": 100, "user_agent": 500, "signed_at": 60}
_WORDS = {
    "name": "your name",
    "title": "your title",
    "ip_address": "the IP address",
    "user_agent": "the user agent",
    "signed_at": "the time of signing",
}
_TYPED = {"name", "title"}
ATTESTED = "attested_as_a_whole"
"""What a form comes to that was signed as a document, without an answer to each line."""


@dataclass(frozen=True)
class Signature:
    """What the signer, or the program that speaks for the signer, says."""

    name: str
    title: str
    ip_address: str
    user_agent: str
    signed_at: str
    """The client's time, kept as it was sent."""


@dataclass(frozen=True)
class Seen:
    """What we saw ourselves when the signature came."""

    address: str = ""
    agent: str = ""


def problems(signature: Signature) -> dict[str, str]:
    """Return a sentence for each field that cannot be kept."""
    found = {}
    for name, words in _WORDS.items():
        text = getattr(signature, name)
        if not text.strip():
            found[name] = f"Give {words}."
        elif len(text) > _LONGEST[name]:
            found[name] = f"This is longer than {_LONGEST[name]} characters."
        elif name in _TYPED and screening.speaks(text):
            found[name] = "This looks like a card number or a secret. Leave it out."
    return found


def obstacle(known: Whole) -> str:
    """Say why a form cannot be signed line by line yet; empty where it can."""
    if known.untrue:
        return (
            f"This form does not fit, because this is not true: {known.untrue[0]} "
            "Ask whoever sent it for another form."
        )
    if known.missing:
        return f"{len(known.missing)} answers are still missing."
    return ""


def sign(
    form: ComplianceForm,
    signature: Signature,
    *,
    actor: str,
    seen: Seen | None = None,
    basis: str = SignatureRecord.Basis.ANSWERS,
    link: SigningLink | None = None,
) -> SignatureRecord:
    """Sign a form; the same signature again gives the first record, another one is refused.

    On the basis of the answers each must be there; on the basis of the document its unsigned paper
    is attested as a whole. Raises SignatureError, IncompleteError, SignedAlreadyError,
    FormClosedError.
    """
    odd = problems(signature)
    if odd:
        raise SignatureError(odd)
    with transaction.atomic():
        ledger.lock()
        earlier = SignatureRecord.objects.filter(form=form).first()
        if earlier:
            if _is_same(earlier, signature):
                return earlier
            raise SignedAlreadyError
        if link is not None:
            _refuse_used(link)
        known = answering.whole(answering.locked(form))
        if basis == SignatureRecord.Basis.ANSWERS and (why := obstacle(known)):
            raise IncompleteError(why)
        record = _record(known, signature, seen or Seen(), basis, actor)
        links.use_up(known.form)
        papers.order(known.form, FormFile.Which.SIGNED, requested_by=actor)
        telling.forms("updated", [known.form])
    return record


def _refuse_used(link: SigningLink) -> None:
    live = SigningLink.objects.filter(pk=link.pk, used_at=None, withdrawn_at=None)
    if not live.filter(expires_at__gt=timezone.now()).exists():
        raise SignedAlreadyError("This link was used already, or it is over.")


def _is_same(earlier: SignatureRecord, signature: Signature) -> bool:
    return all(getattr(earlier, name) == getattr(signature, name) for name in _WORDS)


def facts(record: SignatureRecord) -> dict[str, object]:
    """Return what the leaf of a signature says: who signed is there as a digest only."""
    said = [getattr(record, name) for name in _WORDS]
    said += [record.seen_address, record.seen_agent, record.consent]
    return {
        "template_sha256": record.form.template.sha256,
        "basis": record.basis,
        "answers_sha256": record.answers_sha256,
        "overall": record.overall,
        "signature_sha256": sha256(ledger.canonical(said)).hexdigest(),
        "received_at": ledger.stamp(record.received_at),
    }


def _record(
    known: Whole, signature: Signature, seen: Seen, basis: str, actor: str
) -> SignatureRecord:
    now = timezone.now()
    record = SignatureRecord(
        form=known.form,
        basis=basis,
        name=signature.name,
        title=signature.title,
        ip_address=signature.ip_address,
        user_agent=signature.user_agent,
        signed_at=signature.signed_at,
        seen_address=seen.address[:100],
        seen_agent=seen.agent[:500],
        received_at=now,
        consent=CONSENT,
        overall=ATTESTED if known.standing.missing else known.standing.overall,
        answers_sha256=answering.digest_of(known),
    )
    record.ledger_entry = ledger.append(
        "compliance_form.signed", subject=known.form.ref, body=facts(record), actor=actor
    )
    record.save(force_insert=True)
    ComplianceForm.objects.filter(pk=known.form.pk).update(
        state=ComplianceForm.State.COMPLETE,
        valid_from=now,
        valid_until=now + issuing.VALID_FOR,
        updated_at=now,
    )
    return record
