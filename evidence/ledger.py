"""The append-only log: every deed that matters becomes a leaf of an RFC 6962 Merkle tree.

A leaf is the RFC 8785 canonical JSON of {actor, body, kind, recorded_at, subject}. The writer holds
the lock of the one LogHead row until its transaction ends, so indexes are gapless under concurrent
writers and a rolled-back deed leaves no leaf. Bodies carry ids and digests, never personal data.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import rfc8785
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from evidence import merkle
from evidence.errors import LedgerError
from evidence.models import LedgerEntry, LedgerNode, LogHead

_LARGEST = 2**53 - 1
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_compact = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True)
class Draft:
    """A leaf that has no index yet."""

    kind: str
    subject: str
    body: Mapping[str, object]
    actor: str


def append(kind: str, *, subject: str, body: Mapping[str, object], actor: str) -> LedgerEntry:
    """Add one leaf inside the caller's transaction and return its entry.

    Raises LedgerError outside a transaction, or for a body that has no canonical JSON (floats).
    """
    return append_many([Draft(kind, subject, body, actor)])[0]


def append_many(drafts: Sequence[Draft]) -> list[LedgerEntry]:
    """Add leaves in the given order inside the caller's transaction."""
    head = lock()
    now = timezone.now()
    entries = [_entry(head.size + place, draft, now) for place, draft in enumerate(drafts)]
    hashes = [bytes(entry.leaf_hash) for entry in entries]
    nodes = merkle.completed(head.size, hashes, read)
    LedgerEntry.objects.bulk_create(entries)
    if nodes:
        LedgerNode.objects.bulk_create(
            LedgerNode(level=level, index=index, hash=digest) for level, index, digest in nodes
        )
    LogHead.objects.filter(pk=head.pk).update(size=head.size + len(entries))
    return entries


def lock() -> LogHead:
    """Lock the log for this transaction and return its head as it now stands."""
    if not connection.in_atomic_block:
        message = "The ledger is written inside the transaction of a deed; there is none."
        raise LedgerError(message)
    # Every deed asks this, some of them twice; building the statement would cost more than it.
    row = _head()
    if row is None:
        head, _ = LogHead.objects.select_for_update().get_or_create(pk=1)
        return head
    return LogHead(pk=1, size=row[0], evidence_count=row[1])


def _head() -> tuple[int, int] | None:
    wait = " FOR UPDATE" if connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT size, evidence_count FROM evidence_loghead WHERE id = 1{wait}")  # noqa: S608  nothing of it is given
        row: tuple[int, int] | None = cursor.fetchone()
    return row


def size() -> int:
    """Return the number of leaves."""
    head = LogHead.objects.filter(pk=1).first()
    return head.size if head else 0


def root(at_size: int) -> bytes:
    """Return the root of the first `at_size` leaves."""
    return merkle.root(at_size, read)


def inclusion_proof(index: int, at_size: int) -> list[bytes]:
    """Return the RFC 6962 audit path of a leaf in the tree of the first `at_size` leaves."""
    return merkle.inclusion_proof(index, at_size, read)


def consistency_proof(old_size: int, new_size: int) -> list[bytes]:
    """Return the RFC 6962 proof that the tree of `old_size` leaves is a prefix of the newer one."""
    return merkle.consistency_proof(old_size, new_size, read)


def read(level: int, start: int, count: int) -> list[bytes]:
    """Return `count` complete nodes of a tile level (0 = leaves) from the database, in order."""
    within = Q(index__gte=start, index__lt=start + count)
    if level == 0:
        leaves = LedgerEntry.objects.filter(within).order_by("index")
        hashes = [bytes(row) for row in leaves.values_list("leaf_hash", flat=True)]
    else:
        nodes = LedgerNode.objects.filter(within, level=level).order_by("index")
        hashes = [bytes(row) for row in nodes.values_list("hash", flat=True)]
    if len(hashes) != count:
        message = f"The log lacks nodes of level {level} in {start} to {start + count - 1}."
        raise LedgerError(message)
    return hashes


def keep(kind: str, subject: str, body: Mapping[str, object], actor: str) -> None:
    """Keep what the floors below tell; given to `accounts.journal` at start."""
    append(kind, subject=subject, body=body, actor=actor)


def stamp(moment: datetime) -> str:
    """Write a moment as leaves and manifests do: UTC, microseconds, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical(value: object) -> bytes:
    """Return RFC 8785 bytes; LedgerError for floats, whose text differs between programs."""
    if _is_plain(value):
        # The same bytes, several times as fast: every item and every leaf comes through here.
        return _compact(value).encode()
    _refuse_floats(value)
    try:
        return rfc8785.dumps(value)  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        message = f"No canonical JSON: {error}"
        raise LedgerError(message) from error


def _entry(index: int, draft: Draft, now: datetime) -> LedgerEntry:
    leaf = canonical(
        {
            "actor": draft.actor,
            "body": draft.body,
            "kind": draft.kind,
            "recorded_at": stamp(now),
            "subject": draft.subject,
        }
    )
    return LedgerEntry(
        index=index,
        kind=draft.kind,
        subject=draft.subject,
        actor=draft.actor,
        leaf=leaf.decode(),
        leaf_hash=merkle.leaf_hash(leaf),
        recorded_at=now,
    )


def _is_plain(value: object) -> bool:
    """Return whether Python's own JSON is canonical: names and whole numbers cannot surprise."""
    if isinstance(value, str):
        # Half of a surrogate pair is no text; the library says so.
        return value.isascii() or not _HALF_PAIR.search(value)
    if isinstance(value, int):
        return -_LARGEST <= value <= _LARGEST
    if isinstance(value, dict):
        # Other names sort by UTF-16 units in RFC 8785, and by code points in Python.
        return all(
            isinstance(name, str) and name.isascii() and _is_plain(part)
            for name, part in value.items()
        )
    return value is None or (isinstance(value, list | tuple) and all(map(_is_plain, value)))


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        message = "A float has no place in a leaf; write it as text or in whole units."
        raise LedgerError(message)
    if isinstance(value, Mapping):
        for part in value.values():
            _refuse_floats(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _refuse_floats(part)
