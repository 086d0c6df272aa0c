"""Which items stand in the workspace, where, and what its columns say of them."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.db.models import Prefetch, QuerySet

from controls.models import Area, Expectation
from evidence.models import Claim, Evidence
from reports.pack.workbook import Cell

_BATCH = 500
_LONGEST_TITLE, _LONGEST_ENDING = 80, 12
COLUMNS = (
    "Reference",
    "Version",
    "Control area",
    "Controls",
    "Trust Services Criteria",
    "Evidence owner",
    "Covers from",
    "Covers to",
    "Source system",
    "Review status",
    "Related risk",
    "Sensitivity",
    "Collected",
    "SHA-256",
)
# What neither Windows nor SharePoint takes in a name.
_FORBIDDEN = re.compile(r'["*:<>?/\\|#%\x00-\x1f\x7f]+')


@dataclass(frozen=True)
class Filed:
    """One item in its place; without a path it is listed in the index and kept in Countersign."""

    ref: str
    path: str
    reason: str
    """Why it has no file here; empty for one that has."""
    digest: str
    size: int
    columns: dict[str, Cell]
    """By their headings, in the order of COLUMNS; the index itself has but two of them."""


def filed() -> Iterator[Filed]:
    """Yield every version that nothing has superseded, oldest first; packs are copies themselves.

    Restricted items and those whose content was destroyed are listed without a file.
    """
    for evidence in _current().iterator(chunk_size=_BATCH):
        reason = _kept_back(evidence)
        yield Filed(
            ref=evidence.ref,
            path="" if reason else _path(evidence),
            reason=reason,
            digest=evidence.blob_id,
            size=evidence.blob.size,
            columns=_columns(evidence),
        )


def _current() -> QuerySet[Evidence]:
    claims = Claim.objects.order_by("pk").prefetch_related(
        "expectation__control__mappings__criterion"
    )
    return (
        Evidence.objects.filter(superseded_by=None)
        .exclude(evidence_type=Expectation.EvidenceType.PACK)
        .select_related("related_risk", "blob__key", "prepared_by")
        .prefetch_related(
            Prefetch("claims", claims.select_related("expectation__control")), "reviews"
        )
        .order_by("pk")
    )


def _kept_back(evidence: Evidence) -> str:
    if not evidence.blob.key.wrapped_key:
        return "Its content was destroyed when its retention ended."
    if evidence.sensitivity == Evidence.Sensitivity.RESTRICTED:
        return "It is restricted: open it in Countersign."
    return ""


def _path(evidence: Evidence) -> str:
    """Return library, month and name; the reference makes it the only one of its name."""
    ending = PurePosixPath(evidence.filename).suffix
    ending = ending if len(ending) <= _LONGEST_ENDING else ""
    title = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", evidence.title))
    title = " ".join(title.split())[:_LONGEST_TITLE].rstrip(" .")
    name = f"{evidence.ref} {title}{_FORBIDDEN.sub('', ending)}"
    return f"{Area(evidence.area).label}/{evidence.covers_to:%Y-%m}/{name}"


def _columns(evidence: Evidence) -> dict[str, Cell]:
    controls = {claim.expectation.control for claim in evidence.claims.all()}
    mappings = [mapping for control in controls for mapping in control.mappings.all()]
    risk = evidence.related_risk
    cells: tuple[Cell, ...] = (
        evidence.ref,
        evidence.version,
        Area(evidence.area).label,
        ", ".join(sorted(control.ref for control in controls)),
        ", ".join(sorted({one.criterion.ref for one in mappings})),
        evidence.owner or _preparer(evidence),
        evidence.covers_from,
        evidence.covers_to,
        evidence.source_system,
        _status(evidence),
        f"{risk.ref} {risk.title}" if risk else "",
        Evidence.Sensitivity(evidence.sensitivity).label,
        evidence.collected_at,
        evidence.blob_id,
    )
    return dict(zip(COLUMNS, cells, strict=True))


def _preparer(evidence: Evidence) -> str:
    person = evidence.prepared_by
    return (person.full_name or person.email) if person else ""


def _status(evidence: Evidence) -> str:
    reviews = list(evidence.reviews.all())
    return reviews[-1].get_decision_display() if reviews else "Awaiting review"
