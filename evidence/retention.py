"""How long content must be kept: classes as data, and the day that follows from them.

Rules:
1. The first class of the file that fits type and sensitivity of an item holds; the last fits all.
2. Content is kept until the end of what it covers or of its receipt, whichever is later, plus the
   longest audit period that it may fall into, plus the years of its class.
3. Content that several items share is kept until the last of them may go.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import yaml
from django.conf import settings
from django.db.models import Q
from pydantic import BaseModel, ConfigDict, Field

from controls.yaml_source import UNREADABLE_YAML
from evidence.errors import RetentionError
from evidence.models import Evidence


class _Class(BaseModel):
    """One class of the file; a list left out fits everything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z-]{0,30}$")
    title: str = Field(min_length=1)
    years: int = Field(ge=0, le=100)
    evidence_types: tuple[str, ...] = ()
    sensitivities: tuple[Evidence.Sensitivity, ...] = ()

    def fits(self, evidence_type: str, sensitivity: str) -> bool:
        return (not self.evidence_types or evidence_type in self.evidence_types) and (
            not self.sensitivities or sensitivity in self.sensitivities
        )


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    audit_period_months: int = Field(ge=1, le=60)
    classes: tuple[_Class, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Kept:
    """Until which day an item is kept, and by which class."""

    until: date
    class_name: str
    title: str


def kept(evidence: Evidence) -> Kept:
    """Return how long one item is kept; raises RetentionError for a file that cannot be read."""
    rules = _rules(Path(settings.RETENTION_FILE))
    fits = (one for one in rules.classes if one.fits(evidence.evidence_type, evidence.sensitivity))
    found = next(fits, rules.classes[-1])
    last = max(evidence.covers_to, evidence.received_at.date())
    months = rules.audit_period_months + 12 * found.years
    return Kept(_after(last, months), found.name, found.title)


def with_content(digests: Iterable[str]) -> list[Evidence]:
    """Return every item whose original or table is one of these contents."""
    wanted = list(digests)
    named = Q(blob__in=wanted) | Q(population__table__in=wanted)
    return list(Evidence.objects.filter(named).order_by("pk"))


def keep_until(digest: str) -> date | None:
    """Return the day until which content must be kept; None where no item has it."""
    return max((kept(one).until for one in with_content([digest])), default=None)


@lru_cache(maxsize=4)
def _rules(path: Path) -> _File:
    try:
        return _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, *UNREADABLE_YAML) as error:
        raise RetentionError(
            f"The classes of retention in {path} cannot be read. Compare the file with"
            f" evidence/retention.yaml. {error}"
        ) from error


def _after(day: date, months: int) -> date:
    """Return the same day so many months later; the last of the month where there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for number in range(day.day, 27, -1):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
    return date(year, month + 1, day.day)
