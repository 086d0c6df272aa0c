"""Further files of a pack: a module of this folder adds files to every pack by being there.

A module has `files(frozen)`, which yields names with what is in them: bytes, or a path for what is
too large for memory, read before the next name is asked for. One whose files tell of every item has
`gathering(frozen)` instead: a context that is shown each item as it passes, then asked for files,
so that all rows are read once. The same frozen pack must give the same bytes each time, so nothing
may come from the clock, from chance or from rows that change. The verifier knows which names there
may be (docs/pack-format.md); it binds them by the statement alone.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager, ExitStack
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType, TracebackType
from typing import Protocol, Self

from reports.pack.contents import Packed
from reports.pack.frozen import Frozen
from reports.pack.spool import Spool

_CHUNK = 256 * 1024

File = tuple[str, bytes | Path]


class Gatherer(Protocol):
    """Is shown every item, then gives its files."""

    def add(self, packed: Packed) -> None: ...

    def files(self) -> Iterable[File]:
        """Yield the name of each file and its content."""


def extras() -> dict[str, ModuleType]:
    """Return every module that adds files, by its name."""
    names = sorted(one.name for one in iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}") for name in names}


class Extras:
    """The further files of one pack in the making: first every item, then all files, once."""

    def __init__(self, frozen: Frozen) -> None:
        self._frozen = frozen
        self._gatherers: dict[str, Gatherer] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            for name, extra in extras().items():
                if hasattr(extra, "gathering"):
                    context: AbstractContextManager[Gatherer] = extra.gathering(self._frozen)
                    self._gatherers[name] = opened.enter_context(context)
            self._open = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def add(self, packed: Packed) -> None:
        """Show an item to those whose files tell of it."""
        for gatherer in self._gatherers.values():
            gatherer.add(packed)

    def lay(self, spool: Spool) -> None:
        """Lay down all further files; ValueError where two have one name."""
        for name, extra in extras().items():
            gatherer = self._gatherers.get(name)
            for title, content in gatherer.files() if gatherer else extra.files(self._frozen):
                if isinstance(content, bytes):
                    spool.add(title, content)
                else:
                    _lay_file(spool, title, content)


def _lay_file(spool: Spool, name: str, path: Path) -> None:
    with spool.adding(name) as target, path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            target.write(chunk)
