"""Keeps sealed what screening kept out, until somebody decides about it.

Rules:
- What lies here is no evidence: no list of evidence, pack, search, log line or portal knows it.
- Its stored form begins with 32 random bytes that are sealed with it, so its digest is a salted
  commitment: it binds the content and tells nothing of it.
- The same sender's same key gives the same answer, as with what is taken in.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from evidence import ledger, store
from evidence.errors import IdempotencyConflictError
from evidence.models import BlobKey, Evidence
from evidence.quarantine_models import Quarantined, QuarantineDecision
from evidence.screening import Finding
from evidence.submission import Submission

SALT = 32
PLAIN = (
    "title",
    "evidence_type",
    "kind",
    "area",
    "source_system",
    "environment",
    "owner",
    "sensitivity",
    "media_type",
    "declared_sha256",
    "run_ref",
)


class _Salted:
    """Reads fresh random bytes first, and then a file."""

    def __init__(self, source: BinaryIO) -> None:
        self._first = secrets.token_bytes(SALT)
        self._source = source

    def read(self, size: int = -1) -> bytes:
        first, self._first = self._first, b""
        return first or self._source.read(size)


def keep(
    submission: Submission, findings: Sequence[Finding], *, filename: str, actor: str
) -> Quarantined:
    """Seal what was handed in and record it with a leaf that tells nothing of its content.

    The same sender's same idempotency key with the same content returns the row that is there;
    with other content it raises IdempotencyConflictError.
    """
    sealed: list[store.Stored] = []
    with store.undone_on_failure(sealed), transaction.atomic():
        ledger.lock()
        earlier = _earlier(submission, actor)
        if earlier:
            return earlier
        sealed.append(_seal(submission.content))
        if submission.population and submission.population.table:
            sealed.append(_seal(submission.population.table))
        return _record(submission, findings, sealed, filename=filename, actor=actor)


def answered(submission: Submission, *, actor: str) -> Evidence | None:
    """Return the evidence that an earlier sending of the same became by its release."""
    earlier = _kept(submission.idempotency_key, actor)
    if earlier is None:
        return None
    released = earlier.decisions.filter(deed=QuarantineDecision.Deed.RELEASED)
    decision = released.select_related("evidence").first()
    if decision is None or decision.evidence is None:
        return None
    if _digest(b"", submission.content) != decision.evidence.blob_id:
        raise IdempotencyConflictError(submission.idempotency_key)
    return decision.evidence


def content(quarantined: Quarantined) -> BinaryIO:
    """Open the content as it came; BlobMissingError once it was destroyed."""
    return _open(quarantined.blob_id)


def table(quarantined: Quarantined) -> BinaryIO | None:
    """Open the table that came beside the content, where there was one."""
    return _open(quarantined.table_id) if quarantined.table_id else None


def destroy_keys(digests: Iterable[str]) -> None:
    """Remove data keys in the caller's transaction, and the files once it is committed."""
    for key in BlobKey.objects.filter(pk__in=list(digests)):
        # Without its key a file is noise, so one that stays behind after a crash tells nothing.
        transaction.on_commit(partial(store.remove, key.location, key.version))
        key.delete()


def shredded(digests: Iterable[str]) -> set[str]:
    """Return those of these blobs whose keys were destroyed by a decision."""
    wanted = list(digests)
    held = set(BlobKey.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    final = QuarantineDecision.objects.exclude(deed=QuarantineDecision.Deed.REDACTED)
    ended = Quarantined.objects.filter(pk__in=final.values("quarantined"))
    gone = {
        *ended.filter(blob__in=wanted).values_list("blob", flat=True),
        *ended.filter(table__in=wanted).values_list("table", flat=True),
        *QuarantineDecision.objects.filter(
            salts__in=wanted, quarantined__in=ended.values("pk")
        ).values_list("salts", flat=True),
    }
    return gone - held


def told(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """Return findings as they are kept: what and where, in words."""
    return [{"sort": str(one.sort), "what": one.what, "where": one.where} for one in findings]


def described(submission: Submission, filename: str) -> dict[str, Any]:
    """Return all of a submission but its files, as JSON from which its intake can go on."""
    population = submission.population
    return {
        **{name: str(getattr(submission, name)) for name in PLAIN},
        "filename": filename,
        "covers_from": submission.covers_from.isoformat(),
        "covers_to": submission.covers_to.isoformat(),
        "collected_at": submission.collected_at.isoformat(),
        "claims": sorted(expectation.slug for expectation in submission.claims),
        "supersedes": submission.supersedes.ref if submission.supersedes else None,
        "related_risk": submission.related_risk.ref if submission.related_risk else None,
        "tags": dict(submission.tags),
        "handling": submission.handling.to_json() if submission.handling else None,
        "is_made_here": submission.is_made_here,
        "population": population
        and {
            "columns": [[column.name, column.type] for column in population.columns],
            "ipe": population.ipe.to_json(),
            "sha256": population.facts.sha256,
            "row_count": population.facts.row_count,
            "control_totals": dict(population.facts.control_totals),
            "has_table": population.table is not None,
        },
    }


def facts_of(row: Quarantined) -> Mapping[str, object]:
    """Return what the leaf of a row tells: counts and digests, never a word of the content."""
    sorts = [str(one["sort"]) for one in row.findings]
    return {
        "sealed_sha256": row.blob_id,
        "size": row.size,
        "found": {sort: sorts.count(sort) for sort in sorted(set(sorts))},
        "findings_sha256": sha256(ledger.canonical(row.findings)).hexdigest(),
        "description_sha256": sha256(ledger.canonical(row.description)).hexdigest(),
        "expectations": row.description["claims"],
        "covers_from": row.description["covers_from"],
        "covers_to": row.description["covers_to"],
        "received_at": ledger.stamp(row.received_at),
    }


def _record(
    submission: Submission,
    findings: Sequence[Finding],
    sealed: Sequence[store.Stored],
    *,
    filename: str,
    actor: str,
) -> Quarantined:
    store.record(sealed)
    number = (Quarantined.objects.aggregate(last=Max("number"))["last"] or 0) + 1
    row = Quarantined(
        number=number,
        blob_id=sealed[0].sha256,
        table_id=sealed[1].sha256 if len(sealed) > 1 else None,
        size=sealed[0].size - SALT,
        filename=filename,
        title=submission.title,
        findings=told(findings),
        description=described(submission, filename),
        sender=actor,
        sent_by=submission.prepared_by,
        idempotency_key=submission.idempotency_key,
        received_at=timezone.now(),
    )
    row.ledger_entry = ledger.append(
        "quarantine.kept", subject=row.ref, body=facts_of(row), actor=actor
    )
    row.save(force_insert=True)
    return row


def _kept(key: str, actor: str) -> Quarantined | None:
    if not key:
        return None
    return Quarantined.objects.filter(sender=actor, idempotency_key=key).first()


def _earlier(submission: Submission, actor: str) -> Quarantined | None:
    """Return the row of the same sending; what was destroyed can no longer be compared."""
    row = _kept(submission.idempotency_key, actor)
    if row is None or not BlobKey.objects.filter(pk=row.blob_id).exists():
        return row
    with store.open_blob(row.blob_id) as reader:
        salt = reader.read(SALT)
    if _digest(salt, submission.content) != row.blob_id:
        raise IdempotencyConflictError(submission.idempotency_key)
    return row


def _digest(salt: bytes, given: bytes | Path | BinaryIO) -> str:
    running = sha256(salt)
    with _Reading(given) as source:
        while chunk := source.read(1024 * 1024):
            running.update(chunk)
    return running.hexdigest()


def _seal(given: bytes | Path | BinaryIO) -> store.Stored:
    with _Reading(given) as source:
        return store.put(cast("BinaryIO", _Salted(source)), is_limited=False)


class _Reading:
    """Opens what was handed in, and puts a file that is not ours back to where it stood."""

    def __init__(self, given: bytes | Path | BinaryIO) -> None:
        self._given = given
        self._start = 0

    def __enter__(self) -> BinaryIO:
        if isinstance(self._given, bytes):
            self._file: BinaryIO = BytesIO(self._given)
        elif isinstance(self._given, Path):
            self._file = self._given.open("rb")
        else:
            self._file, self._start = self._given, self._given.tell()
        return self._file

    def __exit__(self, *_: object) -> None:
        if self._file is self._given:
            self._file.seek(self._start)
        else:
            self._file.close()


def _open(digest: str) -> BinaryIO:
    reader = store.open_blob(digest)
    reader.seek(SALT)
    return reader
