"""What is said of content that was disposed of, everywhere where it would have been shown."""

from collections.abc import Iterable

from django.db.models import QuerySet

from evidence.models import BlobKey
from evidence.retention_models import Disposal

_NOBODY = (
    "The key of this content is gone, and nobody disposed of it. Restore the database from a"
    " backup that is older."
)


def is_disposed(digest: str) -> bool:
    """Say whether the content of this SHA-256 was disposed of and did not come in anew."""
    return BlobKey.objects.filter(pk=digest, key_id="").exists()


def sentence(digest: str) -> str:
    """Say when and why the content was disposed of, for whoever wanted to read it."""
    return sentences([digest]).get(digest, _NOBODY)


def sentences(digests: Iterable[str]) -> dict[str, str]:
    """Return what is to be said of those of these contents whose key is destroyed."""
    gone = BlobKey.objects.filter(pk__in=list(digests), key_id="").values_list("pk", flat=True)
    said = dict.fromkeys(gone, _NOBODY)
    _add_reasons(said, Disposal.objects.filter(blob__in=list(said)))
    return said


def all_sentences() -> dict[str, str]:
    """Return what is to be said of everything that was ever disposed of and did not come back."""
    rows = Disposal.objects.filter(blob__key__key_id="")
    said: dict[str, str] = {}
    _add_reasons(said, rows)
    return said


def _add_reasons(said: dict[str, str], rows: "QuerySet[Disposal]") -> None:
    for row in rows.order_by("id").select_related("decision__proposal"):
        day = row.decision.decided_at
        reason = row.decision.proposal.reason
        said[row.blob_id] = f"Disposed of on {day:%Y-%m-%d} (UTC) because: {reason}"
