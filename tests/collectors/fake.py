"""A fake of a vendor's API: real HTTP on the loopback, with documented answers from a payload file.

The file `payloads/<collector>/answers.yaml` names the version of the API that it follows, and holds
- `settings`: what connects a source to it; `{url}` is the address of the fake;
- `period` (two days), where the collector asks for a window;
- `answers`: each with its `path`, the part of the `query` that it is for, `status`, `headers`, a
  `body`, and `next`: the query of the next page, told by a Link header;
- `empty`: the answers that differ where the vendor has nothing to list;
- `rows`: what the collector makes of it all, in full or in part; `secrets`: words that must not
  get through;
- `permits`: paths at which a permission of the moment is fetched;
- `looks_up`: paths to which a question is posted, because the vendor takes it in no other way; no
  other path is posted to. An answer of such a path names as `sent` the part of the question that it
  is for;
- `one_page: true`, where no list of the vendor comes in pages.
`{key}` in the settings is a private key, made for the run of the tests.
Of several answers that fit a question the last one is given, so what is general stands first.
"""

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from collectors.period import Period
from tests.collectors.loopback import Asked, Loopback, Reply

PAYLOADS = Path(__file__).parent / "payloads"


@dataclass(frozen=True)
class Answer:
    """One documented answer."""

    path: str
    body: Any
    query: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    next: Mapping[str, str] | None = None
    sent: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        return self.path, tuple(sorted({**self.query, **self.sent}.items()))

    def fits(self, asked: Asked) -> bool:
        path, query = parts_of(asked.path)
        if self.path != path or not self.query.items() <= query.items():
            return False
        return not self.sent or self.sent.items() <= json.loads(asked.body).items()


@dataclass(frozen=True)
class Payload:
    """What one collector is tried on."""

    collector: str
    settings: Mapping[str, Any]
    answers: tuple[Answer, ...]
    empty: tuple[Answer, ...]
    rows: tuple[Mapping[str, Any], ...]
    secrets: tuple[str, ...]
    period: Period | None
    permits: tuple[str, ...] = ()
    looks_up: tuple[str, ...] = ()
    one_page: bool = False

    def values(self, url: str) -> dict[str, Any]:
        """The settings, with the address of the fake."""
        return {name: _filled(value, url) for name, value in self.settings.items()}

    def without_items(self) -> tuple[Answer, ...]:
        """The answers of a vendor that has nothing to list."""
        replaced = {answer.name: answer for answer in self.empty}
        known = {answer.name for answer in self.answers}
        assert set(replaced) <= known, f"{set(replaced) - known} answer no question"
        return tuple(replaced.get(answer.name, answer) for answer in self.answers)


def names() -> list[str]:
    """The collectors that have payloads for the fake."""
    return sorted(path.parent.name for path in PAYLOADS.glob("*/answers.yaml"))


def payload(collector: str) -> Payload:
    """Read the payload file of a collector."""
    told = yaml.safe_load((PAYLOADS / collector / "answers.yaml").read_text(encoding="utf-8"))
    days = told.get("period")
    return Payload(
        collector=collector,
        settings=told["settings"],
        answers=tuple(_answers(told["answers"])),
        empty=tuple(_answers(told["empty"])),
        rows=tuple(told["rows"]),
        secrets=tuple(told.get("secrets", ())),
        period=Period(*days) if days else None,
        permits=tuple(told.get("permits", ())),
        looks_up=tuple(told.get("looks_up", ())),
        one_page=told.get("one_page", False),
    )


def parts_of(target: str) -> tuple[str, dict[str, str]]:
    """Part what was asked into its path and its query."""
    parts = urlsplit(target)
    return parts.path, dict(parse_qsl(parts.query, keep_blank_values=True))


def as_json(body: Any) -> str:
    """What the fake sends, but for its own address."""
    return json.dumps(body, default=lambda moment: moment.isoformat())


class Fake(Loopback):
    """Answers by path and query; `spoil` replaces the nth answer (from 0) and all after it."""

    def __init__(self, answers: tuple[Answer, ...]) -> None:
        super().__init__()
        self.answers = answers
        self.strange: list[str] = []
        self.spoil: tuple[int, Reply] | None = None
        self.forgetful = False
        """Gives the first page whatever page is asked for, as a broken vendor would."""

    def answer(self, asked: Asked) -> Reply:
        if self.spoil and len(self.asked) > self.spoil[0]:
            return self.spoil[1]
        fitting = [each for each in self.answers if each.fits(asked)]
        if not fitting:
            self.strange.append(asked.path)
            return Reply(b'{"message": "The fake has no such answer"}', status=404)
        _, query = parts_of(asked.path)
        return self._reply(fitting[0] if self.forgetful else fitting[-1], query)

    def _reply(self, answer: Answer, query: Mapping[str, str]) -> Reply:
        body = as_json(answer.body).replace("{url}", self.url).encode()
        headers = {"Content-Type": "application/json", **answer.headers}
        if answer.next is not None:
            following = urlencode({**query, **answer.next})
            link = f'<{self.url}{answer.path}?{following}>; rel="next"'
            headers["Link"] = f'<{self.url}{answer.path}>; rel="first", {link}'
        return Reply(body, status=answer.status, headers=headers)


def _filled(value: Any, url: str) -> Any:
    if not isinstance(value, str):
        return value
    return private_key() if value == "{key}" else value.replace("{url}", url)


@functools.cache
def private_key() -> str:
    """A key that no repository holds."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _answers(told: list[dict[str, Any]]) -> Iterator[Answer]:
    for each in told:
        yield Answer(**{**each, "query": _words(each.get("query", {}))} | _next(each))


def _next(each: Mapping[str, Any]) -> dict[str, Any]:
    return {"next": _words(each["next"])} if "next" in each else {}


def _words(query: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in query.items()}
