"""Large files of a day: received at once, read by a worker, whose progress the page shows.

Rules:
- What is refused at once for a small file is told afterwards for a large one, in the same words.
- An upload is sealed while it waits, and nothing is left of it once it was read.
- A worker that begins anew finds what the one before it has handed in.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import file_digest
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.access import actor
from accounts.capabilities import Capability
from accounts.models import User
from evidence import seal
from evidence.errors import EvidenceError
from evidence.reconcile.progress import Tell, quiet
from jobs import queue
from jobs.models import Job
from registers.errors import RegistersError
from registers.models import Arrival, ArrivalPart, InputFile, Reconciliation
from registers.reconciling import definitions, files
from registers.reconciling.files import Sighted

KIND = "registers.read_file"
KEPT = timedelta(days=7)
"""How long what came of an upload stays to be looked at."""
_SHOWN = 20


def receive(
    reconciliation: Reconciliation, *, leg: str, day: date, path: Path, is_look: bool, by: User
) -> Arrival:
    """Seal a file until a worker reads it; `path` bears the name that it came by.

    Raises ReconcilingNotAllowedError, and ReconcilingError for a day or a leg that cannot be.
    """
    definitions.refuse_stranger(by, Capability.RUN_RECONCILIATIONS)
    files.refuse_place(reconciliation, leg=leg, day=day)
    with path.open("rb") as source:
        digest = file_digest(source, "sha256").hexdigest()
    data_key = seal.new_data_key()
    made = Arrival.objects.create(
        reconciliation=reconciliation,
        leg=leg,
        day=day,
        filename=path.name,
        size=path.stat().st_size,
        sha256=digest,
        wrapped_key=seal.wrap_named(data_key, digest=digest),
        is_look=is_look,
        by=by,
        at=timezone.now(),
    )
    # Piece by piece, so that nobody else waits for a large one; until the last it is only coming.
    _seal(made, path, AESGCM(data_key))
    with transaction.atomic():
        made.state = Arrival.State.WAITING
        made.save(update_fields=["state"])
        queue.enqueue(KIND, key=key_of(made), payload={"arrival": made.pk}, requested_by=actor(by))
    return made


def read(pk: int, *, tell: Tell = quiet) -> Arrival:
    """Read a file that waits, and hand it in or only look; a second call changes nothing."""
    arrival = Arrival.objects.select_related("reconciliation__owner", "by").get(pk=pk)
    if arrival.state != Arrival.State.WAITING:
        return arrival
    try:
        arrival.file = _handed_in(arrival) or _read(arrival, tell)
    except (RegistersError, EvidenceError) as refusal:
        return _end(arrival, Arrival.State.REFUSED, str(refusal))
    return _end(arrival, Arrival.State.SEEN if arrival.is_look else Arrival.State.TAKEN)


@dataclass(frozen=True)
class OnItsWay:
    """An upload as the page of its day shows it."""

    arrival: Arrival
    job: Job | None

    @property
    def has_failed(self) -> bool:
        return self.job is not None and self.job.state == Job.State.FAILED

    @property
    def is_working(self) -> bool:
        return self.arrival.state == Arrival.State.WAITING and not self.has_failed

    @property
    def percent(self) -> int | None:
        """How far it is; None where that is not known."""
        if self.job is None or not self.job.progress_total:
            return None
        return min(100, 100 * self.job.progress_done // self.job.progress_total)


def of_day(reconciliation: Reconciliation, day: date) -> list[OnItsWay]:
    """Return the uploads of a day that are no files of it, the youngest first; two queries."""
    found = Arrival.objects.filter(reconciliation=reconciliation, day=day)
    over = (Arrival.State.TAKEN, Arrival.State.COMING)
    shown = list(found.exclude(state__in=over).select_related("by").defer("wrapped_key")[:_SHOWN])
    jobs = {each.key: each for each in Job.objects.filter(key__in=map(key_of, shown))}
    return [OnItsWay(each, jobs.get(key_of(each))) for each in shown]


def clear(now: datetime) -> int:
    """Forget uploads of long ago, those too that never came whole or were never read."""
    return Arrival.objects.filter(at__lt=now - KEPT).delete()[1].get("registers.Arrival", 0)


def key_of(arrival: Arrival) -> str:
    """Return the key of the job that reads an upload."""
    return f"{KIND}:{arrival.pk}"


def _read(arrival: Arrival, tell: Tell) -> InputFile | None:
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        path = Path(folder) / arrival.filename
        with path.open("xb") as copy:
            for piece in _pieces(arrival):
                copy.write(piece)
        if not arrival.is_look:
            return files.hand_in(
                arrival.reconciliation,
                leg=arrival.leg,
                day=arrival.day,
                path=path,
                by=arrival.by,
                tell=tell,
            )
        seen = files.sight(
            arrival.reconciliation, leg=arrival.leg, day=arrival.day, path=path, tell=tell
        )
    arrival.facts = facts_of(seen)
    return None


def facts_of(seen: Sighted) -> dict[str, object]:
    """Return what is shown of a file that was only looked at."""
    return {
        "rows": seen.rows,
        "format": seen.facts.format,
        "totals": seen.facts.totals,
        "first": seen.facts.first,
        "last": seen.facts.last,
        "twin": f"{seen.twin.leg}: {seen.twin.filename}" if seen.twin else "",
    }


def _handed_in(arrival: Arrival) -> InputFile | None:
    """Find what a worker handed in before it was stopped."""
    if arrival.is_look:
        return None
    found = InputFile.objects.filter(
        reconciliation=arrival.reconciliation,
        leg=arrival.leg,
        day=arrival.day,
        sha256=arrival.sha256,
        by=arrival.by,
        at__gte=arrival.at,
    )
    return found.filter(withdrawal__isnull=True).first()


def _end(arrival: Arrival, state: Arrival.State, problem: str = "") -> Arrival:
    """Say what came of an upload, and destroy it with the key that opened it."""
    arrival.state, arrival.problem, arrival.ended_at = state, problem, timezone.now()
    arrival.wrapped_key = b""
    with transaction.atomic():
        arrival.save()
        arrival.parts.all().delete()
    return arrival


def _seal(arrival: Arrival, path: Path, cipher: AESGCM) -> None:
    pieces = _count(arrival)
    with path.open("rb") as source:
        for number in range(pieces):
            piece = source.read(seal.CHUNK)
            sealed = seal.seal_chunk(cipher, number, piece, last=number == pieces - 1)
            ArrivalPart.objects.create(arrival=arrival, number=number, sealed=sealed)


def _pieces(arrival: Arrival) -> Iterator[bytes]:
    cipher = AESGCM(seal.unwrap(bytes(arrival.wrapped_key), digest=arrival.sha256))
    last = _count(arrival) - 1
    for part in arrival.parts.iterator(chunk_size=4):
        yield seal.open_chunk(cipher, part.number, bytes(part.sealed), last=part.number == last)


def _count(arrival: Arrival) -> int:
    return max(-(-arrival.size // seal.CHUNK), 1)
