"""Deeds around sheets that people hand in: receive, read, confirm; all or nothing.

Rules:
- Nothing of a register changes before its keeper has seen line by line what would happen, and said
  so. What was shown is what is done: the lines themselves are kept, and their digest with them.
- A short sheet is read and taken in at once. A long one is sealed while it waits for a worker.
- Once it was read, nothing is left of the upload; of refused lines only the reason is kept.
"""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.access import actor
from accounts.models import User
from evidence import intake, ledger, seal
from evidence.errors import EvidenceError
from jobs import queue
from registers import entries, headings, incoming, registry, sheets, values, writing
from registers.errors import ChangedMeanwhileError, RegistersError, SheetError, UploadError
from registers.models import Entry, ImportLine, ImportPart, RegisterImport
from registers.registry import Register
from registers.sheets import Deed, Line, Progress, Ready
from registers.writing import Draft

READ, WRITE = "registers.read_sheet", "registers.take_in"
State = RegisterImport.State
SHORT = 40_000
"""Bytes of a sheet that is read while its keeper waits; measured, this takes under two seconds."""
FEW = 500
"""Lines that are taken in while their keeper waits."""
KEPT = timedelta(days=7)
"""How long what a sheet would do waits for its keeper, and stays to be looked at afterwards."""


@dataclass(frozen=True)
class KeptPlan:
    """What a sheet would do, as it was shown to its keeper."""

    imported: RegisterImport

    @property
    def register(self) -> Register:
        return registry.get(self.imported.register)

    @property
    def stand(self) -> str:
        return self.imported.stand

    @property
    def values_sha256(self) -> str:
        return self.imported.values_sha256

    @property
    def counts(self) -> Mapping[Deed, int]:
        return {deed: int(self.imported.counts.get(deed, 0)) for deed in Deed}

    def drafts(self) -> Iterator[Draft]:
        fields, place = self.register.fields, 0
        # By place and not by a cursor: one that a failure leaves open outlives its transaction.
        while batch := list(self._lines().filter(place__gt=place)[: writing.BATCH]):
            place = batch[-1].place
            named = Entry.objects.in_bulk([line.entry_id for line in batch if line.entry_id])
            for line in batch:
                entry = named[line.entry_id] if line.entry_id else None
                yield Draft(values.opened(fields, line.values), entry, line.is_active)

    def _lines(self) -> "QuerySet[ImportLine]":
        written = (Deed.ADD, Deed.CHANGE)
        return self.imported.lines.filter(deed__in=written).order_by("place")


def receive(register: Register, path: Path, *, filename: str, by: User) -> RegisterImport:
    """Take a sheet to be looked at; a short one is read at once, a long one by a worker.

    Raises NotAllowedError, UploadError; for a short sheet also SheetError and SpreadsheetError.
    """
    entries.refuse_stranger(by)
    size, name = path.stat().st_size, intake.safe_filename(filename)
    if size > incoming.LARGEST:
        most = incoming.LARGEST // 1024**2
        raise UploadError(f"{name} has {size:,} bytes; {most} MB are the most. Split it.")
    made = RegisterImport(
        register=register.slug, filename=name[:200], by=by, uploaded_at=timezone.now(), size=size
    )
    if size <= SHORT:
        with transaction.atomic():
            made.save()
            _read(made, path)
        return made
    with transaction.atomic():
        _keep(made, path)
        queue.enqueue(
            READ, key=key_of(made, READ), payload={"import": made.pk}, requested_by=actor(by)
        )
    return made


def read(pk: int, *, progress: Progress | None = None) -> RegisterImport:
    """Read a sheet that waits for a worker; what is wrong with it is kept for its keeper."""
    imported = RegisterImport.objects.get(pk=pk)
    if imported.state != State.READING:
        return imported
    imported.lines.all().delete()
    try:
        with tempfile.NamedTemporaryFile(dir=settings.SCRATCH_DIR) as copy:
            for piece in _pieces(imported):
                copy.write(piece)
            copy.flush()
            _read(imported, Path(copy.name), progress)
    except (RegistersError, EvidenceError) as refusal:
        imported.lines.all().delete()
        _end(imported, State.REFUSED, str(refusal))
    _forget(imported)
    return imported


def confirm(imported: RegisterImport, *, by: User, reason: str) -> RegisterImport:
    """Do what a sheet was said to do, all of it or nothing; many lines are left to a worker.

    Raises NotAllowedError, UploadError where there is nothing to confirm, SheetError for refused
    lines, ChangedMeanwhileError where the register is no longer as it was shown.
    """
    with transaction.atomic():
        ledger.lock()
        imported = RegisterImport.objects.select_for_update().get(pk=imported.pk)
        if imported.by_id != by.pk:
            raise UploadError("Somebody else handed this sheet in. Hand it in yourself.")
        if imported.state != State.READY:
            words = imported.get_state_display().lower()
            raise UploadError(f"{imported.filename} is {words}; there is nothing to confirm.")
        plan = KeptPlan(imported)
        sheets.check(plan, by=by, reason=reason)
        if sheets.stand(plan.register) != plan.stand:
            raise ChangedMeanwhileError(_CHANGED)
        imported.reason = reason.strip()[:300]
        if plan.counts[Deed.ADD] + plan.counts[Deed.CHANGE] <= FEW:
            return _write(imported, sheets.prepared(plan))
        imported.state = State.WRITING
        imported.save(update_fields=["state", "reason"])
        payload = {"import": imported.pk}
        key = key_of(imported, WRITE)
        queue.enqueue(WRITE, key=key, payload=payload, requested_by=actor(by))
    return imported


def take_in(pk: int, *, progress: Progress | None = None) -> RegisterImport:
    """Write a confirmed sheet; a second call changes nothing. A refusal is kept for its keeper."""
    imported = RegisterImport.objects.get(pk=pk)
    if imported.state != State.WRITING:
        return imported
    # On SQLite everybody who writes waits for who holds the log: all else is done before.
    ready = sheets.prepared(KeptPlan(imported), progress=progress)
    try:
        with transaction.atomic():
            ledger.lock()
            imported = RegisterImport.objects.select_for_update().get(pk=pk)
            if imported.state != State.WRITING:
                return imported
            return _write(imported, ready)
    except RegistersError as refusal:
        words = _CHANGED if isinstance(refusal, ChangedMeanwhileError) else str(refusal)
        imported = RegisterImport.objects.get(pk=pk)
        _end(imported, State.STOPPED, words)
        return imported


def clear(now: datetime) -> int:
    """Forget the lines of sheets that are old; return of how many sheets."""
    old = RegisterImport.objects.filter(uploaded_at__lt=now - KEPT).exclude(state=State.WRITING)
    old.filter(state__in=(State.READING, State.READY)).update(
        state=State.STOPPED, ended_at=now, problem="Nobody confirmed it in time. Hand it in again."
    )
    keys = list(old.filter(lines__isnull=False).distinct().values_list("pk", flat=True)[:100])
    for key in keys:
        ImportLine.objects.filter(imported=key).delete()
    ImportPart.objects.filter(imported__in=old).delete()
    return len(keys)


def key_of(imported: RegisterImport, kind: str) -> str:
    """Return the key of the job that reads or writes a sheet."""
    return f"{kind}:{imported.pk}"


_CHANGED = (
    "The register has changed since this was shown, so nothing was taken in. Hand the sheet in "
    "again and look at it as it is now."
)


def _read(imported: RegisterImport, path: Path, progress: Progress | None = None) -> None:
    register = registry.get(imported.register)
    with incoming.opened(path, register, name=imported.filename) as sheet:
        imported.stand = sheets.stand(register)
        places = headings.places(register, sheet.head)
        imported.absent = headings.absent(register, places)
        lines = sheets.planned(register, head=sheet.head, lines=sheet.lines)
        counts: Counter[str] = Counter()
        kept = _kept(imported, lines, counts, progress)
        imported.values_sha256 = entries.digest(draft.values for draft in kept)
    if not counts:
        raise SheetError(f"{imported.filename} has no lines below its header.")
    imported.counts = dict(counts)
    imported.state = State.READY
    imported.save(update_fields=["stand", "absent", "counts", "values_sha256", "state"])


def _kept(
    imported: RegisterImport,
    lines: Iterable[Line],
    counts: "Counter[str]",
    progress: Progress | None,
) -> Iterator[Draft]:
    """Keep lines, a batch at a time, and yield what they would write."""
    rest = enumerate(lines, 1)
    while batch := list(islice(rest, writing.BATCH)):
        ImportLine.objects.bulk_create(_line(imported, place, line) for place, line in batch)
        for _, line in batch:
            counts[line.deed.value] += 1
            if line.draft:
                yield line.draft
        if progress:
            progress(batch[-1][0], 0)


def _line(imported: RegisterImport, place: int, line: Line) -> ImportLine:
    draft = line.draft
    written = (
        {name: values.to_json(value) for name, value in draft.values.items()} if draft else None
    )
    return ImportLine(
        imported=imported,
        place=place,
        number=line.number,
        deed=line.deed.value,
        said=line.said[:200],
        ref=line.ref,
        problem=line.problem,
        differences=[list(asdict(each).values()) for each in line.differences],
        values=written,
        is_active=draft.is_active if draft else True,
        entry=draft.entry if draft else None,
    )


def _write(imported: RegisterImport, ready: Ready) -> RegisterImport:
    """Carry a plan out inside the caller's transaction, which holds the log."""
    imported.ledger_entry = sheets.carry_out(
        KeptPlan(imported), by=imported.by, reason=imported.reason, ready=ready
    )
    _end(imported, State.DONE, "")
    return imported


def _end(imported: RegisterImport, state: str, problem: str) -> None:
    imported.state, imported.problem, imported.ended_at = state, problem, timezone.now()
    imported.save(update_fields=["state", "problem", "ended_at", "reason", "ledger_entry"])


def _keep(imported: RegisterImport, path: Path) -> None:
    """Seal an upload, piece by piece, until a worker has read it."""
    data_key = seal.new_data_key()
    cipher = AESGCM(data_key)
    pieces = -(-imported.size // seal.CHUNK)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        imported.wrapped_key = seal.wrap_named(data_key, digest=digest)
        imported.stand = digest
        imported.save()
        file.seek(0)
        for number in range(pieces):
            piece = file.read(seal.CHUNK)
            sealed = seal.seal_chunk(cipher, number, piece, last=number == pieces - 1)
            ImportPart.objects.create(imported=imported, number=number, sealed=sealed)


def _pieces(imported: RegisterImport) -> Iterator[bytes]:
    cipher = AESGCM(seal.unwrap(bytes(imported.wrapped_key), digest=imported.stand))
    pieces = -(-imported.size // seal.CHUNK)
    for part in imported.parts.iterator(chunk_size=4):
        last = part.number == pieces - 1
        yield seal.open_chunk(cipher, part.number, bytes(part.sealed), last=last)


def _forget(imported: RegisterImport) -> None:
    """Destroy the upload and the key that opened it."""
    imported.parts.all().delete()
    imported.wrapped_key = b""
    imported.save(update_fields=["wrapped_key"])
