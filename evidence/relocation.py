"""Notes where sealed files lie now, after they were brought into another store."""

from collections.abc import Sequence

from django.db import transaction

from evidence.models import BlobKey


@transaction.atomic
def note_versions(versions: Sequence[tuple[str, str]]) -> None:
    """Note the version that the store gave the file of each blob (SHA-256, version)."""
    for digest, version in versions:
        BlobKey.objects.filter(pk=digest).update(version=version, locked_until=None)
