"""Places outside where checkpoints are left: a module of this folder is a place by being there.

A module has TITLE, `where()` that names the place without any secret ("" where it is not set up),
and `deposit(note)` that returns a receipt or raises AnchorError. A deposit that was made before is
found again and is no error; one of the same size with other content is.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from evidence.anchors.note import Note


class Place(Protocol):
    """One way to leave a checkpoint outside."""

    TITLE: str

    def where(self) -> str:
        """Name the place as it is set up; empty where it is not."""

    def deposit(self, note: Note) -> str:
        """Leave a checkpoint there and return the receipt; raises AnchorError."""


def places() -> dict[str, Place]:
    """Return every place that this version knows, by the name of its module."""
    names = sorted(one.name for one in iter_modules(__path__) if one.name != "note")
    return {name: cast("Place", import_module(f"{__name__}.{name}")) for name in names}


def in_use() -> dict[str, Place]:
    """Return the places that are set up here."""
    return {name: place for name, place in places().items() if place.where()}
