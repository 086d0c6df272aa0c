"""What a report is, and which there are: a module of `reports` that declares REPORT is one."""

import functools
import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any, BinaryIO, Protocol

import reports
from reports.errors import UnknownReportError

GROUP = "countersign.reports"

Progress = Callable[[int, int, str], None]
"""Told what is done and what there is to do (both in bytes), and a word for people."""


class Write(Protocol):
    """Writes the paper about a subject into a file that need not be seekable."""

    def __call__(
        self, subject: Any, file: BinaryIO, /, *, progress: Progress | None = None
    ) -> None: ...


@dataclass(frozen=True)
class Report:
    """One kind of paper; the name of its module is its slug."""

    title: str
    media_type: str
    suffix: str
    write: Write


@functools.cache
def reports_by_slug() -> Mapping[str, Report]:
    """Return every report by its slug, those of installed packages too."""
    found = {}
    for slug, module in sorted(_modules(), key=lambda each: each[0]):
        declared = getattr(module, "REPORT", None)
        if isinstance(declared, Report):
            found[slug] = declared
    return found


def get(slug: str) -> Report:
    """Return one report; UnknownReportError."""
    try:
        return reports_by_slug()[slug]
    except KeyError:
        known = ", ".join(reports_by_slug())
        raise UnknownReportError(f"There is no report {slug!r}; known are {known}.") from None


def _modules() -> Iterator[tuple[str, ModuleType]]:
    for info in pkgutil.iter_modules(reports.__path__):
        if not info.ispkg:
            yield info.name, importlib.import_module(f"{reports.__name__}.{info.name}")
    for point in entry_points(group=GROUP):
        yield point.name, point.load()
