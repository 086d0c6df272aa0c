"""Takes in a form that was signed elsewhere: its paper is evidence, and the basis of it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from accounts.access import actor
from accounts.models import User
from evidence import intake, ledger, store
from merchants import papers, parties, signing
from merchants.errors import MerchantError
from merchants.models import ComplianceForm, FormFile, SignatureRecord
from merchants.signing import Signature

LARGEST = 20_000_000
_HEAD = b"%PDF-"
_ELSEWHERE = "not known: signed elsewhere"


@dataclass(frozen=True)
class SignedPaper:
    """What stands on a paper that was signed elsewhere."""

    name: str
    title: str
    signed_on: date


def take_in(
    form: ComplianceForm, said: SignedPaper, paper: Path, *, filename: str, by: User
) -> SignatureRecord:
    """Keep a signed paper of a form and record who signed it; all of it or nothing.

    No answers are read from it, so it is attested as a whole. Raises NotAllowedError,
    MerchantError, SignatureError, SignedAlreadyError, FormClosedError, EvidenceError.
    """
    parties.refuse_stranger(by)
    if paper.stat().st_size > LARGEST:
        raise MerchantError(f"The paper is larger than {LARGEST // 10**6} MB.")
    with paper.open("rb") as file:
        if file.read(len(_HEAD)) != _HEAD:
            raise MerchantError("This is no PDF. Take in the signed paper as a PDF.")
    if said.signed_on > timezone.now().date():
        raise MerchantError("The day of the signature is still to come.")
    signature = Signature(said.name, said.title, _ELSEWHERE, _ELSEWHERE, said.signed_on.isoformat())
    ready = intake.prepare(papers.submission_of_signed(form, paper, filename, by))
    with store.undone_on_failure(ready.files), transaction.atomic():
        ledger.lock()
        record = signing.sign(
            form, signature, actor=actor(by), basis=SignatureRecord.Basis.DOCUMENT
        )
        papers.record(form, FormFile.Which.TAKEN_IN, ready, actor=actor(by))
    return record
