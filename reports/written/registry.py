"""Finds the kinds of reports: one module in reports/kinds/ each; its name is the slug."""

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import ModuleType

from accounts.models import User
from audits.models import Engagement
from controls.models import Area
from evidence.models import Evidence
from reports import kinds as folder
from reports.errors import KindError, UnknownReportError
from reports.written.document import Document


class Need(StrEnum):
    """What must be said before a report can be written."""

    ENGAGEMENT = "engagement"
    PERIOD = "period"
    SUBJECT = "subject"


@dataclass(frozen=True)
class Asked:
    """What a report is asked for; what its kind does not need is None or empty."""

    at: datetime
    """The moment as of which facts are judged: that of asking, or one before it."""
    by: User | None = None
    engagement: Engagement | None = None
    start: date | None = None
    end: date | None = None
    subject: str = ""
    """The reference of the one thing that the report is about."""
    made_at: datetime | None = None
    """The moment of asking, where facts are judged as of one before it."""
    whole: bool = False
    """Whether the PDF too shows every row of long tables."""

    @property
    def audit(self) -> Engagement:
        """The engagement of a kind that needs one; making has refused where there is none."""
        if self.engagement is None:
            raise KindError("This kind of report uses an engagement; declare Need.ENGAGEMENT.")
        return self.engagement

    @property
    def period(self) -> tuple[date, date]:
        """First and last day of a kind that needs a period, or the window of the engagement."""
        if self.start and self.end:
            return self.start, self.end
        return self.audit.window_from, self.audit.window_to


@dataclass(frozen=True)
class Kind:
    """One kind of report."""

    title: str
    sentence: str
    """What it is for, for the person who chooses."""
    build: Callable[[Asked], Document]
    needs: tuple[Need, ...] = ()
    subject: str = ""
    """What the subject is, where the kind needs one, such as: Reference of an item (EV-12)."""
    goes_back: bool = False
    """Whether it can be written as of a moment in the past: all that it reads is kept by moment."""
    area: Area = Area.AUDIT_REQUESTS
    sensitivity: Evidence.Sensitivity = Evidence.Sensitivity.CONFIDENTIAL


@functools.cache
def kinds() -> Mapping[str, Kind]:
    """Return every kind by its slug, in the order of the titles; KindError."""
    names = [module.name for module in pkgutil.iter_modules(folder.__path__)]
    found = {
        name: inspected(name, importlib.import_module(f"{folder.__name__}.{name}"))
        for name in names
    }
    return dict(sorted(found.items(), key=lambda each: each[1].title))


def get(slug: str) -> Kind:
    """Return one kind; UnknownReportError."""
    try:
        return kinds()[slug]
    except KeyError:
        known = ", ".join(sorted(kinds()))
        raise UnknownReportError(f"There is no report {slug!r}; known are {known}.") from None


def inspected(slug: str, module: ModuleType) -> Kind:
    """Return the kind that a module declares; KindError says what to correct."""
    declared = getattr(module, "KIND", None)
    if not isinstance(declared, Kind):
        raise KindError(f"reports/kinds/{slug}.py: KIND = Kind(...) is missing.")
    if (Need.SUBJECT in declared.needs) != bool(declared.subject):
        raise KindError(f"reports/kinds/{slug}.py: `subject` and Need.SUBJECT belong together.")
    if not declared.sentence.endswith("."):
        raise KindError(f"reports/kinds/{slug}.py: `sentence` is a whole sentence.")
    return declared
