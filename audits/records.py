"""Writes a record of the auditor's testing down: canonical text, and a leaf that binds it."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from accounts.access import actor
from accounts.models import User
from audits import access
from audits.errors import ClosedError, NotAllowedError
from audits.models import Engagement, ReverseEntry, ReverseTest, Walkthrough
from evidence import ledger

Record = ReverseTest | ReverseEntry | Walkthrough


def keep(
    row: Record, record: Mapping[str, Any], *, kind: str, subject: str, body: Mapping[str, Any]
) -> None:
    """Save a row with its record and its leaf; the caller holds the log's lock.

    Free text belongs into the record, of which the leaf knows the digest alone.
    """
    doer = actor(row.made_by)
    made = {"made_by": doer, "made_at": ledger.stamp(row.made_at)}
    text = ledger.canonical({**record, **made})
    row.record = text.decode()
    row.record_sha256 = sha256(text).hexdigest()
    row.ledger_entry = ledger.append(
        kind, subject=subject, body={**body, "record_sha256": row.record_sha256}, actor=doer
    )
    row.save(force_insert=True)


def refuse_others(engagement: Engagement, by: User, what: str) -> None:
    """Raise NotAllowedError for everybody but the auditors of the engagement."""
    if not access.may_conclude(by, engagement):
        raise NotAllowedError(
            f"{by} is no auditor of {engagement.ref}. Only its auditors record {what}."
        )


def refuse_closed(engagement: Engagement) -> None:
    """Raise ClosedError once the engagement is closed; to be asked under the log's lock."""
    if Engagement.objects.filter(pk=engagement.pk, closed_at__isnull=False).exists():
        raise ClosedError(f"{engagement.ref} is closed, so nothing is recorded any more.")
