"""The places that a workspace can lie in, behind one interface."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import urlsplit

from django.conf import settings

from reports.errors import WorkspaceError
from reports.workspace.filing import Filed


@dataclass(frozen=True)
class Standing:
    """What an earlier run left at a path."""

    digest: str
    """SHA-256 (hex) of the content; empty where it is no longer what we wrote."""
    is_described: bool
    """Whether its columns are the ones of now, where the place keeps columns."""


class Place(Protocol):
    """Where files are written; a path is of the form library/month/name, or that of the index."""

    name: str

    def open(self) -> None:
        """Make sure that the place can be written to. Raises WorkspaceError or SourceError."""

    def standing(self, wanted: Mapping[str, Filed]) -> dict[str, Standing]:
        """Return what earlier runs wrote, by path; files of other people are not among it."""

    def put(self, item: Filed, read: Callable[[], BinaryIO]) -> None:
        """Write a file, over one of the same path, and its columns."""

    def describe(self, item: Filed) -> None:
        """Write the columns of a file that stands already."""

    def remove(self, path: str) -> None:
        """Remove a file that an earlier run wrote; it is no error if it is gone."""

    def close(self) -> None:
        """Keep what was done for the next run, also after a failure."""


def chosen(url: str) -> Place:
    """Return the place that an address names: `file:FOLDER` or `sharepoint://...`.

    Raises WorkspaceError for an address that names none.
    """
    from reports.workspace import folder, sharepoint  # noqa: PLC0415  # each knows this module

    scheme = urlsplit(url).scheme
    if scheme == "file":
        named = url.removeprefix("file:")
        return folder.Folder(Path(named) if named else Path(settings.VAR_DIR) / "workspace")
    if scheme == "sharepoint":
        return sharepoint.Library.at(url, secret=settings.WORKSPACE_SECRET)
    message = (
        f"WORKSPACE_URL is {url!r}. Set it to file:/path/of/a/folder, or to "
        "sharepoint://CLIENT@host/sites/NAME/LIBRARY?tenant=TENANT."
    )
    raise WorkspaceError(message)
