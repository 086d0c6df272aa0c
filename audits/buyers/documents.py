"""Which documents buyers may ask for: reports written here, and documents that people uploaded.

Rules:
- Only PDF files, because only their pages can be marked with the name of the receiver.
- A report is what the reports room took in itself; the leaf of its intake says so.
- An uploaded document is one that a person handed in, of a type that is written for others to read.
  What a collector fetched, tables, forms, samples, logs and packs are never offered.
- Nothing that a reviewer returned, that was replaced, disposed of, or is restricted.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accounts import journal
from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from audits.errors import BuyerDocumentError, NotAllowedError
from audits.models import BuyerDocument
from controls.models import Expectation
from evidence import ledger
from evidence.models import Evidence, EvidenceTag, Review

LARGEST = 30 * 1024**2
"""Bytes of a document; marked copies are made in memory."""
SHOWN = 200
_MADE_BY = "reports.written"
_BY_HAND = "user:"
_PDF = "application/pdf"
_TYPES = Expectation.EvidenceType
_READ_BY_OTHERS = (
    *(_TYPES.REPORT, _TYPES.EXTERNAL_REPORT, _TYPES.SCAN_REPORT),
    *(_TYPES.POLICY, _TYPES.PROCEDURE, _TYPES.DIAGRAM),
)


def shareable() -> QuerySet[Evidence]:
    """Return what may be offered, the newest first."""
    decided = Review.objects.filter(evidence=OuterRef("pk")).order_by("-pk").values("decision")
    tagged = EvidenceTag.objects.filter(key="report").values("evidence")
    report = Q(ledger_entry__actor=_MADE_BY, pk__in=tagged)
    upload = Q(
        ledger_entry__actor__startswith=_BY_HAND,
        run_ref="",
        evidence_type__in=_READ_BY_OTHERS,
        population__isnull=True,
    )
    found = Evidence.objects.filter(report | upload).annotate(decided=Subquery(decided[:1]))
    fit = found.filter(
        Q(media_type=_PDF) | Q(filename__iendswith=".pdf"),
        superseded_by__isnull=True,
        blob__size__lte=LARGEST,
    ).exclude(blob__key__key_id="")
    fit = fit.exclude(sensitivity=Evidence.Sensitivity.RESTRICTED)
    # Of what nobody decided yet there is no word to compare.
    kept = Q(decided__isnull=True) | ~Q(decided=Review.Decision.RETURNED)
    return fit.filter(kept).order_by("-pk")


def offered() -> QuerySet[BuyerDocument]:
    """Return the documents on offer, by title."""
    return BuyerDocument.objects.filter(withdrawn_at=None).select_related("evidence__blob")


def chosen(keys: Sequence[int]) -> list[BuyerDocument]:
    """Return those of some documents that are on offer, in the order of their titles."""
    return list(offered().filter(pk__in=keys))


def offer(evidence: Evidence, *, title: str, content: bytes, by: User) -> BuyerDocument:
    """Let buyers ask for a document; `content` are its bytes, which are looked at once more.

    Raises NotAllowedError and BuyerDocumentError.
    """
    refuse_stranger(by)
    name = title.strip()
    if not name:
        raise BuyerDocumentError("Give the title under which buyers see the document.")
    if not name.isprintable():
        raise BuyerDocumentError("The title holds invisible characters. Type it anew.")
    if not content.startswith(b"%PDF-"):
        raise BuyerDocumentError(f"{evidence.ref} is no PDF file; only those can be marked.")
    with transaction.atomic():
        ledger.lock()
        if not shareable().filter(pk=evidence.pk).exists():
            raise BuyerDocumentError(
                f"{evidence.ref} is nothing that may be shared: only reports written here, and "
                "documents uploaded by a person, that nobody returned and that are not restricted."
            )
        if offered().filter(evidence=evidence).exists():
            raise BuyerDocumentError(f"{evidence.ref} is on offer already.")
        ledger.append(
            "trust.document_offered",
            subject=evidence.ref,
            body={"sha256": evidence.blob_id, "title_sha256": journal.digest(name)},
            actor=actor(by),
        )
        return BuyerDocument.objects.create(
            title=name, evidence=evidence, offered_by=by, offered_at=timezone.now()
        )


def withdraw(document: BuyerDocument, *, by: User) -> None:
    """Take a document off the list at once: links that were given open it no more."""
    refuse_stranger(by)
    with transaction.atomic():
        ledger.lock()
        now = timezone.now()
        standing = BuyerDocument.objects.filter(pk=document.pk, withdrawn_at=None)
        if not standing.update(withdrawn_at=now):
            raise BuyerDocumentError(f"{document} was withdrawn already.")
        document.withdrawn_at = now
        ledger.append(
            "trust.document_withdrawn",
            subject=document.evidence.ref,
            body={"sha256": document.evidence.blob_id},
            actor=actor(by),
        )


def refuse_stranger(by: User) -> None:
    """Raise NotAllowedError for who may not decide what buyers receive."""
    if not can(by, Capability.SHARE_DOCUMENTS):
        raise NotAllowedError(f"{by} may not decide what buyers receive. Ask an administrator.")
