"""The formats that can be opened for screening: one module each, registered by being there.

A module has
- `fits(head)`: whether the first bytes (up to 4096) are those of its format;
- `READS_AS_IT_IS`: whether the bytes of the file itself are read as text besides;
- `look(source, into, place, depth)`: hands texts and files within to `into`, or raises
  UnreadableError.
Names are asked in order of the alphabet, and the first that fits takes the file.
"""

import importlib
import pkgutil
from functools import cache
from typing import BinaryIO, Protocol, cast

from evidence.screening.places import Into


class Format(Protocol):
    """What a module of this folder is."""

    READS_AS_IT_IS: bool

    def fits(self, head: bytes) -> bool: ...

    def look(self, source: BinaryIO, into: Into, place: str, depth: int) -> None: ...


def of(head: bytes) -> Format | None:
    """Return the format that these first bytes belong to; None for text and the unknown."""
    return next((form for form in all_formats() if form.fits(head)), None)


@cache
def all_formats() -> tuple[Format, ...]:
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    return tuple(cast("Format", importlib.import_module(f"{__name__}.{name}")) for name in names)
