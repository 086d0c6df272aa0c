"""The only way in for evidence: screen, store, record, ledger.

`prepare` screens and stores without touching the database, so that a slow file never holds the
log's lock; `record` names everything in one transaction. `receive` does both. A caller that has
more to say in the same transaction (a collector run) prepares first and records inside its own.
"""

import mimetypes
import unicodedata
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path, PurePath
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from controls.models import Expectation, Risk
from evidence import description, ledger, screening, store
from evidence.errors import (
    FilenameError,
    IdempotencyConflictError,
    PeriodError,
    PopulationError,
    ScreeningError,
    SupersededError,
    TimeError,
)
from evidence.models import Claim, Evidence, IntakeKey, LogHead, Population
from evidence.population import PopulationFacts

CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class Submission:
    """Everything that is known about one item when it is handed in."""

    content: bytes | Path | BinaryIO
    filename: str
    title: str
    evidence_type: str
    kind: str
    area: str
    source_system: str
    environment: str
    covers_from: date
    covers_to: date
    collected_at: datetime
    owner: str = ""
    sensitivity: str = Evidence.Sensitivity.INTERNAL
    media_type: str = ""
    declared_sha256: str = ""
    prepared_by: User | None = None
    claims: tuple[Expectation, ...] = ()
    population: PopulationFacts | None = None
    run_ref: str = ""
    supersedes: Evidence | None = None
    related_risk: Risk | None = None
    idempotency_key: str = ""


@dataclass(frozen=True)
class Prepared:
    """A submission whose files lie sealed in the store, and which no row names yet."""

    submission: Submission
    filename: str
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


def receive(submission: Submission, *, actor: str) -> Evidence:
    """Take in one item and return its evidence version.

    Raises a subclass of EvidenceError; then nothing is stored. The same idempotency key with the
    same content gives the first answer again.
    """
    return receive_many([submission], actor=actor)[0]


def receive_once(submission: Submission, *, actor: str) -> tuple[Evidence, bool]:
    """Take in one item as `receive` does; say also whether its idempotency key was new."""
    with ExitStack() as undo:
        prepared = prepare(submission)
        undo.callback(prepared.discard)
        recorded = _recorded([prepared], actor)
        undo.pop_all()
    return recorded[0]


def receive_many(submissions: Sequence[Submission], *, actor: str) -> list[Evidence]:
    """Take in several items in one transaction: all of them, or none."""
    with ExitStack() as undo:
        ready = []
        with store.batch():
            for submission in submissions:
                ready.append(prepare(submission))
                undo.callback(ready[-1].discard)
        with transaction.atomic():
            recorded = record(ready, actor=actor)
        undo.pop_all()
    return recorded


def prepare(submission: Submission) -> Prepared:
    """Check, screen and store a submission's files; the database is only asked, never changed."""
    filename = safe_filename(submission.filename)
    _check_times(submission)
    with _opened(submission.content) as source:
        _screen(source, filename)
        content = store.put(source, declared_sha256=submission.declared_sha256)
    table = None
    if submission.population:
        try:
            table = _store_table(submission.population, content)
        except BaseException:
            store.discard(content)
            raise
    return Prepared(submission, filename, content, table)


def record(ready: Sequence[Prepared], *, actor: str) -> list[Evidence]:
    """Name prepared items in the database with a ledger leaf each; in the caller's transaction.

    The log's lock, held from here to the end of the transaction, makes intakes take turns.
    """
    return [evidence for evidence, _ in _recorded(ready, actor)]


@transaction.atomic
def _recorded(ready: Sequence[Prepared], actor: str) -> list[tuple[Evidence, bool]]:
    """Record, and say of each version whether it is new."""
    head = ledger.lock()
    known = _known(ready, actor)
    fresh = [prepared for prepared in ready if id(prepared) not in known]
    made = iter(_record(fresh, head.evidence_count, actor) if fresh else ())
    return [
        (known[id(prepared)], False) if id(prepared) in known else (next(made), True)
        for prepared in ready
    ]


def safe_filename(name: str) -> str:
    """Return the last part of a file name, in NFC; FilenameError for one that cannot be kept."""
    last = unicodedata.normalize("NFC", PurePath(name.replace("\\", "/")).name).strip()
    unfit = any(unicodedata.category(letter)[0] == "C" for letter in last)
    if not last or unfit or len(last.encode()) > 180 or last in {".", ".."}:
        raise FilenameError
    return last


def _check_times(submission: Submission) -> None:
    if submission.covers_to < submission.covers_from:
        message = (
            f"The period ends on {submission.covers_to}, before it starts on "
            f"{submission.covers_from}. Swap or correct the two dates."
        )
        raise PeriodError(message)
    if submission.collected_at.tzinfo is None:
        message = "The time of collection has no zone. Write it with an offset, or with Z for UTC."
        raise TimeError(message)
    if submission.collected_at > timezone.now() + CLOCK_SKEW:
        message = (
            f"The time of collection, {submission.collected_at.isoformat()}, lies in the future. "
            "Correct the clock of the sender, or the field."
        )
        raise TimeError(message)


def _opened(content: bytes | Path | BinaryIO) -> BinaryIO:
    if isinstance(content, bytes):
        return BytesIO(content)
    if isinstance(content, Path):
        return content.open("rb")
    return content


def _screen(source: BinaryIO, filename: str) -> None:
    start = source.tell()
    findings = screening.scan(source)
    source.seek(start)
    if findings:
        listed = "; ".join(str(finding) for finding in findings)
        message = (
            f"{filename} was refused, nothing was stored: {listed}. "
            "Remove or mask these values at their source and send the file again."
        )
        raise ScreeningError(message)


def _store_table(population: PopulationFacts, content: store.Stored) -> store.Stored | None:
    """Store the canonical table, unless the original file is that very table."""
    if population.table is None:
        if population.facts.sha256 != content.sha256:
            message = "The table's digest is not the content's. Hand the table over as a file."
            raise PopulationError(message)
        return None
    with population.table.open("rb") as source:
        _screen(source, population.table.name)
        return store.put(source, declared_sha256=population.facts.sha256)


def _known(ready: Sequence[Prepared], actor: str) -> dict[int, Evidence]:
    """Find earlier answers to the same idempotency keys; refuse a key for other content."""
    keys = [one.submission.idempotency_key for one in ready if one.submission.idempotency_key]
    if not keys:
        return {}
    rows = IntakeKey.objects.filter(sender=actor, key__in=keys).select_related("evidence")
    used = {row.key: row for row in rows}
    known = {}
    for prepared in ready:
        earlier = used.get(prepared.submission.idempotency_key)
        if earlier is None:
            continue
        if earlier.request_digest != description.request_digest(prepared):
            raise IdempotencyConflictError
        prepared.discard()
        known[id(prepared)] = earlier.evidence
    return known


def _record(ready: Sequence[Prepared], count: int, actor: str) -> list[Evidence]:
    store.record([file for prepared in ready for file in prepared.files])
    received_at = timezone.now()
    made = [
        _evidence(prepared, number, received_at) for number, prepared in enumerate(ready, count + 1)
    ]
    entries = ledger.append_many(
        [
            ledger.Draft("evidence", one.ref, description.leaf_body(one, prepared), actor)
            for one, prepared in zip(made, ready, strict=True)
        ]
    )
    for one, entry in zip(made, entries, strict=True):
        one.ledger_entry = entry
    Evidence.objects.bulk_create(made)
    LogHead.objects.filter(pk=1).update(evidence_count=count + len(made))
    _record_parts(list(zip(made, ready, strict=True)), actor)
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
        received_at=received_at,
        blob_id=prepared.content.sha256,
        filename=prepared.filename,
        media_type=_media_type(prepared),
        prepared_by=submission.prepared_by,
        run_ref=submission.run_ref,
    )
    evidence.metadata_digest = description.metadata_digest(
        description.metadata(evidence, submission.population)
    )
    return evidence


def _record_parts(made: Sequence[tuple[Evidence, Prepared]], actor: str) -> None:
    """Record what hangs on the new versions: claims, populations, idempotency keys."""
    Claim.objects.bulk_create(
        Claim.of(evidence, expectation, is_partial=_is_partial(prepared.submission))
        for evidence, prepared in made
        for expectation in prepared.submission.claims
    )
    Population.objects.bulk_create(
        Population(
            evidence=evidence,
            table_id=(prepared.table or prepared.content).sha256,
            columns=description.columns(facts),
            row_count=facts.facts.row_count,
            control_totals=dict(facts.facts.control_totals),
            ipe=facts.ipe.to_json(),
        )
        for evidence, prepared in made
        if (facts := prepared.submission.population)
    )
    IntakeKey.objects.bulk_create(
        IntakeKey(
            sender=actor,
            key=prepared.submission.idempotency_key,
            request_digest=description.request_digest(prepared),
            evidence=evidence,
        )
        for evidence, prepared in made
        if prepared.submission.idempotency_key
    )


def _is_partial(submission: Submission) -> bool:
    return bool(submission.population and submission.population.ipe.partial_reason)


def _next_version(supersedes: Evidence | None) -> int:
    if supersedes is None:
        return 1
    if Evidence.objects.filter(supersedes=supersedes).exists():
        raise SupersededError
    return supersedes.version + 1


def _media_type(prepared: Prepared) -> str:
    given = prepared.submission.media_type
    return given or mimetypes.guess_type(prepared.filename)[0] or "application/octet-stream"
