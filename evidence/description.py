"""What is said of an item in its leaf, in a pack, and when the same request is sent twice."""

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from accounts.access import actor as actor_of
from evidence import ledger
from evidence.models import Evidence
from evidence.population import PopulationFacts

if TYPE_CHECKING:
    from evidence.intake import Prepared


def leaf_body(evidence: Evidence, prepared: "Prepared") -> dict[str, Any]:
    """Return the body of the leaf of an evidence version: ids, digests and dates only."""
    submission = prepared.submission
    return {
        "uid": str(evidence.uid),
        "version": evidence.version,
        "sha256": evidence.blob_id,
        "size": prepared.content.size,
        "metadata_sha256": evidence.metadata_digest,
        "collected_at": ledger.stamp(evidence.collected_at),
        "received_at": ledger.stamp(evidence.received_at),
        "covers_from": evidence.covers_from.isoformat(),
        "covers_to": evidence.covers_to.isoformat(),
        "run": evidence.run_ref,
        "expectations": sorted(expectation.slug for expectation in submission.claims),
        "supersedes": submission.supersedes.ref if submission.supersedes else None,
    }


def metadata(evidence: Evidence, prepared: "Prepared | None" = None) -> dict[str, Any]:
    """Return what a pack says of an item; its RFC 8785 digest is bound by the item's leaf.

    What is not recorded yet is told by what was prepared.
    """
    described: dict[str, Any] = {
        "title": evidence.title,
        "evidence_type": evidence.evidence_type,
        "kind": str(evidence.kind),
        "area": str(evidence.area),
        "owner": evidence.owner,
        "sensitivity": str(evidence.sensitivity),
        "source_system": evidence.source_system,
        "environment": str(evidence.environment),
        "related_risk": evidence.related_risk.ref if evidence.related_risk else None,
        "filename": evidence.filename,
        "media_type": evidence.media_type,
        "prepared_by": actor_of(evidence.prepared_by) if evidence.prepared_by else None,
    }
    if evidence.handling:
        described["handling"] = evidence.handling
    labels = prepared.tags if prepared else {one.key: one.value for one in evidence.tags.all()}
    if labels:
        described["tags"] = dict(labels)
    table = population_metadata(evidence, prepared.submission.population if prepared else None)
    if table:
        described["population"] = table
    return described


def population_metadata(
    evidence: Evidence, facts: PopulationFacts | None = None
) -> dict[str, Any] | None:
    """Return what a pack says of a population: of the one handed in, else of the recorded one."""
    if facts:
        return {
            "columns": columns(facts),
            "row_count": facts.facts.row_count,
            "control_totals": dict(facts.facts.control_totals),
            "table_sha256": facts.facts.sha256,
            "ipe": facts.ipe.to_json(),
        }
    recorded = getattr(evidence, "population", None) if evidence.pk else None
    if recorded is None:
        return None
    return {
        "columns": recorded.columns,
        "row_count": recorded.row_count,
        "control_totals": recorded.control_totals,
        "table_sha256": recorded.table_id,
        "ipe": recorded.ipe,
    }


def metadata_digest(described: dict[str, Any]) -> str:
    """Return the SHA-256 (hex) of the RFC 8785 bytes of an item's metadata."""
    return sha256(ledger.canonical(described)).hexdigest()


def request_digest(prepared: "Prepared") -> str:
    """Return the digest by which a repeated request is known; content and description count."""
    submission = prepared.submission
    described: dict[str, Any] = {
        "sha256": prepared.content.sha256,
        "filename": prepared.filename,
        "title": submission.title,
        "evidence_type": submission.evidence_type,
        "kind": str(submission.kind),
        "area": str(submission.area),
        "source_system": submission.source_system,
        "environment": str(submission.environment),
        "covers_from": submission.covers_from.isoformat(),
        "covers_to": submission.covers_to.isoformat(),
        "collected_at": ledger.stamp(submission.collected_at),
        "owner": submission.owner,
        "sensitivity": str(submission.sensitivity),
        "claims": sorted(expectation.slug for expectation in submission.claims),
    }
    if prepared.tags:
        described["tags"] = dict(prepared.tags)
    if submission.handling:
        described["handling"] = submission.handling.to_json()
    return sha256(ledger.canonical(described)).hexdigest()


def columns(population: PopulationFacts) -> list[dict[str, str]]:
    """Return a population's columns as they are stored and packed."""
    return [{"name": column.name, "type": column.type} for column in population.columns]
