"""Further files of a pack: a module of this folder adds files to every pack by being there.

A module has `files(frozen)`, which yields names with what is in them: bytes, or a path for what is
too large for memory, read before the next name is asked for. The same frozen pack must give the
same bytes each time, so nothing may come from the clock, from chance or from rows that change. The
verifier knows which names there may be (docs/pack-format.md); it binds them by the statement alone.
"""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Protocol, cast

from reports.pack.frozen import Frozen
from reports.pack.spool import Spool

_CHUNK = 256 * 1024

File = tuple[str, bytes | Path]


class Extra(Protocol):
    """Adds files to a pack."""

    def files(self, frozen: Frozen) -> Iterable[File]:
        """Yield the name of each file and its content."""


def extras() -> dict[str, Extra]:
    """Return every module that adds files, by its name."""
    names = sorted(one.name for one in iter_modules(__path__))
    return {name: cast("Extra", import_module(f"{__name__}.{name}")) for name in names}


def lay(spool: Spool, frozen: Frozen) -> None:
    """Lay down all further files of a pack; ValueError where two have one name."""
    for extra in extras().values():
        for name, content in extra.files(frozen):
            if isinstance(content, bytes):
                spool.add(name, content)
            else:
                _lay_file(spool, name, content)


def _lay_file(spool: Spool, name: str, path: Path) -> None:
    with spool.adding(name) as target, path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            target.write(chunk)
