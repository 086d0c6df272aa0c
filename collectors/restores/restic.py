"""A restore test of one restic snapshot: restore it, and hold what came back against the backup."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from collectors import programs
from collectors.deadline import Deadline
from collectors.errors import (
    ProgramMissingError,
    SourceDeniedError,
    SourceNonsenseError,
    SourceRefusedError,
    SourceUnreachableError,
)
from collectors.programs import ProgramError
from collectors.restores.comparison import Stopwatch

_SUM = re.compile(r"([0-9a-f]{64}) [ *](.+)")
_BLOCK = 1024 * 1024
_DENIED = ("wrong password", "access denied", "accessdenied", "403")
_ABSENT = ("is there a repository at", "does not exist", "unable to open config file")


@dataclass(frozen=True)
class Snapshot:
    """One backup in the repository."""

    id: str
    made_at: datetime
    host: str
    paths: tuple[str, ...]


@dataclass
class Compared:
    """What the backup holds, and what came back."""

    files_kept: int = 0
    bytes_kept: int = 0
    files_restored: int = 0
    bytes_restored: int = 0
    listed: int = 0
    """Files whose digest was written down when the backup was made."""
    differing: set[str] = field(default_factory=set)
    """What is missing, of another size, or of another digest."""
    seconds: Decimal = Decimal(0)


@dataclass(frozen=True)
class Repository:
    """A repository and the means to read it; nothing is written to it, not even a lock."""

    address: str
    environment: Mapping[str, str]
    scratch: Path
    deadline: Deadline

    def version(self) -> str:
        return self._run("version").split(" compiled")[0].strip()

    def latest(self) -> list[Snapshot]:
        """Return the newest snapshot of every host and set of paths."""
        told = _decoded(self._run("snapshots", "--json", "--latest", "1"))
        if not isinstance(told, list):
            raise SourceNonsenseError("restic did not list the snapshots.")
        return [_snapshot(each) for each in told]

    def restore(self, snapshot: Snapshot, manifest: str) -> Compared:
        """Restore a snapshot into the scratch folder, compare, and remove it again."""
        target = self.scratch / "restored"
        watch = Stopwatch()
        try:
            # restic reads back what it wrote, and hashes it against the repository.
            self._run("restore", snapshot.id, "--target", str(target), "--verify")
            found = Compared(seconds=watch.lap())
            for path, size in self._files(snapshot):
                self.deadline.left()
                _compare(found, target, path, size)
            if manifest:
                _hold_against(found, target, manifest)
        finally:
            shutil.rmtree(target, ignore_errors=True)
        return found

    def _files(self, snapshot: Snapshot) -> Iterator[tuple[str, int]]:
        listing = self.scratch / "listing"
        self._run("ls", "--json", snapshot.id, output=listing)
        with listing.open(encoding="utf-8") as lines:
            for line in lines:
                node = _decoded(line)
                if node.get("type") == "file":
                    yield str(node["path"]), int(node.get("size", 0))

    def _run(self, *words: str, output: Path | None = None) -> str:
        program = shutil.which("restic")
        if program is None:
            raise ProgramMissingError("restic is not installed; on Debian: apt-get install restic")
        command = [program, "--no-lock", "--no-cache", "--quiet", f"--repo={self.address}", *words]
        if words[0] == "version":
            command = [program, "version"]
        try:
            return programs.run(
                command,
                deadline=self.deadline,
                scratch=self.scratch,
                environment=self.environment,
                output=output,
            )
        except ProgramError as error:
            raise _explained(error) from error


def _compare(found: Compared, target: Path, path: str, size: int) -> None:
    found.files_kept += 1
    found.bytes_kept += size
    restored = _below(target, path)
    if not restored.is_file() or restored.is_symlink():
        found.differing.add(path)
        return
    found.files_restored += 1
    found.bytes_restored += restored.stat().st_size
    if restored.stat().st_size != size:
        found.differing.add(path)


def _hold_against(found: Compared, target: Path, manifest: str) -> None:
    """Compare with the digests that were written down beside the data, in sha256sum's form."""
    listed = _below(target, manifest)
    if not listed.is_file():
        raise SourceRefusedError(f"The backup holds no {manifest}. Correct the settings.")
    folder = PurePosixPath(manifest).parent
    with listed.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            told = _SUM.fullmatch(line.rstrip("\n"))
            if told is None:
                raise SourceNonsenseError(f"{manifest} has a line that is no digest with a name.")
            found.listed += 1
            path = str(folder / told[2])
            restored = _below(target, path)
            same = restored.is_file() and _digest(restored) == told[1]
            if not same:
                found.differing.add(path)


def _below(target: Path, path: str) -> Path:
    """Return where a path of the backup was restored to; nothing outside of the target."""
    parts = [part for part in PurePosixPath(path).parts if part != "/"]
    if ".." in parts:
        raise SourceNonsenseError("The backup names a path that leads out of it.")
    return target.joinpath(*parts)


def _digest(path: Path) -> str:
    running = sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            running.update(block)
    return running.hexdigest()


def _snapshot(told: Mapping[str, Any]) -> Snapshot:
    try:
        return Snapshot(
            id=str(told["id"]),
            made_at=datetime.fromisoformat(told["time"]),
            host=str(told.get("hostname", "")),
            paths=tuple(str(path) for path in told["paths"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SourceNonsenseError("restic described a snapshot in another way.") from error


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise SourceNonsenseError("restic answered with JSON that is broken.") from error


def _explained(error: ProgramError) -> Exception:
    said = error.complaint.lower()
    told = error.complaint.splitlines()[-1][:300] if error.complaint else "no reason given"
    if any(words in said for words in _DENIED):
        return SourceDeniedError(f"restic was refused: {told}")
    if any(words in said for words in _ABSENT):
        return SourceRefusedError(f"There is no restic repository: {told}")
    if "dial tcp" in said or "timeout" in said:
        return SourceUnreachableError(f"restic could not reach the repository: {told}")
    return SourceNonsenseError(f"The repository could not be restored: {told}")
