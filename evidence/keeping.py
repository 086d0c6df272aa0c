"""Deeds about keeping and disposing of content: holds, proposals, and what a second person decides.

Disposal destroys the wrapped data key (crypto-shredding): the digest, the leaf and all rows stay,
the bytes can never be read again. Nobody does that alone, nor lifts a hold alone.
"""

from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.journal import digest
from accounts.models import User
from evidence import disposed, ledger, retention, store, stores
from evidence.errors import RetentionError, StoreError
from evidence.models import BlobKey, Evidence, LedgerEntry, Population
from evidence.retention_models import Disposal, LegalHold, RetentionDecision, RetentionProposal

SHORTEST_REASON = 10
Deed = RetentionProposal.Deed


@transaction.atomic
def place_hold(evidence: Evidence, *, by: User, reason: str) -> LegalHold:
    """Put the content of a version under a legal hold: it stays until the hold is lifted."""
    ledger.lock()
    said = _allowed(by, reason)
    if disposed.is_disposed(evidence.blob_id):
        raise RetentionError("The content was disposed of already. There is nothing to hold.")
    body = {"sha256": evidence.blob_id, "reason_sha256": digest(said)}
    hold = LegalHold.objects.create(
        evidence=evidence,
        reason=said,
        placed_by=by,
        placed_at=timezone.now(),
        ledger_entry=_leaf("hold.placed", evidence, body, by),
    )
    transaction.on_commit(partial(_tell_store, evidence.blob_id, is_held=True))
    return hold


@transaction.atomic
def propose_lift(hold: LegalHold, *, by: User, reason: str) -> RetentionProposal:
    """Propose to lift a hold; another person decides."""
    ledger.lock()
    said = _allowed(by, reason)
    if not in_force([hold.evidence]).filter(pk=hold.pk).exists():
        raise RetentionError("This hold was lifted already.")
    return _proposed(Deed.LIFT, hold.evidence, by=by, reason=said, hold=hold)


@transaction.atomic
def propose_disposal(evidence: Evidence, *, by: User, reason: str) -> RetentionProposal:
    """Propose to dispose of the content of a version; another person decides."""
    ledger.lock()
    said = _allowed(by, reason)
    _refuse_what_must_stay(evidence)
    return _proposed(Deed.DISPOSE, evidence, by=by, reason=said, hold=None)


@transaction.atomic
def decide(
    proposal: RetentionProposal, *, by: User, is_approved: bool, note: str = ""
) -> RetentionDecision:
    """Approve or refuse a proposal of another person; an approved one takes effect at once."""
    ledger.lock()
    if not can(by, Capability.MANAGE_RETENTION):
        raise RetentionError("Your roles do not include retention. Ask an administrator.")
    if proposal.proposed_by_id == by.pk:
        raise RetentionError("You proposed this yourself. Another person must decide.")
    if RetentionDecision.objects.filter(proposal=proposal).exists():
        raise RetentionError("This proposal was decided already.")
    evidence = proposal.evidence
    blobs: list[str] = []
    if is_approved and proposal.deed == Deed.DISPOSE:
        _refuse_what_must_stay(evidence)
        blobs = _contents(evidence)
    answer = "approved" if is_approved else "refused"
    body = {
        "proposal": proposal.pk,
        "deed": proposal.deed,
        "is_approved": is_approved,
        "proposed_by": actor(proposal.proposed_by),
        "note_sha256": digest(note.strip()),
        "blobs": blobs,
    }
    decision = RetentionDecision.objects.create(
        proposal=proposal,
        is_approved=is_approved,
        note=note.strip(),
        decided_by=by,
        decided_at=timezone.now(),
        ledger_entry=_leaf(f"retention.{answer}", evidence, body, by),
    )
    _shred(decision, blobs)
    if is_approved and proposal.deed == Deed.LIFT and not in_force([evidence]).exists():
        transaction.on_commit(partial(_tell_store, evidence.blob_id, is_held=False))
    return decision


def in_force(items: list[Evidence]) -> "QuerySet[LegalHold]":
    """Return the holds on these items that nobody lifted."""
    lifted = RetentionDecision.objects.filter(is_approved=True, proposal__deed=Deed.LIFT)
    return LegalHold.objects.filter(evidence__in=items).exclude(
        pk__in=lifted.values("proposal__hold")
    )


def obstacle(evidence: Evidence) -> str:
    """Say why the content of a version cannot be disposed of now; empty where it can."""
    try:
        _refuse_what_must_stay(evidence)
    except RetentionError as error:
        return str(error)
    return ""


def _allowed(by: User, reason: str) -> str:
    if not can(by, Capability.MANAGE_RETENTION):
        raise RetentionError("Your roles do not include retention. Ask an administrator.")
    if len(reason.strip()) < SHORTEST_REASON:
        raise RetentionError("Say why, in a sentence that a stranger understands years later.")
    return reason.strip()


def _contents(evidence: Evidence) -> list[str]:
    """Return the digests of the original and of its table, without what is gone already."""
    tables = Population.objects.filter(evidence=evidence).values_list("table_id", flat=True)
    named = {evidence.blob_id, *tables}
    kept = BlobKey.objects.filter(pk__in=named).exclude(key_id="")
    return sorted(kept.values_list("pk", flat=True))


def _refuse_what_must_stay(evidence: Evidence) -> None:
    blobs = _contents(evidence)
    if not blobs:
        raise RetentionError("The content was disposed of already.")
    sharing = retention.with_content(blobs)
    if hold := in_force(sharing).select_related("evidence").first():
        raise RetentionError(
            f"{hold.evidence.ref} is under a legal hold since {hold.placed_at:%Y-%m-%d}. Have the"
            " hold lifted first."
        )
    today = timezone.now().date()
    for one in sharing:
        kept = retention.kept(one)
        if today <= kept.until:
            raise RetentionError(
                f"The content of {one.ref} must be kept until {kept.until:%Y-%m-%d}"
                f" ({kept.title.lower()})."
            )


def _proposed(
    deed: Deed, evidence: Evidence, *, by: User, reason: str, hold: LegalHold | None
) -> RetentionProposal:
    open_ones = RetentionProposal.objects.filter(deed=deed, evidence=evidence, hold=hold)
    if open_ones.filter(decision__isnull=True).exists():
        raise RetentionError("This was proposed already. Another person must decide about it.")
    body = {
        "deed": deed.value,
        "sha256": evidence.blob_id,
        "hold": hold.pk if hold else None,
        "reason_sha256": digest(reason),
    }
    return RetentionProposal.objects.create(
        deed=deed,
        evidence=evidence,
        hold=hold,
        reason=reason,
        proposed_by=by,
        proposed_at=timezone.now(),
        ledger_entry=_leaf("retention.proposed", evidence, body, by),
    )


def _shred(decision: RetentionDecision, blobs: list[str]) -> None:
    """Destroy the wrapped data keys; the files, worthless now, go once that is committed."""
    rows = list(BlobKey.objects.filter(pk__in=blobs))
    if rows and connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # Without this SQLite leaves the bytes of the old row in its file.
            cursor.execute("PRAGMA secure_delete = ON")
    Disposal.objects.bulk_create(Disposal(blob_id=row.pk, decision=decision) for row in rows)
    BlobKey.objects.filter(pk__in=blobs).update(wrapped_key=b"", key_id="")
    for row in rows:
        transaction.on_commit(partial(store.remove, row.location, row.version))


def _tell_store(digest: str, *, is_held: bool) -> None:
    """Have the store hold the file too, where it can; the hold itself is the row."""
    key = BlobKey.objects.filter(pk=digest).exclude(key_id="").first()
    if key:
        with suppress(StoreError, OSError):
            stores.current().hold(key.location, key.version, is_held=is_held)


def _leaf(kind: str, evidence: Evidence, body: Mapping[str, object], by: User) -> LedgerEntry:
    return ledger.append(kind, subject=evidence.ref, body=body, actor=actor(by))
