"""Places where sealed files lie; a module of this folder is one by being there.

A module has SCHEME, by which STORE_URL chooses it, and `connect(url)`, which returns its Store. A
store sees sealed bytes only: sealing, digests and rows are the business of `evidence.store`.
"""

import io
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Protocol, cast
from urllib.parse import urlsplit

from django.conf import settings

from evidence.errors import StoreError
from evidence.stores.staged import Staged

_NO_STORES = {"ranges", "staged"}


class Store(Protocol):
    """One place where sealed files lie."""

    def stage(self, location: str) -> Path:
        """Return the path to which the sealed file is written first; its folder is there."""

    def keep(self, files: Sequence[Staged]) -> None:
        """Bring staged files to stay, and note the version of each; raises StoreError, OSError."""

    def discard(self, file: Staged) -> None:
        """Remove a file that no row names, staged or kept; one that is gone is no error."""

    def open(self, location: str, version: str, size: int) -> io.RawIOBase:
        """Open a sealed file of so many bytes; raises FileNotFoundError, StoreError."""

    def has(self, location: str, version: str, size: int) -> bool:
        """Say whether a sealed file of this size lies there."""

    def remove(self, location: str, version: str) -> None:
        """Remove a file whose content was disposed of; raises StoreError where it is locked."""

    def hold(self, location: str, version: str, *, is_held: bool) -> None:
        """Put a file under a hold of the store or take it away, where the store can do that."""

    def lock(self, location: str, version: str, until: date) -> bool:
        """Have the store refuse to remove a file before the end of a day; say whether it does."""

    def problem(self, *, is_starting: bool = False) -> str:
        """Say in a sentence why nothing can be kept here; empty where it can.

        At the start more is asked: whether the place is set up as it must be.
        """


class _Module(Protocol):
    SCHEME: str

    def connect(self, url: str) -> Store:
        """Return the store that a URL names."""


def schemes() -> dict[str, _Module]:
    """Return every kind of store that this version knows, by the scheme of its URL."""
    names = sorted(one.name for one in iter_modules(__path__) if one.name not in _NO_STORES)
    modules = [cast("_Module", import_module(f"{__name__}.{name}")) for name in names]
    return {module.SCHEME: module for module in modules}


def current() -> Store:
    """Return the store that STORE_URL names; raises StoreError for one that nobody knows."""
    return _connected(str(settings.STORE_URL))


@lru_cache(maxsize=8)
def _connected(url: str) -> Store:
    known = schemes()
    scheme = urlsplit(url).scheme
    if scheme not in known:
        raise StoreError(
            f"STORE_URL begins with {scheme!r}, which is no known store."
            f" Set it to one that begins with {' or '.join(f'{name}:' for name in known)}."
        )
    return known[scheme].connect(url)
