"""Bringing a workspace up to date: what is new is written, what is the same is left alone."""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction

from evidence import ledger, store
from reports.base import Progress
from reports.errors import WorkspaceError
from reports.workspace import index
from reports.workspace.filing import Filed, filed
from reports.workspace.places import Place, Standing

Read = Callable[[], BinaryIO]


@dataclass
class Outcome:
    """What a run did, or would do, by the paths of the files."""

    written: list[str] = field(default_factory=list)
    described: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    same: int = 0
    kept_back: int = 0
    """Items that the index lists without a file."""

    def counts(self) -> dict[str, int]:
        """Return how many of each."""
        return {
            "written": len(self.written),
            "described": len(self.described),
            "removed": len(self.removed),
            "same": self.same,
            "kept_back": self.kept_back,
        }


def sync(
    place: Place,
    *,
    actor: str,
    progress: Progress | None = None,
    is_rehearsal: bool = False,
    may_empty: bool = False,
) -> Outcome:
    """Write what a workspace lacks, remove what no longer belongs, and leave a ledger leaf.

    A run that finds everything as it should be changes nothing and leaves no leaf. A rehearsal
    only says what it would do. The progress counts files. Raises WorkspaceError, and SourceError
    where the place is a server.
    """
    try:
        place.open()
        with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
            items, path = list(filed()), Path(folder) / index.NAME
            wanted = {item.path: item for item in items if item.path}
            outcome = Outcome(kept_back=len(items) - len(wanted))
            wanted[index.NAME] = index.write(path, items)
            _compare(outcome, wanted, place.standing(wanted))
            if not is_rehearsal:
                _refuse_emptying(outcome, may_empty=may_empty)
                _bring(place, outcome, wanted, path, progress)
                _note(place, outcome, actor)
        return outcome
    finally:
        place.close()


def _compare(
    outcome: Outcome, wanted: Mapping[str, Filed], standing: Mapping[str, Standing]
) -> None:
    outcome.removed = sorted(set(standing) - set(wanted))
    for path, item in wanted.items():
        found = standing.get(path)
        if found is None or found.digest != item.digest:
            outcome.written.append(path)
        elif not found.is_described:
            outcome.described.append(path)
        else:
            outcome.same += 1


def _refuse_emptying(outcome: Outcome, *, may_empty: bool) -> None:
    """Refuse to remove more than half of what stands there, unless told to."""
    removed, kept = len(outcome.removed), outcome.same + len(outcome.described)
    if may_empty or removed <= max(kept, 1):
        return
    message = (
        f"{removed} files of this workspace belong to no evidence here, and {kept} do: it may be "
        "that of another installation. Nothing was changed. Choose another place, or run "
        "manage.py sync_workspace --remove if that is right."
    )
    raise WorkspaceError(message)


def _bring(
    place: Place,
    outcome: Outcome,
    wanted: Mapping[str, Filed],
    path_of_index: Path,
    progress: Progress | None,
) -> None:
    total = len(outcome.written) + len(outcome.described) + len(outcome.removed)
    for done, path in enumerate(_done(place, outcome, wanted, path_of_index), start=1):
        if progress:
            progress(done, total, path)


def _done(
    place: Place, outcome: Outcome, wanted: Mapping[str, Filed], path_of_index: Path
) -> Iterator[str]:
    """Do one thing after the other, and yield the path of each."""
    for path in outcome.written:
        place.put(wanted[path], _reader(wanted[path], path_of_index))
        yield path
    for path in outcome.described:
        place.describe(wanted[path])
        yield path
    for path in outcome.removed:
        place.remove(path)
        yield path


def _reader(item: Filed, path_of_index: Path) -> Read:
    if item.path == index.NAME:
        return lambda: path_of_index.open("rb")
    return lambda: store.open_blob(item.digest)


def _note(place: Place, outcome: Outcome, actor: str) -> None:
    if outcome.written or outcome.described or outcome.removed:
        with transaction.atomic():
            body = {"place": place.name, **outcome.counts()}
            ledger.append("workspace.synced", subject="workspace", body=body, actor=actor)
