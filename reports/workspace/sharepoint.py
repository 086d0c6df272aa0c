"""A workspace in a SharePoint document library, through Microsoft Graph v1.0.

An app registration with the permission Sites.Selected, and the role *write* on that one site, is
enough. Columns of the library are made at the first run; files are recognised by their reference.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, BinaryIO, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

from collectors.deadline import Deadline
from collectors.trail import Trail
from collectors.wire import credentials
from collectors.wire.answers import decode_json
from collectors.wire.http import Client
from reports.errors import WorkspaceError
from reports.pack.workbook import Cell
from reports.workspace.filing import COLUMNS, Filed
from reports.workspace.places import Standing

GRAPH, SIGN_IN = "https://graph.microsoft.com", "https://login.microsoftonline.com"
_LIMIT = timedelta(hours=6)
_AT_ONCE = 4 * 1024 * 1024
_PIECE = 32 * 320 * 1024
"""Graph takes pieces of an upload in multiples of 320 KiB only."""
_MARK = "Countersign"
_TIMES, _NUMBERS = ("Collected",), ("Version",)
_DAYS = ("Covers from", "Covers to")
_LONGEST = 255
_STATE_TITLE = "State"


class Library:
    """One document library of one site."""

    def __init__(self, address: "_Address", secret: str) -> None:
        self.name = f"SharePoint {address.host}{address.site} {address.library}"
        self._address, self._secret = address, secret
        self._drive, self._list, self._root = "", "", ""
        self._opened: Client | None = None

    @classmethod
    def at(cls, url: str, *, secret: str) -> Self:
        """Return the library that an address names. Raises WorkspaceError for a part it lacks."""
        parts = urlsplit(url)
        more = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        site, _, library = unquote(parts.path).rstrip("/").rpartition("/")
        needed = (parts.username, parts.hostname, library, more.get("tenant"), secret)
        if not all(needed):
            message = (
                "WORKSPACE_URL needs client, host, library and tenant, as in sharepoint://CLIENT@"
                "contoso.sharepoint.com/sites/NAME/LIBRARY?tenant=TENANT, and WORKSPACE_SECRET "
                "the secret of that client."
            )
            raise WorkspaceError(message)
        graph, sign_in = more.get("graph", GRAPH), more.get("sign_in", SIGN_IN)
        client, host = str(parts.username), str(parts.hostname)
        return cls(_Address(client, host, site, library, more["tenant"], graph, sign_in), secret)

    def open(self) -> None:
        where = self._address
        self._opened = Client(
            where.graph,
            deadline=Deadline.after(_LIMIT),
            trail=Trail(),
            secrets=("access_token",),
            authorise=self._permission,
        )
        site = self._json(f"v1.0/sites/{where.host}:{quote(where.site)}")["id"]
        drives = {one["name"]: one for one in self._listed(f"v1.0/sites/{site}/drives")}
        if where.library not in drives:
            message = (
                f"The site {where.host}{where.site} has no document library {where.library!r}; it "
                f"has {', '.join(sorted(drives)) or 'none'}. Make it there, or name another."
            )
            raise WorkspaceError(message)
        drive = drives[where.library]
        self._drive = f"v1.0/drives/{drive['id']}"
        self._root = unquote(urlsplit(drive["webUrl"]).path) + "/"
        of_library = self._json(f"{self._drive}/list")["id"]
        self._list = f"v1.0/sites/{site}/lists/{of_library}"
        self._make_columns()

    def standing(self, wanted: Mapping[str, Filed]) -> dict[str, Standing]:
        names = ",".join((_REFERENCE, _DIGEST, _STATE))
        found = {}
        for row in self._listed(f"{self._list}/items", **{"$expand": f"fields($select={names})"}):
            told = row.get("fields", {})
            if told.get(_REFERENCE):
                path = unquote(urlsplit(row["webUrl"]).path).removeprefix(self._root)
                found[path] = self._standing(row, told, wanted.get(path))
        return found

    def put(self, item: Filed, read: Callable[[], BinaryIO]) -> None:
        place = f"{self._drive}/root:/{quote(item.path)}:"
        with read() as source:
            if item.size <= _AT_ONCE:
                self._api.send("PUT", f"{place}/content", content=source.read())
            else:
                self._upload(f"{place}/createUploadSession", source, item.size)
        self.describe(item)

    def describe(self, item: Filed) -> None:
        where = f"{self._drive}/root:/{quote(item.path)}:/listItem/fields"
        self._write("PATCH", where, _fields(item.columns))

    def remove(self, path: str) -> None:
        self._api.send("DELETE", f"{self._drive}/root:/{quote(path)}", also=(404,))

    def close(self) -> None:
        if self._opened:
            self._opened.close()

    @property
    def _api(self) -> Client:
        if self._opened is None:
            message = "The library was not opened before it was used."
            raise WorkspaceError(message)
        return self._opened

    def _permission(self) -> str:
        where = self._address
        with Client(where.sign_in, deadline=Deadline.after(_LIMIT), trail=Trail()) as api:
            return credentials.client_credentials(
                api,
                f"{where.tenant}/oauth2/v2.0/token",
                client_id=where.client,
                secret=self._secret,
                scope=f"{where.graph.rstrip('/')}/.default",
            )

    def _make_columns(self) -> None:
        """Make the columns that the library lacks; a run that came between has made them."""
        there = {one["name"] for one in self._listed(f"{self._list}/columns")}
        for title in (*COLUMNS, _STATE_TITLE):
            if _column(title) not in there:
                said = {"name": _column(title), "displayName": title, **_kind(title)}
                self._write("POST", f"{self._list}/columns", said, also=(409,))

    def _standing(
        self, row: Mapping[str, Any], told: Mapping[str, Any], item: Filed | None
    ) -> Standing:
        """A file or a column that somebody else has changed since is written again."""
        by = row.get("lastModifiedBy", {}).get("application", {}).get("id")
        if by != self._address.client or item is None:
            return Standing("", is_described=False)
        same = told.get(_STATE) == _fields(item.columns)[_STATE]
        return Standing(str(told.get(_DIGEST, "")), is_described=same)

    def _upload(self, session: str, source: BinaryIO, size: int) -> None:
        """Send a large file in pieces, to an address that is a permission by itself."""
        replace = {"item": {"@microsoft.graph.conflictBehavior": "replace"}}
        address = str(self._write("POST", session, replace)["uploadUrl"])
        parts = urlsplit(address)
        server = f"{parts.scheme}://{parts.netloc}"
        with Client(server, deadline=Deadline.after(_LIMIT), trail=Trail()) as api:
            start = 0
            while start < size:
                piece = source.read(_PIECE)
                if not piece:
                    message = f"A stored file ends after {start} of {size} bytes."
                    raise WorkspaceError(message)
                end = start + len(piece)
                told = {"Content-Range": f"bytes {start}-{end - 1}/{size}"}
                api.send("PUT", address, headers=told, content=piece)
                start = end

    def _json(self, path: str, **params: str) -> dict[str, Any]:
        return _object(self._api.get_json(path, params=params or None), path)

    def _write(
        self, method: str, path: str, said: Mapping[str, Any], *, also: tuple[int, ...] = ()
    ) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        content = json.dumps(said).encode()
        reply = self._api.send(method, path, headers=headers, content=content, also=also)
        return _object(decode_json(reply), path)

    def _listed(self, path: str, **params: str) -> Iterator[dict[str, Any]]:
        page = self._json(path, **params)
        while True:
            yield from page["value"]
            if "@odata.nextLink" not in page:
                return
            page = self._json(page["@odata.nextLink"])


def _column(title: str) -> str:
    """Return the inner name of a column: ours never meet those of other people."""
    return _MARK + "".join(letter for letter in title.title() if letter.isalnum())


_REFERENCE, _DIGEST, _STATE = (_column(title) for title in ("Reference", "SHA-256", _STATE_TITLE))


@dataclass(frozen=True)
class _Address:
    client: str
    host: str
    site: str
    library: str
    tenant: str
    graph: str
    sign_in: str


def _object(found: object, path: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        message = f"Graph answers {path} with something that is no object."
        raise WorkspaceError(message)
    return found


def _kind(title: str) -> dict[str, Any]:
    if title in _DAYS:
        return {"dateTime": {"format": "dateOnly"}}
    if title in _TIMES:
        return {"dateTime": {"format": "dateTime"}}
    return {"number": {}} if title in _NUMBERS else {"text": {"allowMultipleLines": False}}


def _fields(columns: Mapping[str, Cell]) -> dict[str, Any]:
    """Return the columns as Graph takes them, and the digest by which a later run knows them."""
    fields = {_column(title): _field(cell) for title, cell in columns.items()}
    state = sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
    return {**fields, _STATE: state}


def _field(cell: Cell) -> str | int | None:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(cell, date):
        # A library shows days in the zone of its site: noon is the same day nearly everywhere.
        return f"{cell}T12:00:00Z"
    if isinstance(cell, int) or cell is None:
        return cell
    text = str(cell)
    # A line of text holds 255 characters.
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
