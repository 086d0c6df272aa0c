"""The only way in for evidence: screen, store, record, ledger.

`prepare` screens and stores without touching the database, so that a slow file never holds the
log's lock; `record` names everything in one transaction. `receive` does both, and shares its
commit with other threads that wait for theirs. A caller that has more to say in the same
transaction (a collector run) prepares first and records inside its own.
"""

import mimetypes
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from evidence import description, held_back, ledger, store, tags, times
from evidence.errors import (
    IdempotencyConflictError,
    PopulationError,
    ScreeningError,
    SupersededError,
    about_item,
)
from evidence.group_commit import Group, GroupError
from evidence.handling_check import refuse_odd
from evidence.models import Claim, Evidence, EvidenceTag, IntakeKey, LogHead, Population
from evidence.population import PopulationFacts
from evidence.submission import Submission, safe_filename

__all__ = ["Submission", "safe_filename"]

# So many items share a commit at most: a large group would hold the log's lock for long.
_GROUP_MOST = 50
# After these nobody knows whether the commit took place.
_DOUBTFUL = (OperationalError, InterfaceError, GroupError)


@dataclass(frozen=True)
class Prepared:
    """A submission whose files lie sealed in the store, and which no row names yet."""

    submission: Submission
    filename: str
    tags: Mapping[str, str]
    content: store.Stored
    table: store.Stored | None = field(default=None)

    @property
    def files(self) -> tuple[store.Stored, ...]:
        """The sealed files of this item: the original, and the table where it is another file."""
        return (self.content, self.table) if self.table else (self.content,)

    def discard(self) -> None:
        """Remove the files again, when recording failed."""
        for file in self.files:
            store.discard(file)


@dataclass(frozen=True)
class _Sent:
    """What one sender hands in."""

    prepared: Prepared
    actor: str


class _AlikeError(Exception):
    """Two items of a group have the same content, so that they must not share a commit."""


def receive(submission: Submission, *, actor: str) -> Evidence:
    """Take in one item and return its evidence version.

    Raises a subclass of EvidenceError; then nothing is stored, but what screening held back lies in
    quarantine (QuarantinedError). The same idempotency key with the same content gives the first
    answer again.
    """
    return receive_once(submission, actor=actor)[0]


def receive_once(submission: Submission, *, actor: str) -> tuple[Evidence, bool]:
    """Take in one item as `receive` does; say also whether its idempotency key was new.

    Outside a transaction, items that several threads hand in at a time share one commit.
    """
    ready: list[Prepared] = []
    with _undone_on_failure(ready):
        try:
            ready.append(prepare(submission))
        except ScreeningError as error:
            return held_back.keep(submission, error, actor=actor), False
        sent = _Sent(ready[0], actor)
        return _recorded([sent])[0] if connection.in_atomic_block else _GROUP.do(sent)


def receive_many(submissions: Sequence[Submission], *, actor: str) -> list[Evidence]:
    """Take in several items in one transaction: all of them, or none."""
    return [evidence for evidence, _ in receive_many_once(submissions, actor=actor)]


def receive_many_once(
    submissions: Sequence[Submission], *, actor: str
) -> list[tuple[Evidence, bool]]:
    """Take in several items or none; say of each whether its idempotency key was new.

    Raises a subclass of EvidenceError, whose `position` says which item it is about, if it is one.
    Items that screening held back lie in quarantine then, each alone, and nothing else is stored.
    """
    replaced = [one.supersedes.ref for one in submissions if one.supersedes]
    if len(replaced) > len(set(replaced)):
        raise SupersededError(
            "Two of these items replace the same version. Send one after another."
        )
    ready: list[Prepared] = []
    held: dict[int, ScreeningError] = {}
    with _undone_on_failure(ready):
        with store.batch():
            for position, submission in enumerate(submissions):
                try:
                    with about_item(position):
                        ready.append(prepare(submission))
                except ScreeningError as error:
                    held[position] = error
        released = held_back.keep_many(submissions, held, actor=actor) if held else {}
        recorded = iter(_recorded([_Sent(one, actor) for one in ready]))
        return [
            (released[place], False) if place in released else next(recorded)
            for place in range(len(submissions))
        ]


def prepare(submission: Submission) -> Prepared:
    """Check, screen and store a submission's files; the database is only asked, never changed."""
    filename = safe_filename(submission.filename)
    times.check(submission.covers_from, submission.covers_to, submission.collected_at)
    labels = tags.checked(submission.tags) if submission.tags else {}
    held_back.refuse_words(submission, filename)
    with _opened(submission.content) as source:
        if submission.handling:
            rows = submission.population.facts.row_count if submission.population else None
            refuse_odd(submission.handling, source, filename=filename, table_rows=rows)
        if not submission.is_judged:
            held_back.refuse(source, filename)
        content = store.put(
            source,
            declared_sha256=submission.declared_sha256,
            is_limited=not submission.is_made_here,
        )
    table = None
    if submission.population:
        try:
            table = _store_table(submission.population, content, is_judged=submission.is_judged)
        except BaseException:
            store.discard(content)
            raise
    return Prepared(submission, filename, labels, content, table)


def record(ready: Sequence[Prepared], *, actor: str) -> list[Evidence]:
    """Name prepared items in the database with a ledger leaf each; in the caller's transaction.

    The log's lock, held from here to the end of the transaction, makes intakes take turns.
    """
    return [evidence for evidence, _ in _recorded([_Sent(one, actor) for one in ready])]


@transaction.atomic
def _recorded(sent: Sequence[_Sent]) -> list[tuple[Evidence, bool]]:
    """Record, and say of each version whether it is new."""
    head = ledger.lock()
    known = _known(sent)
    fresh = [one for one in sent if id(one) not in known]
    made = iter(_record(fresh, head.evidence_count) if fresh else ())
    return [(known[id(one)], False) if id(one) in known else (next(made), True) for one in sent]


def _recorded_together(sent: Sequence[_Sent]) -> list[tuple[Evidence, bool]]:
    """Record what several threads sent, or nothing of it."""
    digests = [file.sha256 for one in sent for file in one.prepared.files]
    # The second file of a content is removed at once, but who is alone in the end might need it.
    if len(sent) > 1 and len(set(digests)) < len(digests):
        raise _AlikeError
    return _recorded(sent)


_GROUP = Group(_recorded_together, most=_GROUP_MOST, doubtful=_DOUBTFUL)


@contextmanager
def _undone_on_failure(ready: Sequence[Prepared]) -> Iterator[None]:
    """Remove the files again where recording failed; never those of which a row speaks."""
    try:
        yield
    except _DOUBTFUL:
        store.discard_unnamed([file for prepared in ready for file in prepared.files])
        raise
    except Exception:
        for prepared in ready:
            prepared.discard()
        raise


def _opened(content: bytes | Path | BinaryIO) -> AbstractContextManager[BinaryIO]:
    """Open what was handed in; a file that is open already stays so, for whoever holds it back."""
    if isinstance(content, bytes):
        return BytesIO(content)
    if isinstance(content, Path):
        return content.open("rb")
    return nullcontext(content)


def _store_table(
    population: PopulationFacts, content: store.Stored, *, is_judged: bool
) -> store.Stored | None:
    """Store the canonical table, unless the original file is that very table."""
    if population.table is None:
        if population.facts.sha256 != content.sha256:
            message = "The table's digest is not the content's. Hand the table over as a file."
            raise PopulationError(message)
        return None
    with population.table.open("rb") as source:
        if not is_judged:
            held_back.refuse(source, population.table.name)
        return store.put(source, declared_sha256=population.facts.sha256)


def _known(sent: Sequence[_Sent]) -> dict[int, Evidence]:
    """Find earlier answers to the same idempotency keys; refuse a key for other content."""
    keyed = {
        id(one): (one.actor, one.prepared.submission.idempotency_key)
        for one in sent
        if one.prepared.submission.idempotency_key
    }
    if not keyed:
        return {}
    senders, keys = zip(*keyed.values(), strict=True)
    rows = IntakeKey.objects.filter(sender__in=set(senders), key__in=set(keys))
    # Most keys are new: the few that are not may cost a query more for the earlier answer.
    found = rows.values_list("sender", "key", "request_digest", "evidence_id")
    used = {(sender, key): (digest, pk) for sender, key, digest, pk in found}
    earlier = Evidence.objects.in_bulk({pk for _, pk in used.values()}) if used else {}
    known = {}
    for one in sent:
        if keyed.get(id(one)) not in used:
            continue
        digest, pk = used[keyed[id(one)]]
        if digest != description.request_digest(one.prepared):
            raise IdempotencyConflictError(one.prepared.submission.idempotency_key)
        one.prepared.discard()
        known[id(one)] = earlier[pk]
    return known


def _record(sent: Sequence[_Sent], count: int) -> list[Evidence]:
    store.record([file for one in sent for file in one.prepared.files])
    received_at = timezone.now()
    made = [
        _evidence(one.prepared, number, received_at) for number, one in enumerate(sent, count + 1)
    ]
    entries = ledger.append_many(
        [
            ledger.Draft(
                "evidence", version.ref, description.leaf_body(version, one.prepared), one.actor
            )
            for version, one in zip(made, sent, strict=True)
        ]
    )
    for version, entry in zip(made, entries, strict=True):
        version.ledger_entry = entry
    Evidence.objects.bulk_create(made)
    LogHead.objects.filter(pk=1).update(evidence_count=count + len(made))
    _record_parts(list(zip(made, sent, strict=True)))
    return made


def _evidence(prepared: Prepared, number: int, received_at: datetime) -> Evidence:
    submission = prepared.submission
    evidence = Evidence(
        ref=f"EV-{number:06d}",
        uid=submission.supersedes.uid if submission.supersedes else uuid.uuid4(),
        version=_next_version(submission.supersedes),
        supersedes=submission.supersedes,
        title=submission.title,
        evidence_type=submission.evidence_type,
        kind=submission.kind,
        area=submission.area,
        owner=submission.owner,
        sensitivity=submission.sensitivity,
        source_system=submission.source_system,
        environment=submission.environment,
        related_risk=submission.related_risk,
        covers_from=submission.covers_from,
        covers_to=submission.covers_to,
        collected_at=submission.collected_at,
        received_at=submission.received_at or received_at,
        blob_id=prepared.content.sha256,
        filename=prepared.filename,
        media_type=_media_type(prepared),
        prepared_by=submission.prepared_by,
        run_ref=submission.run_ref,
        handling=submission.handling.to_json() if submission.handling else None,
    )
    evidence.metadata_digest = description.metadata_digest(description.metadata(evidence, prepared))
    return evidence


def _record_parts(made: Sequence[tuple[Evidence, _Sent]]) -> None:
    """Record what hangs on the new versions: claims, populations, idempotency keys."""
    Claim.objects.bulk_create(
        Claim.of(evidence, expectation, one.prepared.submission.population)
        for evidence, one in made
        for expectation in one.prepared.submission.claims
    )
    Population.objects.bulk_create(
        Population(
            evidence=evidence,
            table_id=(one.prepared.table or one.prepared.content).sha256,
            columns=description.columns(facts),
            row_count=facts.facts.row_count,
            control_totals=dict(facts.facts.control_totals),
            ipe=facts.ipe.to_json(),
        )
        for evidence, one in made
        if (facts := one.prepared.submission.population)
    )
    EvidenceTag.objects.bulk_create(
        EvidenceTag(evidence=evidence, key=key, value=value)
        for evidence, one in made
        for key, value in one.prepared.tags.items()
    )
    IntakeKey.objects.bulk_create(
        IntakeKey(
            sender=one.actor,
            key=one.prepared.submission.idempotency_key,
            request_digest=description.request_digest(one.prepared),
            evidence=evidence,
        )
        for evidence, one in made
        if one.prepared.submission.idempotency_key
    )


def _next_version(supersedes: Evidence | None) -> int:
    if supersedes is None:
        return 1
    if Evidence.objects.filter(supersedes=supersedes).exists():
        raise SupersededError(
            f"A newer version of {supersedes.ref} exists already. Supersede that one instead."
        )
    return supersedes.version + 1


def _media_type(prepared: Prepared) -> str:
    given = prepared.submission.media_type
    return given or mimetypes.guess_type(prepared.filename)[0] or "application/octet-stream"
