"""Who keeps the secrets of the installation at rest: plain files, or files that a KMS has sealed.

A module of this folder is a keeper. The one in use follows from the settings: `kms` where
KEYS_KMS_KEY names a key, else `file`.
"""

from importlib import import_module
from typing import Protocol, cast

from django.conf import settings

SUFFIXES = {"file": "", "kms": ".kms"}
"""What the files of each keeper end with; its module is loaded only where it is needed."""


class Keeper(Protocol):
    """One way to keep secrets at rest."""

    TITLE: str

    def identity(self) -> str:
        """Name the keeper as it is set up, without any secret."""

    def protect(self, name: str, secret: bytes) -> bytes:
        """Return the form in which a secret may lie on the disk; raises SealError."""

    def reveal(self, name: str, kept: bytes) -> bytes:
        """Return the secret of such a form; raises SealError."""

    def problem(self) -> str:
        """Say why it cannot be asked now; empty where it can."""


def keeper(name: str) -> Keeper:
    """Return a keeper by the name of its module."""
    return cast("Keeper", import_module(f"{__name__}.{name}"))


def name_in_use() -> str:
    """Return the name of the keeper that the settings choose."""
    return "kms" if settings.KEYS_KMS_KEY else "file"


def in_use() -> Keeper:
    """Return the keeper that the settings choose."""
    return keeper(name_in_use())
