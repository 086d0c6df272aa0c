"""What is said of a file in an inbox: by the end of its name, or by a YAML file beside it.

roster__2026-01-01_2026-01-31.csv        the period in the name (one date alone: that day)
roster.csv.yaml                          period_from, period_to, and columns where they differ;
                                         exported_at, a moment with its offset from UTC;
                                         steps, what was done after the export, in order, each
                                         with did, words, rows_before, rows_after, reason and
                                         sha256_before; observation, with ran_by, where, filters,
                                         rows_seen and clock_seen
"""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Literal, NamedTuple

import yaml
from pydantic import AwareDatetime, Field, ValidationError

from collectors.base import SourceSettings
from collectors.errors import FileRefusedError
from collectors.files import inbox
from collectors.period import Period
from controls.yaml_source import UNREADABLE_YAML
from evidence.handling import MOST_STEPS, Did, Handling, Observation, Step

Type = Literal["text", "integer", "decimal", "boolean", "date", "timestamp"]

_IN_NAME = re.compile(r"__(\d{4}-\d\d-\d\d)(?:_(\d{4}-\d\d-\d\d))?$")
_LARGEST = 64 * 1024


class StepLabel(SourceSettings):
    """One step after the export; `evidence.handling` says what fits together."""

    did: Did
    words: str
    rows_before: int | None = None
    rows_after: int | None = None
    reason: str = ""
    sha256_before: str = ""


class ObservationLabel(SourceSettings):
    """What was seen when the export was run."""

    ran_by: str
    where: str
    filters: str = ""
    rows_seen: int | None = None
    clock_seen: str = ""


class Label(SourceSettings):
    """The content of a sidecar."""

    period_from: date | None = None
    period_to: date | None = None
    exported_at: AwareDatetime | None = None
    columns: dict[str, Type] = Field(default_factory=dict)
    steps: list[StepLabel] = Field(default_factory=list, max_length=MOST_STEPS)
    observation: ObservationLabel | None = None

    @property
    def handling(self) -> Handling | None:
        """What was done to the file after the export, as intake takes it; None for nothing."""
        seen = self.observation
        steps = tuple(Step(**step.model_dump(mode="json")) for step in self.steps)
        return Handling(steps, Observation(**seen.model_dump()) if seen else None) or None


class Declared(NamedTuple):
    """What is said of a file; `exported_at` is None where nothing says when it was made."""

    period: Period
    columns: dict[str, Type]
    exported_at: datetime | None
    handling: Handling | None = None


def read(path: Path) -> Declared:
    """Return what a file declares of itself; FileRefusedError, AskError."""
    label = _sidecar(inbox.sidecar_of(path))
    in_name = _dates_in_name(path)
    beside = (label.period_from, label.period_to or label.period_from)
    told = {dates for dates in (in_name, beside) if dates[0]}
    if len(told) > 1:
        message = f"{path.name}: its name and the file beside it declare different periods."
        raise FileRefusedError(message)
    start, end = told.pop() if told else (None, None)
    if start is None or end is None:
        message = (
            f"{path.name} does not say which period it covers. End its name with "
            "__2026-01-01_2026-01-31 before .csv or .xlsx, with the dates that it covers."
        )
        raise FileRefusedError(message)
    return Declared(Period(start, end), dict(label.columns), label.exported_at, label.handling)


def _dates_in_name(path: Path) -> tuple[date | None, date | None]:
    found = _IN_NAME.search(path.stem)
    if not found:
        return None, None
    try:
        return date.fromisoformat(found[1]), date.fromisoformat(found[2] or found[1])
    except ValueError as error:
        message = f"{path.name}: a date in the name does not exist."
        raise FileRefusedError(message) from error


def _sidecar(path: Path) -> Label:
    if path.is_symlink() or not path.is_file():
        return Label()
    try:
        if path.stat().st_size > _LARGEST:
            message = f"{path.name} is too large to describe a table."
            raise FileRefusedError(message)
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Label.model_validate(said or {})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "content"
        message = f"{path.name}: {where}: {first['msg']}."
        raise FileRefusedError(message) from error
    except UNREADABLE_YAML as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        message = f"{path.name}{place}: this is no readable YAML."
        raise FileRefusedError(message) from error
