"""How collectors speak to AWS: boto3 signs and reads, our own client sends.

Rules:
- Every request goes through `collectors.wire.http`: time, size and address are bounded there, by
  `evidence.addresses`, and each answer is noted by the digest of its bytes.
- Nothing of this machine is used, no profile, file or role: only the keys that were given.
- What AWS throttles or fails at is asked again twice at once (boto3's standard retries).
- A page without its list, or JSON that does not end, is an error: boto3 takes it for an empty one.
"""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from io import BytesIO
from typing import Any

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, PaginationError
from botocore.parsers import ResponseParserError

from collectors.errors import (
    SourceBrokenError,
    SourceBusyError,
    SourceDeniedError,
    SourceError,
    SourceNonsenseError,
    SourceRefusedError,
)
from collectors.trail import Trail
from collectors.wire.answers import Json, Reply, decode_json, refuse_failure
from collectors.wire.fields import Item
from collectors.wire.http import Client

# The stubs of botocore do not know all of these yet.
_OPTIONS: dict[str, Any] = {
    "retries": {"mode": "standard", "total_max_attempts": 3},
    "ignore_configured_endpoint_urls": True,
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
    "s3": {"addressing_style": "path"},
}
_CONFIG = Config(**_OPTIONS)
_UNSET = (None, None, None, None)
_NO_FILE = (None, None, os.devnull, None)
# What this machine's user keeps for a command line must not change what a source is asked.
_OWN_WAYS = {"profile": _UNSET, "config_file": _NO_FILE, "credentials_file": _NO_FILE}
_DENIED = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "OptInRequired",
    "SignatureDoesNotMatch",
    "SubscriptionRequiredException",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
}
_BUSY = {
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "SlowDown",
    "TooManyRequestsException",
}
_JSON = {"json", "rest-json"}


@dataclass(frozen=True)
class Keys:
    """What signs a request; never shown."""

    id: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


class Cloud:
    """Opens services; all they send goes through one client of ours."""

    def __init__(
        self, sender: Client, trail: Trail, *, endpoint: str = "", secrets: Collection[str] = ()
    ) -> None:
        self.sender = sender
        self.trail = trail
        self.secrets = frozenset(secrets)
        self.last: Reply | None = None
        self.has_own_endpoint = bool(endpoint)
        self._endpoint = endpoint or None
        core = botocore.session.Session(session_vars=_OWN_WAYS)
        self._session = boto3.session.Session(botocore_session=core)

    def client(self, service: str, *, region: str, keys: Keys) -> Any:
        """Return a client of boto3; the one place where its untyped interface comes in."""
        opened: Any = self._session.client
        return opened(
            service,
            region_name=region,
            endpoint_url=self._endpoint,
            aws_access_key_id=keys.id,
            aws_secret_access_key=keys.secret,
            aws_session_token=keys.token,
            config=_CONFIG,
        )


@dataclass(frozen=True)
class Place:
    """One service in one region of one account."""

    cloud: Cloud = field(repr=False)
    service: str
    account: str
    region: str
    keys: Keys = field(repr=False)
    is_noted: bool = True
    """Answers that hold keys are not noted."""

    def __str__(self) -> str:
        return f"account {self.account}, {self.region}"

    def beside(self, *, service: str = "", region: str = "") -> "Place":
        """Return another service or region of the same account."""
        return Place(
            self.cloud, service or self.service, self.account, region or self.region, self.keys
        )

    def ask(self, operation: str, /, **asked: Any) -> Item:
        """Return one answer, without the fields that are secret; raises SourceError."""
        named = self._named(operation)
        with self._told(named):
            answer = getattr(self._client, operation)(**asked)
        return self._read(answer, named)

    def maybe(self, operation: str, /, absent: Collection[str], **asked: Any) -> Item | None:
        """Return one answer; None where AWS says by one of these codes that there is none."""
        named = self._named(operation)
        with self._told(named):
            try:
                answer = getattr(self._client, operation)(**asked)
            except ClientError as error:
                if _code(error) in absent:
                    return None
                raise
        return self._read(answer, named)

    def pages(self, operation: str, /, **asked: Any) -> Iterator[Item]:
        """Yield the answers of a list, page by page, as AWS's own model of it turns them."""
        named = self._named(operation)
        with self._told(named):
            for page in self._client.get_paginator(operation).paginate(**asked):
                yield self._read(page, named)

    def items(self, operation: str, /, where: str, **asked: Any) -> Iterator[Item]:
        """Yield every item of a list that stands under a name of each page."""
        for page in self.pages(operation, **asked):
            yield from listed(page, where)

    def marked(self, operation: str, /, where: str, marker: str, **asked: Any) -> Iterator[Item]:
        """Yield every item of a list that boto3 has no pages for: by a marker that is sent back."""
        seen: set[str] = set()
        while True:
            page = self.ask(operation, **asked)
            yield from listed(page, where)
            place = page.maybe_text(marker)
            if not place:
                return
            if place in seen:
                message = f"{page.asked} leads back to a page that was read before."
                raise SourceNonsenseError(message)
            seen.add(place)
            asked[marker] = place

    @cached_property
    def _client(self) -> Any:
        client = self.cloud.client(self.service, region=self.region, keys=self.keys)
        client.meta.events.register("before-send", self._send)
        client.meta.events.register("before-sign", self._keep_host)
        return client

    @contextmanager
    def _told(self, named: str) -> Iterator[None]:
        """Turn what boto3 raises into our errors, without AWS's own words: they may name all."""
        try:
            yield
        except ClientError as error:
            raise _as_ours(error, named) from error
        except PaginationError as error:
            message = f"{named} leads back to a page that was read before."
            raise SourceNonsenseError(message) from error
        except (ResponseParserError, SyntaxError, LookupError, TypeError, ValueError) as error:
            # All but the first are how boto3 stumbles over another shape than it knows.
            if self.cloud.last:
                # A proxy may refuse in words that are not those of AWS.
                refuse_failure(replace(self.cloud.last, asked=named))
            message = f"{named} answered with something that is broken or cut off."
            raise SourceNonsenseError(message) from error
        except BotoCoreError as error:
            message = f"{named} cannot be asked ({type(error).__name__}). Check the settings."
            raise SourceRefusedError(message) from error

    def _named(self, operation: str) -> str:
        return self._label(self._client.meta.method_to_api_mapping[operation])

    def _label(self, action: str) -> str:
        return f"{self.service}:{action} in {self.region} of account {self.account}"

    def _keep_host(self, request: AWSRequest, **_: Any) -> None:
        """Take the account out of the name: an address of one's own has no names below it."""
        if self.cloud.has_own_endpoint:
            request.url = str(request.url).replace(f"//{self.account}.", "//", 1)

    def _send(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
        """Send what boto3 has signed; it takes what this returns for the answer."""
        reply = self.cloud.sender.ask(
            request.method,
            request.url,
            headers={name: _word(value) for name, value in request.headers.items()},
            content=_bytes(request.body),
        )
        self.cloud.last = reply
        asked = self._label(event_name.rpartition(".")[2])
        if reply.status < 300:
            self._refuse_cut(Reply(reply.status, reply.headers, reply.body, asked))
        if self.is_noted and (reply.status < 300 or reply.status == 404):
            self.cloud.trail.saw(reply.body, clock=reply.clock, asked=asked)
        headers: Any = dict(reply.headers)
        return AWSResponse(request.url, reply.status, headers, _Raw(reply.body))

    def _refuse_cut(self, reply: Reply) -> None:
        """Refuse JSON that is none: boto3 reads it as an answer without anything."""
        if self._client.meta.service_model.resolved_protocol not in _JSON:
            return
        if not isinstance(decode_json(reply), dict):
            message = f"{reply.asked} answered something else than is documented."
            raise SourceNonsenseError(message)

    def _read(self, answer: dict[str, Any], named: str) -> Item:
        whole = {name: part for name, part in answer.items() if name != "ResponseMetadata"}
        return Item(_plain(whole, self.cloud.secrets), named)


class _Raw(BytesIO):
    """A body that was read already, as botocore wants to read it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def listed(page: Item, where: str) -> Iterator[Item]:
    """Return the items of a page; SourceNonsenseError where it has no such list."""
    if not isinstance(page.value(where), list):
        message = f"{page.asked} answered without its list {where}. Nothing says that it is empty."
        raise SourceNonsenseError(message)
    return page.parts(where)


def _as_ours(error: ClientError, named: str) -> SourceError:
    code = _code(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    told = f"{named} answered {status} {code}".strip()
    if status == 429 or code in _BUSY or "Throttl" in code:
        return SourceBusyError(f"{told}: we ask too often. It will be asked again after a pause.")
    refused = "AccessDenied" in code or "NotAuthorized" in code or code in _DENIED
    if refused or status in {401, 403}:
        return SourceDeniedError(
            f"{told}: our credentials are refused or lack a right. Renew or widen them."
        )
    if status >= 500:
        return SourceBrokenError(f"{told}: AWS has a fault of its own. It will be asked again.")
    return SourceRefusedError(f"{told}: it does not accept the question. Check the settings.")


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _plain(value: Any, secrets: Collection[str]) -> Json:
    """Return what boto3 made of an answer as the plain values of JSON, secrets left out."""
    if isinstance(value, dict):
        return {
            str(name): _plain(part, secrets) for name, part in value.items() if name not in secrets
        }
    if isinstance(value, list):
        return [_plain(part, secrets) for part in value]
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str | bool | int | Decimal | None) else str(value)


def _word(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _bytes(body: Any) -> bytes | None:
    if body is None:
        return None
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, bytes | bytearray) else bytes(body.read())
