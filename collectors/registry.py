"""Finds collectors: one module in collectors/sources/ or one entry point of an installed package.

Being there registers a collector; the name of its module, or of its entry point, is its slug.
"""

import functools
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from django.conf import settings
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from collectors import schedule, sources
from collectors.base import Answer, Ask, AsksFor, Declaration, SourceSettings
from collectors.errors import DeclarationError, ScheduleError, UnknownCollectorError
from evidence.errors import PopulationError
from evidence.population import Column

GROUP = "countersign.collectors"
_SLUG = re.compile(r"[a-z][a-z0-9_]{1,59}")


@dataclass(frozen=True)
class Collector:
    """A collector that passed inspection."""

    slug: str
    declared: Declaration
    settings: type[SourceSettings]
    collect: Callable[[Ask[Any]], Answer]
    columns: tuple[Column, ...]
    version: str
    code_digest: str
    """SHA-256 of the collector's own file: which logic made a list."""

    @property
    def secret_fields(self) -> frozenset[str]:
        """The names of the settings that are sealed at rest."""
        return frozenset(
            name for name, field in self.settings.model_fields.items() if _is_secret(field)
        )


@functools.cache
def collectors() -> Mapping[str, Collector]:
    """Return every collector by its slug, in the order of the slugs; DeclarationError."""
    found: dict[str, Collector] = {}
    for slug, module, version in sorted(_modules(), key=lambda each: each[0]):
        if slug in found:
            _refuse(slug, module, "another collector has this name already; rename one of them")
        found[slug] = inspect_module(slug, module, version=version)
    return found


def get(slug: str) -> Collector:
    """Return one collector; UnknownCollectorError."""
    try:
        return collectors()[slug]
    except KeyError:
        message = f"There is no collector {slug!r}; known are {', '.join(collectors())}."
        raise UnknownCollectorError(message) from None


def inspect_module(slug: str, module: ModuleType, *, version: str) -> Collector:
    """Return the collector that a module declares; DeclarationError says what to correct."""
    if not _SLUG.fullmatch(slug):
        _refuse(slug, module, "the name must be lower snake case and start with a letter")
    declared = getattr(module, "COLLECTOR", None)
    if not isinstance(declared, Declaration):
        _refuse(slug, module, "COLLECTOR = Declaration(...) is missing")
    fields = getattr(module, "Settings", None)
    if not (inspect.isclass(fields) and issubclass(fields, SourceSettings)):
        _refuse(slug, module, "class Settings(SourceSettings) is missing")
    collect = getattr(module, "collect", None)
    if not inspect.isfunction(collect) or len(inspect.signature(collect).parameters) != 1:
        _refuse(slug, module, "def collect(ask: Ask[Settings]) -> Answer is missing")
    _refuse_vague(slug, module, declared)
    for name, field in fields.model_fields.items():
        if not (field.title and field.description):
            _refuse(slug, module, f"the setting {name} needs a title and a description")
    return Collector(
        slug=slug,
        declared=declared,
        settings=fields,
        collect=collect,
        columns=_columns(slug, module, declared, fields),
        version=version,
        code_digest=_digest(module),
    )


def _modules() -> Iterator[tuple[str, ModuleType, str]]:
    for info in pkgutil.iter_modules(sources.__path__):
        yield info.name, importlib.import_module(f"{sources.__name__}.{info.name}"), _version()
    for point in entry_points(group=GROUP):
        yield point.name, _load(point), _version(point)


def _load(point: EntryPoint) -> ModuleType:
    try:
        module = point.load()
    except (ImportError, AttributeError) as error:
        message = f"Collector {point.name} ({point.value}) cannot be loaded: {error}."
        raise DeclarationError(message) from error
    if not inspect.ismodule(module):
        message = f"Collector {point.name} ({point.value}) must name a module."
        raise DeclarationError(message)
    return module


def _version(point: EntryPoint | None = None) -> str:
    if point is None:
        return str(settings.VERSION)
    return f"{point.dist.name} {point.dist.version}" if point.dist else "unknown"


def _refuse_vague(slug: str, module: ModuleType, declared: Declaration) -> None:
    for name in ("title", "asks", "evidence_type", "completeness", "permission"):
        if not getattr(declared, name).strip():
            _refuse(slug, module, f"COLLECTOR.{name} is empty")
    if secret := sorted({*declared.secrets} & {*declared.columns}):
        _refuse(slug, module, f"the column {secret[0]} is declared to be a secret; drop it")
    if bool(declared.schedule) == (declared.asks_for is AsksFor.FILE):
        _refuse(slug, module, "files are not scheduled, all else is: correct COLLECTOR.schedule")
    try:
        schedule.check(declared.schedule, "UTC")
    except ScheduleError as error:
        _refuse(slug, module, f"COLLECTOR.schedule: {error}")


def _columns(
    slug: str, module: ModuleType, declared: Declaration, fields: type[SourceSettings]
) -> tuple[Column, ...]:
    """Return the declared columns; none where a file or the settings of a source name them."""
    named_elsewhere = declared.asks_for is AsksFor.FILE or "columns" in fields.model_fields
    if not declared.columns and not named_elsewhere:
        _refuse(slug, module, "COLLECTOR.columns is empty")
    try:
        return tuple(Column(name, type_) for name, type_ in declared.columns.items())
    except PopulationError as error:
        _refuse(slug, module, f"COLLECTOR.columns: {error}")


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ()))


def _digest(module: ModuleType) -> str:
    return sha256(Path(inspect.getfile(module)).read_bytes()).hexdigest()


def _refuse(slug: str, module: ModuleType, reason: str) -> NoReturn:
    message = f"Collector {slug} ({module.__name__}): {reason}."
    raise DeclarationError(message)
