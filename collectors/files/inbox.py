"""Watched folders: files that people put there become runs, and leave the folder with an answer.

Rules:
- A file is taken when it has not changed for SETTLED; names of files still being written
  (.part, .tmp, hidden ones) and sidecars are left alone.
- Taken in, it moves to processed/; refused, to refused/ with a file beside it that says why.
- The same content under the same name and period is taken in once; put there again it moves to
  processed/ without another run. After a refusal it is tried again.
- Symbolic links and anything but plain files are refused: they may point anywhere.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from collectors import registry
from collectors.base import AsksFor
from collectors.errors import FileRefusedError
from collectors.models import Run, Source

SETTLED = timedelta(seconds=5)
PROCESSED, REFUSED = "processed", "refused"
SIDECAR = ".yaml"
_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart", "~")
_BLOCK = 1024 * 1024
_LONGEST_NAME = 180


@dataclass(frozen=True)
class Arrival:
    """A settled file in a source's folder, and the ticket under which it is asked."""

    source: Source
    path: Path
    ticket: str


def folder_of(source: Source) -> Path:
    """Return the folder that a source watches, made if it is missing."""
    folder = Path(settings.INBOX_DIR) / source.slug
    for path in (folder, folder / PROCESSED, folder / REFUSED):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def watching() -> list[Source]:
    """Return the enabled sources whose collector takes files."""
    taking = [
        slug
        for slug, collector in registry.collectors().items()
        if collector.declared.asks_for is AsksFor.FILE
    ]
    return list(Source.objects.filter(collector__in=taking, enabled=True))


def has_files(source: Source) -> bool:
    """Tell cheaply whether there is anything to look at."""
    names = (path.name for path in folder_of(source).iterdir())
    return any(name not in {PROCESSED, REFUSED} and not is_to_be_left(name) for name in names)


def arrivals(source: Source, *, now: datetime) -> Iterator[Arrival]:
    """Yield what is new in a source's folder; links and doubles are put away on the way."""
    for path in sorted(folder_of(source).iterdir()):
        if path.name in {PROCESSED, REFUSED} or is_to_be_left(path.name):
            continue
        try:
            arrival = _look_at(source, path, now)
        except FileNotFoundError:
            # Whoever put it there took it away again.
            continue
        except OSError as error:
            # One file that cannot be read must not keep the others from being taken in.
            reason = f"The file cannot be read: {error.strerror}. Mend its permissions."
            put_away(path, REFUSED, mark="unreadable", reason=reason)
            continue
        if arrival:
            yield arrival


def _look_at(source: Source, path: Path, now: datetime) -> Arrival | None:
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        put_away(path, REFUSED, mark="not-a-file", reason="Only plain files are taken.")
        return None
    if now.timestamp() - found.st_mtime < SETTLED.total_seconds():
        return None
    stem = f"file:{source.pk}:{digest(path)[:40]}:{_label(path)[:12]}"
    answered = Run.objects.filter(ticket__startswith=stem).exclude(state=Run.State.FAILED)
    double = answered.first()
    if double:
        put_away(path, PROCESSED, mark=f"{double.ref}-again")
        return None
    # The time of arrival tells a file that was put here again after a refusal.
    return Arrival(source, path, f"{stem}:{found.st_ctime_ns}")


def path_of(source: Source, name: str) -> Path:
    """Return the path of a file in a source's folder; FileRefusedError for a name elsewhere."""
    if Path(name).name != name or name in {"", "..", PROCESSED, REFUSED}:
        message = f"{name!r} is no file of the folder {source.slug}."
        raise FileRefusedError(message)
    return folder_of(source) / name


def settle(path: Path, run: Run) -> None:
    """Move a file to where its answer sends it; one that is gone already was moved before."""
    if not path.exists():
        return
    if run.answered:
        put_away(path, PROCESSED, mark=run.ref)
    else:
        put_away(path, REFUSED, mark=run.ref, reason=run.reason)


def put_away(path: Path, where: str, *, mark: str, reason: str = "") -> Path:
    """Move a file and its sidecar below its folder; write the reason beside it."""
    name = path.name
    if len(os.fsencode(name)) > _LONGEST_NAME:
        # With its mark it would be longer than a file name may be.
        name = sha256(os.fsencode(name)).hexdigest()[:16] + path.suffix
    target = path.parent / where / f"{mark}__{name}"
    path.rename(target)
    sidecar = sidecar_of(path)
    if sidecar.exists():
        sidecar.rename(sidecar_of(target))
    if reason:
        note = target.with_name(f"{target.name}.reason.txt")
        note.write_text(f"{reason}\n", encoding="utf-8")
    return target


def withdraw(path: Path, *, reason: str) -> None:
    """Remove a file that was sealed into quarantine, and leave a word of where it lies."""
    note = path.parent / REFUSED / f"quarantined__{sha256(os.fsencode(path.name)).hexdigest()[:16]}"
    note.with_name(f"{note.name}.reason.txt").write_text(f"{reason}\n", encoding="utf-8")
    path.unlink(missing_ok=True)
    sidecar_of(path).unlink(missing_ok=True)


def sidecar_of(path: Path) -> Path:
    """Return where the description of a file lies: beside it, with .yaml at the end."""
    return path.with_name(path.name + SIDECAR)


def stage(path: Path, scratch: Path) -> Path:
    """Copy a file into the scratch folder and return the copy: what is read cannot change then.

    Raises FileRefusedError for a link, a file that is gone, empty, or too large.
    """
    target = scratch / path.name
    try:
        # O_NOFOLLOW: the file may have been swapped for a link since it was listed.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        message = f"{path.name} cannot be opened: {error.strerror}. Put it into the folder again."
        raise FileRefusedError(message) from error
    with os.fdopen(descriptor, "rb") as source, target.open("xb") as copy:
        found = os.fstat(source.fileno())
        if not stat.S_ISREG(found.st_mode):
            message = f"{path.name} is no plain file."
            raise FileRefusedError(message)
        if found.st_size == 0:
            message = f"{path.name} is empty (0 bytes). Export the table again."
            raise FileRefusedError(message)
        if found.st_size > settings.MAX_EVIDENCE_BYTES:
            message = (
                f"{path.name} has {found.st_size:,} bytes; this installation takes "
                f"{settings.MAX_EVIDENCE_BYTES:,} at most. Split it, or raise MAX_EVIDENCE_BYTES."
            )
            raise FileRefusedError(message)
        shutil.copyfileobj(source, copy, _BLOCK)
    return target


def is_to_be_left(name: str) -> bool:
    """Tell a file that is still being written, or a sidecar, which moves with its file."""
    return name.startswith(".") or name.lower().endswith((*_UNFINISHED, SIDECAR))


def digest(path: Path) -> str:
    """Return the SHA-256 (hex) of a file."""
    running = sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            running.update(block)
    return running.hexdigest()


def _label(path: Path) -> str:
    """Return a digest of what is said about the content: the name and the sidecar."""
    sidecar = sidecar_of(path)
    said = sidecar.read_bytes() if sidecar.is_file() else b""
    return sha256(path.name.encode() + b"\0" + said).hexdigest()
