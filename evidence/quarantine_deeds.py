"""Decisions about what lies in quarantine: release, redact, destroy; never by who sent it."""

import hmac
import json
import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.journal import digest
from accounts.models import User
from controls.models import Expectation, Risk
from evidence import intake, ledger, quarantine, scratch_files, store
from evidence.errors import MaskingError, QuarantineError
from evidence.handling import Handling
from evidence.models import Evidence
from evidence.population import IPE, Column, PopulationFacts, TableFacts
from evidence.quarantine_models import Quarantined, QuarantineDecision
from evidence.screening import Finding
from evidence.screening.masking import masked, removed_from
from evidence.submission import Submission

Deed = QuarantineDecision.Deed
NEEDS = {
    Deed.RELEASED: Capability.RELEASE_QUARANTINED,
    Deed.REDACTED: Capability.REDACT_QUARANTINED,
    Deed.DESTROYED: Capability.DESTROY_QUARANTINED,
}
_MOMENTS = ("started_at", "finished_at", "source_clock")


def release(quarantined: Quarantined, *, by: User, reason: str) -> Evidence:
    """Complete the intake as if the file had come through, its time of receipt kept.

    Raises QuarantineError, and what intake refuses: a version that was superseded meanwhile.
    """
    _check(quarantined, Deed.RELEASED, by, reason)
    with ExitStack() as open_files:
        submission = replace(
            _submission(quarantined, open_files),
            is_judged=True,
            received_at=quarantined.received_at,
            idempotency_key=quarantined.idempotency_key,
        )
        ready = intake.prepare(submission)
    with store.undone_on_failure(ready.files), transaction.atomic():
        ledger.lock()
        _check(quarantined, Deed.RELEASED, by, reason)
        (evidence,) = intake.record([ready], actor=quarantined.sender)
        _decide(quarantined, Deed.RELEASED, by=by, reason=reason, evidence=evidence)
        quarantine.destroy_keys(_blobs(quarantined))
        return evidence


def redact(
    quarantined: Quarantined,
    *,
    by: User,
    reason: str,
    cleaned: Path | None = None,
    filename: str = "",
) -> Evidence:
    """Take in a copy without what was found; the original stays sealed, its fields committed to.

    Without `cleaned` the text is masked here. What is handed in is screened again like anything.
    Raises QuarantineError, MaskingError, ScreeningError.
    """
    _check(quarantined, Deed.REDACTED, by, reason)
    ready, removed = _prepare_copy(quarantined, by=by, cleaned=cleaned, filename=filename)
    salts = [secrets.token_bytes(32) for _ in removed]
    sealed = store.put(
        BytesIO(json.dumps([salt.hex() for salt in salts]).encode()), allow_empty=True
    )
    with store.undone_on_failure([*ready.files, sealed]), transaction.atomic():
        ledger.lock()
        _check(quarantined, Deed.REDACTED, by, reason)
        (evidence,) = intake.record([ready], actor=actor(by))
        store.record([sealed])
        _decide(
            quarantined,
            Deed.REDACTED,
            by=by,
            reason=reason,
            evidence=evidence,
            removed=_committed(removed, salts),
            salts=sealed.sha256,
        )
        return evidence


def _prepare_copy(
    quarantined: Quarantined, *, by: User, cleaned: Path | None, filename: str
) -> tuple[intake.Prepared, Sequence[Finding]]:
    """Screen and store a redacted copy; say what it lacks of the original."""
    if quarantined.description["population"]:
        message = (
            "A table with its record of making cannot be redacted: its counts and checks would not "
            "hold. Drop the field at its source and collect again, then destroy this."
        )
        raise MaskingError(message)
    with ExitStack() as open_files:
        source = open_files.enter_context(quarantine.content(quarantined))
        content, removed = _cleaned(source, cleaned)
        sent = replace(
            _submission(quarantined, open_files),
            content=content,
            filename=filename or f"redacted-{quarantined.filename}"[:160],
            declared_sha256="",
            prepared_by=by,
        )
        return intake.prepare(sent), removed


@transaction.atomic
def destroy(quarantined: Quarantined, *, by: User, reason: str) -> QuarantineDecision:
    """Make the content unreadable for good by removing its data key; row and leaf stay.

    The salts of a redaction go with it: with them its numbers could be found by trying.
    """
    ledger.lock()
    _check(quarantined, Deed.DESTROYED, by, reason)
    redacted = quarantined.decisions.filter(deed=Deed.REDACTED).first()
    salts = [redacted.salts_id] if redacted and redacted.salts_id else []
    decision = _decide(quarantined, Deed.DESTROYED, by=by, reason=reason)
    quarantine.destroy_keys([*_blobs(quarantined), *salts])
    return decision


def obstacle(quarantined: Quarantined, deed: str, *, by: User) -> str:
    """Say why the person cannot do a deed now; empty where nothing stands against it."""
    try:
        _check(quarantined, Deed(deed), by, "a reason")
    except QuarantineError as error:
        return str(error)
    return ""


def commitment(salt: bytes, value: bytes) -> str:
    """Return the HMAC-SHA-256 (hex) that binds a removed value; its salt opens it."""
    return hmac.new(salt, value, sha256).hexdigest()


def _check(quarantined: Quarantined, deed: Deed, by: User, reason: str) -> None:
    if not can(by, NEEDS[deed]):
        message = "Your roles do not include this decision about quarantine. Ask an administrator."
        raise QuarantineError(message)
    if quarantined.sent_by_id == by.pk or quarantined.sender == actor(by):
        message = "You sent this file yourself. Another person must decide about it."
        raise QuarantineError(message)
    if not reason.strip():
        message = "Say why, so that everybody can follow the decision later."
        raise QuarantineError(message)
    done = set(quarantined.decisions.values_list("deed", flat=True))
    if done - {Deed.REDACTED} or (done and deed != Deed.DESTROYED):
        words = " and ".join(sorted(Deed(one).label.lower() for one in done))
        message = f"{quarantined.ref} was {words} already."
        raise QuarantineError(message)


def _decide(
    quarantined: Quarantined,
    deed: Deed,
    *,
    by: User,
    reason: str,
    evidence: Evidence | None = None,
    removed: Sequence[dict[str, str]] = (),
    salts: str | None = None,
) -> QuarantineDecision:
    decision = QuarantineDecision(
        quarantined=quarantined,
        deed=deed,
        reason=reason.strip(),
        by=by,
        decided_at=timezone.now(),
        evidence=evidence,
        removed=list(removed),
        salts_id=salts,
    )
    decision.ledger_entry = ledger.append(
        f"quarantine.{deed}", subject=quarantined.ref, body=facts_of(decision), actor=actor(by)
    )
    decision.save(force_insert=True)
    return decision


def facts_of(decision: QuarantineDecision) -> dict[str, object]:
    """Return what the leaf of a decision tells."""
    return {
        "sealed_sha256": decision.quarantined.blob_id,
        "by": actor(decision.by),
        "reason_sha256": digest(decision.reason),
        "evidence": decision.evidence.ref if decision.evidence else None,
        "sha256": decision.evidence.blob_id if decision.evidence else None,
        "removed": [one["commitment"] for one in decision.removed],
    }


def _blobs(quarantined: Quarantined) -> list[str]:
    return [one for one in (quarantined.blob_id, quarantined.table_id) if one]


def _cleaned(source: BinaryIO, cleaned: Path | None) -> tuple[bytes | Path, Sequence[Finding]]:
    if cleaned is None:
        made = masked(source)
        return made.content, made.removed
    return cleaned, removed_from(source)


def _committed(removed: Sequence[Finding], salts: Sequence[bytes]) -> list[dict[str, str]]:
    return [
        {"what": one.what, "where": one.where, "commitment": commitment(salt, one.value)}
        for one, salt in zip(removed, salts, strict=True)
    ]


def _submission(quarantined: Quarantined, open_files: ExitStack) -> Submission:
    """Put a submission together again from what was kept of it."""
    kept = quarantined.description
    slugs = kept["claims"]
    claims = tuple(Expectation.objects.filter(slug__in=slugs).select_related("control"))
    if len(claims) < len(slugs):
        message = "An expectation that this file was sent for is gone. Destroy it, and send anew."
        raise QuarantineError(message)
    plain = {name: kept[name] for name in quarantine.PLAIN}
    return Submission(
        **plain,
        content=open_files.enter_context(quarantine.content(quarantined)),
        filename=quarantined.filename,
        covers_from=date.fromisoformat(kept["covers_from"]),
        covers_to=date.fromisoformat(kept["covers_to"]),
        collected_at=datetime.fromisoformat(kept["collected_at"]),
        prepared_by=quarantined.sent_by,
        claims=claims,
        population=_population(quarantined, open_files),
        supersedes=Evidence.objects.filter(ref=kept["supersedes"]).first(),
        related_risk=Risk.objects.filter(ref=kept["related_risk"]).first(),
        tags=kept["tags"],
        handling=Handling.from_json(kept["handling"]) if kept["handling"] else None,
        is_made_here=kept["is_made_here"],
    )


def _population(quarantined: Quarantined, open_files: ExitStack) -> PopulationFacts | None:
    kept: dict[str, Any] | None = quarantined.description["population"]
    if kept is None:
        return None
    table = quarantine.table(quarantined)
    path = None
    if table:
        with table:
            path = open_files.enter_context(
                scratch_files.copied(table, folder=Path(settings.SCRATCH_DIR), name="table.csv")
            )
    ipe: dict[str, Any] = {
        name: datetime.fromisoformat(value) if name in _MOMENTS and value else value
        for name, value in kept["ipe"].items()
    }
    ipe["raw_digests"] = tuple(ipe["raw_digests"])
    return PopulationFacts(
        columns=tuple(Column(name, type_) for name, type_ in kept["columns"]),
        ipe=IPE(**ipe),
        facts=TableFacts(kept["sha256"], kept["row_count"], kept["control_totals"]),
        table=path,
    )
