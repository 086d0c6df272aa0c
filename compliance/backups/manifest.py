"""What a backup consists of: a manifest with digests, and a list of the sealed files.

The manifest is written last, so a backup that broke off has none; the list has one file a line, in
the order of locations, so that two of any length are compared without holding either.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from compliance.backups.errors import BackupDamagedError

FORMAT = "countersign-backup/1"
NAME = "manifest.json"
FILES = "files/"
_LOCATION = re.compile("[0-9a-f]{2}/[0-9a-f]{32}")
_DIGEST = re.compile("[0-9a-f]{64}")
_PLAIN = re.compile(r"[a-z0-9][a-z0-9.-]{0,80}")


@dataclass(frozen=True)
class Part:
    """One file of the backup beside the sealed ones."""

    name: str
    size: int
    sha256: str

    def __post_init__(self) -> None:
        if not _PLAIN.fullmatch(self.name) or not _DIGEST.fullmatch(self.sha256):
            raise BackupDamagedError


@dataclass(frozen=True)
class SealedFile:
    """A file of the store: where it lies, its sealed bytes, and the digest of its plain ones."""

    location: str
    version: str
    blob: str
    size: int
    sha256: str

    def __post_init__(self) -> None:
        # A location becomes a path, so nothing else than what the store makes is one.
        if not _LOCATION.fullmatch(self.location) or not _DIGEST.fullmatch(self.blob):
            raise BackupDamagedError

    @property
    def name(self) -> str:
        return FILES + self.location


@dataclass(frozen=True)
class Manifest:
    """Everything that a restore must know, and what it compares."""

    made_at: str
    software: str
    engine: str
    store: str
    database: Part
    files: Part
    file_count: int
    file_bytes: int
    log_size: int
    log_root: str
    checkpoint: str
    vkey: str
    sealing_keys: tuple[str, ...]
    migrations: tuple[str, ...]
    keys: Part | None = None

    def to_json(self) -> bytes:
        return (json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n").encode()

    @classmethod
    def from_json(cls, content: bytes) -> "Manifest":
        """Read a manifest; raises BackupDamagedError for what is none of this format."""
        try:
            said = json.loads(content)
            if said.pop("format") != FORMAT:
                raise BackupDamagedError(f"This is no backup of the format {FORMAT}.")
            for name in ("database", "files", "keys"):
                said[name] = Part(**said[name]) if said[name] else None
            for name in ("sealing_keys", "migrations"):
                said[name] = tuple(map(str, said[name]))
            return cls(**said)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BackupDamagedError("The manifest of the backup cannot be read.") from error


def lines(files: Iterable[SealedFile]) -> Iterator[bytes]:
    """Write the list of sealed files, line by line."""
    for file in files:
        yield json.dumps(asdict(file), separators=(",", ":")).encode() + b"\n"


def read_lines(content: Iterable[bytes]) -> Iterator[SealedFile]:
    """Read a list of sealed files; raises BackupDamagedError for a line that is none."""
    for line in content:
        try:
            yield SealedFile(**json.loads(line))
        except (ValueError, TypeError, RecursionError) as error:
            raise BackupDamagedError("The list of the backup's files cannot be read.") from error
