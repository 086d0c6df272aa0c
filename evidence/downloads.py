"""Leaves a trace of who took an item of evidence away; the bytes themselves come from the store."""

from django.db import transaction

from accounts.access import actor, can
from accounts.capabilities import Capability
from accounts.models import User
from evidence import ledger
from evidence.errors import DownloadError
from evidence.models import Evidence, LedgerEntry


def note(evidence: Evidence, *, by: User) -> LedgerEntry:
    """Record that a person takes a version away; DownloadError for who may not even look at it."""
    if not can(by, Capability.VIEW):
        raise DownloadError
    with transaction.atomic():
        return ledger.append(
            "access",
            subject=evidence.ref,
            body={"what": "download", "sha256": evidence.blob_id},
            actor=actor(by),
        )
