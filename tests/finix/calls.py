"""Programs that call as those of a payment platform do, and what they expect of an error."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pikepdf
from django.test import Client

from merchants.models import ApiUser

VERSION = "2022-02-01"
SIGNED = {
    "name": "Erna Ofenloch",
    "title": "Owner",
    "ip_address": "203.0.113.7",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
    "signed_at": "2026-11-22T08:00:00Z",
}


def _blank() -> bytes:
    with pikepdf.new() as pdf, BytesIO() as file:
        pdf.add_blank_page()
        pdf.save(file, deterministic_id=True)
        return file.getvalue()


PDF = _blank()


@dataclass(frozen=True)
class Program:
    """A program that calls with a key."""

    key: ApiUser
    password: str
    client: Client = field(default_factory=Client)

    def path(self, path: str) -> str:
        return f"/finix/{self.key.environment}/{path}"

    def call(self, method: str, path: str, data: Any = None, **headers: str) -> Any:
        """Call below the environment of the key; data is sent as JSON, bytes as they are."""
        named = {
            "Authorization": basic(self.key.ref, self.password),
            "Finix-Version": VERSION,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        more: dict[str, Any] = {}
        if data is not None:
            more = {"data": data, "content_type": named.pop("Content-Type", "application/json")}
        ask = getattr(self.client, method.lower())
        where = path if path.startswith("/") else self.path(path)
        return ask(where, headers=named, **more)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def put(self, path: str, data: Any, **headers: str) -> Any:
        return self.call("PUT", path, data, **headers)

    def post(self, path: str, data: Any, **headers: str) -> Any:
        return self.call("POST", path, data, **headers)

    def ids(self, path: str) -> list[str]:
        """Return the ids of a page."""
        return ids_of(self.get(path).json())


def ids_of(page: Mapping[str, Any]) -> list[str]:
    (rows,) = page["_embedded"].values()
    return [row["id"] for row in rows]


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def errors(answer: Any, status: int, code: str, **fields: str) -> list[dict[str, Any]]:
    """Check that an answer is an error in the one shape, and return its problems.

    `fields` says by which words the message of a field begins; `_` stands for a point.
    """
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] in {"application/hal+json", "application/json"}
    body = answer.json()
    assert set(body) == {"total", "_embedded"}
    found: list[dict[str, Any]] = body["_embedded"]["errors"]
    assert body["total"] == len(found) > 0
    for one in found:
        assert one["code"] == code
        assert one["message"]
        assert one["logref"] == answer.headers["X-Request-Id"]
        assert one["_links"]["source"]["href"].startswith("http")
    if fields:
        assert {one["field"] for one in found} == set(fields.values())
    return found
