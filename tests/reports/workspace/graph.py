"""A fake of Microsoft Graph: a site with document libraries, over real HTTP on the loopback.

It follows Graph v1.0 as documented: pages by @odata.nextLink, uploads of up to 250 MB at once or in
pieces of 320 KiB, fields only of columns that exist, and 429 with Retry-After when it is told to.
"""

import json
import re
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tests.collectors.loopback import Asked, Loopback, Reply

CLIENT, SECRET, TENANT = "11111111-2222-3333-4444-555555555555", "s3cret-of-the-app", "pay.example"
SITE, LIBRARY = "/sites/Compliance", "Evidence Copy"
_PAGE = 2
_PIECE = 320 * 1024
_TOKEN = "token-of-the-moment"


class Graph(Loopback):
    """One library; `files` holds bytes by path, `rows` the columns, `by` who wrote last."""

    def __init__(self) -> None:
        super().__init__(Reply())
        self.files: dict[str, bytes] = {}
        self.rows: dict[str, dict[str, Any]] = {}
        self.by: dict[str, str] = {}
        self.columns = ["Title", "Modified"]
        self.busy = 0
        self.sent: dict[str, bytearray] = {}
        self.written: list[str] = []

    def address(self, library: str = LIBRARY) -> str:
        """What WORKSPACE_URL says."""
        where = f"{CLIENT}@contoso.sharepoint.com{SITE}/{quote(library)}"
        return f"sharepoint://{where}?tenant={TENANT}&graph={self.url}&sign_in={self.url}"

    def answer(self, asked: Asked) -> Reply:
        path = unquote(urlsplit(asked.path).path)
        if path == f"/{TENANT}/oauth2/v2.0/token":
            return self._token(asked)
        if path.startswith("/upload/"):
            return self._piece(path.removeprefix("/upload/"), asked)
        if asked.headers.get("Authorization") != f"Bearer {_TOKEN}":
            return Reply(status=401)
        if self.busy:
            self.busy -= 1
            return Reply(status=429, headers={"Retry-After": "1"})
        return self._library(path.removeprefix("/v1.0/"), asked)

    def _token(self, asked: Asked) -> Reply:
        form = parse_qs(asked.body.decode())
        if form.get("client_secret") != [SECRET] or form.get("client_id") != [CLIENT]:
            return _json({"error": "invalid_client"}, status=401)
        return _json({"token_type": "Bearer", "expires_in": 3599, "access_token": _TOKEN})

    def _library(self, path: str, asked: Asked) -> Reply:
        if path == f"sites/contoso.sharepoint.com:{SITE}":
            return _json({"id": "contoso.sharepoint.com,s1,w1"})
        if path.endswith("/drives"):
            root = f"https://contoso.sharepoint.com{SITE}/{quote(LIBRARY)}"
            other = {"id": "d0", "name": "Documents", "webUrl": "https://contoso.sharepoint.com/x"}
            return self._page([other, {"id": "d1", "name": LIBRARY, "webUrl": root}], asked)
        if path == "drives/d1/list":
            return _json({"id": "l1"})
        if path.endswith("/lists/l1/columns"):
            return self._column(asked)
        if path.endswith("/lists/l1/items"):
            return self._page([self._row(one) for one in sorted(self.files)], asked)
        found = re.fullmatch(r"drives/d1/root:/(.+?)(?::/(.+))?", path)
        return self._file(found[1], found[2] or "", asked) if found else Reply(status=404)

    def _column(self, asked: Asked) -> Reply:
        if asked.method == "GET":
            return self._page([{"name": name} for name in self.columns], asked)
        name = json.loads(asked.body)["name"]
        if name in self.columns:
            return Reply(status=409)
        self.columns.append(name)
        return _json({"name": name}, status=201)

    def _row(self, path: str) -> dict[str, Any]:
        root = f"https://contoso.sharepoint.com{SITE}/{quote(LIBRARY)}"
        return {
            "id": path,
            "webUrl": f"{root}/{quote(path)}",
            "fields": self.rows[path],
            "lastModifiedBy": {"application": {"id": self.by[path]}},
        }

    def _file(self, path: str, deed: str, asked: Asked) -> Reply:
        if (asked.method, deed) == ("PUT", "content"):
            return self._keep(path, asked.body)
        if (asked.method, deed) == ("POST", "createUploadSession"):
            self.sent[path] = bytearray()
            return _json({"uploadUrl": f"{self.url}/upload/{quote(path)}"})
        if path not in self.files:
            return Reply(status=404)
        if (asked.method, deed) == ("PATCH", "listItem/fields"):
            fields = json.loads(asked.body)
            if not set(fields) <= set(self.columns):
                return _json({"error": {"code": "invalidRequest"}}, status=400)
            self.rows[path].update(fields)
            return _json(fields)
        if (asked.method, deed) == ("DELETE", ""):
            del self.files[path], self.rows[path], self.by[path]
            return Reply(status=204)
        return Reply(status=405)

    def _piece(self, path: str, asked: Asked) -> Reply:
        """The address of an upload is a permission by itself; with another one it is refused."""
        told = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", asked.headers.get("Content-Range", ""))
        if "Authorization" in asked.headers or told is None:
            return Reply(status=401)
        start, end, size = (int(number) for number in told.groups())
        is_last = end + 1 == size
        whole = is_last or len(asked.body) % _PIECE == 0
        if start != len(self.sent[path]) or end - start + 1 != len(asked.body) or not whole:
            return Reply(status=416)
        self.sent[path] += asked.body
        return self._keep(path, bytes(self.sent.pop(path))) if is_last else _json({}, status=202)

    def _keep(self, path: str, content: bytes) -> Reply:
        self.files[path], self.by[path] = content, CLIENT
        self.rows.setdefault(path, {})
        self.written.append(path)
        return _json({"id": path}, status=201)

    def _page(self, values: list[dict[str, Any]], asked: Asked) -> Reply:
        parts = urlsplit(asked.path)
        start = int(parse_qs(parts.query).get("$skiptoken", ["0"])[0])
        page: dict[str, Any] = {"value": values[start : start + _PAGE]}
        if start + _PAGE < len(values):
            page["@odata.nextLink"] = f"{self.url}{parts.path}?$skiptoken={start + _PAGE}"
        return _json(page)


def _json(content: object, status: int = 200) -> Reply:
    return Reply(
        json.dumps(content).encode(), status=status, headers={"Content-Type": "application/json"}
    )
