"""Knows the homes of all rooms: whether one exists, and how evidence reaches it."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist

from collectors import registry
from controls.catalogue_file import ExpectationEntry
from controls.catalogue_folder import Catalogue, read_folder
from controls.readiness_file import Programme, read_programme
from controls.traceability import Document, Home, HomeKind, read_documents
from controls.traceability import page as written
from registers.forms import registry as forms
from reports import base
from reports.written import registry as written_reports

BY_HAND = "by hand"
_GUIDES = Path(__file__).resolve().parent.parent / "docs"


def page(folder: Path) -> str:
    """Return docs/traceability.md for a catalogue folder; raises CatalogueError for its faults."""
    homes = Homes(folder)
    return written(homes.documents, ways=homes.ways)


class Homes:
    """The homes that a catalogue folder and the rooms of this project offer."""

    def __init__(self, folder: Path) -> None:
        self._catalogue: Catalogue = read_folder(folder)
        known = self._catalogue.known
        self._programme: Programme = read_programme(folder / "readiness", known=known)
        controls = [placed.entry for placed in self._catalogue.controls]
        self._by_slug: dict[str, ExpectationEntry] = {
            entry.slug: entry for control in controls for entry in control.expectations
        }
        self._by_control = {control.ref: control.expectations for control in controls}
        self._by_check = {
            check.slug: entry for entry in self._by_slug.values() for check in entry.checks
        }
        self._by_entry = {
            entry.id: [self._by_slug[slug] for slug in entry.expectations]
            for file in self._programme.files.values()
            for entry in file.entries
        }
        self._names: dict[HomeKind, frozenset[str]] = {
            HomeKind.CONTROL: known.controls,
            HomeKind.EXPECTATION: frozenset(known.columns),
            HomeKind.CHECK: known.checks,
            HomeKind.READINESS: self._programme.ids,
            HomeKind.RISK: frozenset(risk.ref for risk in self._catalogue.risks),
            HomeKind.CRITERION: frozenset(
                f"{slug}/{criterion.ref}"
                for slug, framework in self._catalogue.frameworks.items()
                for criterion in framework.criteria
            ),
            HomeKind.COLLECTOR: frozenset(registry.collectors()),
            HomeKind.REPORT: frozenset(base.reports_by_slug()) | frozenset(written_reports.kinds()),
            HomeKind.FORM: frozenset(forms.forms()),
        }
        self.documents: tuple[Document, ...] = read_documents(
            folder / "traceability", exists=self.exists
        )

    def exists(self, home: Home) -> bool:
        if home.kind is HomeKind.MODULE:
            return _is_module(home.name)
        if home.kind is HomeKind.GUIDE:
            return (_GUIDES / f"{home.name}.md").is_file()
        if home.kind is HomeKind.FIELD:
            return _is_field(home.name)
        return home.name in self._names[home.kind]

    def ways(self, home: Home) -> tuple[str, ...]:
        """Return how evidence reaches a home: by which collectors, or by hand."""
        if home.kind is HomeKind.COLLECTOR:
            return (f"collector `{home.name}`",)
        if home.kind is HomeKind.FORM:
            return (by_form(home.name),)
        return tuple(way for entry in self._expectations(home) for way in _ways(entry))

    def _expectations(self, home: Home) -> Iterator[ExpectationEntry]:
        if home.kind is HomeKind.EXPECTATION:
            yield self._by_slug[home.name]
        elif home.kind is HomeKind.CONTROL:
            yield from self._by_control[home.name]
        elif home.kind is HomeKind.CHECK:
            yield self._by_check[home.name]
        elif home.kind is HomeKind.READINESS:
            yield from self._by_entry[home.name]


def by_form(slug: str) -> str:
    """Say that evidence comes in by a typed form."""
    return f"{BY_HAND} with the form `{slug}`"


def _ways(entry: ExpectationEntry) -> Iterator[str]:
    if entry.collector:
        yield f"collector `{entry.collector}`"
        return
    serving = forms.serving(entry.slug)
    yield from (by_form(kind.slug) for kind in serving)
    if not serving:
        yield BY_HAND


def _is_module(name: str) -> bool:
    try:
        spec = find_spec(name)
    except ModuleNotFoundError:
        return False
    ours = Path(settings.BASE_DIR)
    return spec is not None and spec.origin is not None and ours in Path(spec.origin).parents


def _is_field(name: str) -> bool:
    room, model, field = name.split(".")
    try:
        apps.get_model(room, model)._meta.get_field(field)  # noqa: SLF001 - Django's own way
    except (LookupError, FieldDoesNotExist):
        return False
    return True
