"""What the leaves of this room tell about its rows."""

from hashlib import sha256

from accounts.access import actor
from accounts.journal import digest
from evidence import description, ledger, quarantine, quarantine_deeds, rotation
from evidence.key_models import KeyDecision, KeyProposal
from evidence.log_models import LogRestart
from evidence.models import CheckResult, Evidence, Review
from evidence.quarantine_models import Quarantined, QuarantineDecision
from evidence.retention_models import LegalHold, RetentionDecision, RetentionProposal
from evidence.told import Told, tell

tell(
    Told(
        Evidence,
        ("evidence",),
        lambda rows, _: {
            "uid": str(rows[0].uid),
            "version": rows[0].version,
            "sha256": rows[0].blob_id,
            "size": rows[0].blob.size,
            "metadata_sha256": description.metadata_digest(description.metadata(rows[0])),
            "collected_at": ledger.stamp(rows[0].collected_at),
            "received_at": ledger.stamp(rows[0].received_at),
            "covers_from": rows[0].covers_from.isoformat(),
            "covers_to": rows[0].covers_to.isoformat(),
            "run": rows[0].run_ref,
            "expectations": sorted(claim.expectation.slug for claim in rows[0].claims.all()),
            "supersedes": rows[0].supersedes.ref if rows[0].supersedes else None,
        },
        subject=lambda rows: str(rows[0].ref),
        along=("blob", "related_risk", "supersedes", "prepared_by", "population"),
        fetch=("claims__expectation", "tags"),
    )
)
tell(
    Told(
        CheckResult,
        ("check",),
        lambda rows, _: {
            "check_sha256": rows[0].check_digest,
            "sha256": rows[0].evidence.blob_id,
            "state": rows[0].state,
            "population_count": rows[0].population_count,
            "exception_count": rows[0].exception_count,
            "exceptions_sha256": sha256(ledger.canonical(rows[0].exceptions)).hexdigest(),
        },
        subject=lambda rows: str(rows[0].evidence.ref),
        along=("evidence",),
    )
)
tell(
    Told(
        Review,
        ("review",),
        lambda rows, _: {
            "sha256": rows[0].digest,
            "decision": rows[0].decision,
            "reviewer": actor(rows[0].reviewer),
        },
        subject=lambda rows: str(rows[0].evidence.ref),
        along=("evidence", "reviewer"),
    )
)
tell(
    Told(
        LogRestart,
        ("log.resumed",),
        lambda rows, _: {
            "given_size": rows[0].given_size,
            "given_note_sha256": digest(rows[0].given_note),
            "found_size": rows[0].found_size,
            "found_root": bytes(rows[0].found_root).hex(),
            "reason_sha256": digest(rows[0].reason),
        },
    )
)
tell(
    Told(
        KeyProposal,
        ("key.proposed",),
        lambda rows, _: rotation.proposed(rows[0]),
        subject=lambda _: "log",
    )
)
tell(
    Told(
        LegalHold,
        ("hold.placed",),
        lambda rows, _: {
            "sha256": rows[0].evidence.blob_id,
            "reason_sha256": digest(rows[0].reason),
        },
        subject=lambda rows: str(rows[0].evidence.ref),
        along=("evidence",),
    )
)
tell(
    Told(
        Quarantined,
        ("quarantine.kept",),
        lambda rows, _: quarantine.facts_of(rows[0]),
        subject=lambda rows: str(rows[0].ref),
    )
)
tell(
    Told(
        RetentionProposal,
        ("retention.proposed",),
        lambda rows, _: {
            "deed": rows[0].deed,
            "sha256": rows[0].evidence.blob_id,
            "hold": rows[0].hold_id,
            "reason_sha256": digest(rows[0].reason),
        },
        subject=lambda rows: str(rows[0].evidence.ref),
        along=("evidence",),
    )
)
tell(
    Told(
        KeyDecision,
        ("key.rotated", "key.replaced", "key.revoked", "key.declined"),
        lambda rows, _: rotation.decided(rows[0]),
        subject=lambda _: "log",
        along=("proposal",),
    )
)
tell(
    Told(
        QuarantineDecision,
        ("quarantine.released", "quarantine.redacted", "quarantine.destroyed"),
        lambda rows, _: quarantine_deeds.facts_of(rows[0]),
        subject=lambda rows: str(rows[0].quarantined.ref),
        along=("quarantined", "by", "evidence"),
    )
)
tell(
    Told(
        RetentionDecision,
        ("retention.approved", "retention.refused"),
        lambda rows, _: {
            "proposal": rows[0].proposal_id,
            "deed": rows[0].proposal.deed,
            "is_approved": rows[0].is_approved,
            "proposed_by": actor(rows[0].proposal.proposed_by),
            "note_sha256": digest(rows[0].note),
            "blobs": sorted(one.blob_id for one in rows[0].disposals.all()),
        },
        subject=lambda rows: str(rows[0].proposal.evidence.ref),
        along=("proposal__evidence", "proposal__proposed_by"),
        fetch=("disposals",),
    )
)
