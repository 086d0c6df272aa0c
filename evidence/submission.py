"""What is handed in with one item, and the name that its file is kept by."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path, PurePath
from typing import BinaryIO

from accounts.models import User
from controls.models import Expectation, Risk
from evidence.errors import FilenameError
from evidence.handling import Handling
from evidence.models import Evidence
from evidence.population import PopulationFacts


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
    tags: Mapping[str, str] = field(default_factory=dict)
    handling: Handling | None = None
    idempotency_key: str = ""
    is_made_here: bool = False
    """Whether it was put together here out of items that came in: it may be larger than one."""
    is_judged: bool = False
    """Whether it need not be screened: a person released it, or all within came in by itself."""
    received_at: datetime | None = None
    """Only for what lay in quarantine: when it really came."""


def safe_filename(name: str) -> str:
    """Return the last part of a file name, in NFC; FilenameError for one that cannot be kept."""
    last = unicodedata.normalize("NFC", PurePath(name.replace("\\", "/")).name).strip()
    unfit = any(unicodedata.category(letter)[0] == "C" for letter in last)
    if not last or unfit or len(last.encode()) > 180 or last in {".", ".."}:
        raise FilenameError
    return last
