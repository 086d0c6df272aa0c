"""The programme that the files of the catalogue ask for, read once in the life of a process."""

import functools
from pathlib import Path

from django.conf import settings

from controls.readiness_file import BY_HAND, Entry, Kind, Programme, read_programme
from readiness import registry
from readiness.errors import DetectorError, UnknownEntryError


def programme() -> Programme:
    """Return the programme of this installation; CatalogueError, DetectorError."""
    return _read(str(settings.CATALOGUE_DIR))


def entry(kind: Kind, name: str) -> Entry:
    """Return one entry of a kind; UnknownEntryError."""
    for found in programme().entries(kind):
        if found.id == name:
            return found
    raise UnknownEntryError


def weights() -> dict[str, int]:
    """Return the gravest weight of what names a control, by its reference."""
    found: dict[str, int] = {}
    for kind in (Kind.QUESTION, Kind.MISTAKE):
        for one in programme().entries(kind):
            for ref in one.controls:
                found[ref] = max(found.get(ref, 0), one.weight)
    return found


@functools.cache
def _read(folder: str) -> Programme:
    read = read_programme(Path(folder) / "readiness", known=None)
    named = {one.detector for file in read.files.values() for one in file.entries}
    if missing := sorted(named - {BY_HAND} - registry.detectors().keys()):
        raise DetectorError(f"There is no detector {', '.join(missing)} in readiness/detectors/.")
    return read
