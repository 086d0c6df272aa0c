"""Posts one body to the address of a webhook, and says what came back.

The address is a stranger's word: what is connected to is looked at before a byte is sent, redirects
are not followed, no proxy of the environment is used, and what is answered is read to a limit.
"""

import json
import time
from dataclasses import dataclass
from typing import Any

import httpx2
from django.utils import timezone

from evidence import addresses
from evidence.errors import AddressError
from merchants.models import Webhook
from merchants.webhooks import secrets_of, signature

SECONDS = 5.0
_IDLE_SECONDS = 2.0
_MOST_BYTES = 64 * 1024


@dataclass(frozen=True)
class Answer:
    """What came of a post; the status is 0 where nothing answered."""

    status: int
    error: str = ""
    milliseconds: int = 0

    @property
    def is_taken(self) -> bool:
        return 200 <= self.status < 300


def lines(most: int) -> httpx2.HTTPTransport:
    """Return lines that stay open from one post to the next, for so many posts at a time.

    Making them reads the certificates of all authorities, which takes longer than a post.
    """
    limits = httpx2.Limits(
        max_connections=most, max_keepalive_connections=most, keepalive_expiry=_IDLE_SECONDS
    )
    # The transport alone: a client would write the whole address into the log.
    return httpx2.HTTPTransport(trust_env=False, limits=limits)


def post(webhook: Webhook, body: Any, over: httpx2.HTTPTransport | None = None) -> Answer:
    """Post a body, signed now, over open lines or one of its own; what fails is an answer too."""
    content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
    started = time.monotonic()
    try:
        status = _status(_request(webhook, content), over)
        error = "" if 200 <= status < 300 else f"It answered with status {status}."
    except AddressError as refused:
        status, error = 0, str(refused)
    except (httpx2.TransportError, httpx2.InvalidURL, UnicodeError) as failed:
        status, error = 0, f"It did not answer ({type(failed).__name__})."
    return Answer(status, error[:200], int((time.monotonic() - started) * 1000))


def _request(webhook: Webhook, content: bytes) -> httpx2.Request:
    stamp = int(timezone.now().timestamp())
    headers = {"User-Agent": "Countersign", "Content-Type": "application/json"}
    headers[signature.HEADER] = signature.header(
        content, secret=secrets_of.current(webhook), timestamp=stamp
    )
    previous = secrets_of.previous(webhook)
    if previous:
        headers[signature.PREVIOUS_HEADER] = signature.header(
            content, secret=previous, timestamp=stamp
        )
    known = secrets_of.authorization(webhook)
    if known:
        headers["Authorization"] = known
    return httpx2.Request(
        "POST",
        webhook.url,
        content=content,
        headers=headers,
        extensions={
            "timeout": dict.fromkeys(("connect", "read", "write", "pool"), SECONDS),
            "trace": addresses.watch(addresses.WEBHOOKS),
        },
    )


def _status(request: httpx2.Request, over: httpx2.HTTPTransport | None) -> int:
    if over is not None:
        return _read(over.handle_request(request))
    with lines(1) as own:
        return _read(own.handle_request(request))


def _read(response: httpx2.Response) -> int:
    got, end = 0, time.monotonic() + SECONDS
    try:
        for chunk in response.iter_raw():
            got += len(chunk)
            # Who drips its answer must not hold a worker.
            if got > _MOST_BYTES or time.monotonic() > end:
                break
    finally:
        response.close()
    return response.status_code
