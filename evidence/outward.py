"""Posts to places outside that the settings name, where `evidence.addresses` lets it.

Redirects are not followed, and no proxy of the environment is used.
"""

from dataclasses import dataclass

import httpx2

from evidence import addresses
from evidence.errors import AddressError, AnchorError


@dataclass(frozen=True)
class Answer:
    """What a server said: status, kind of content, content as text."""

    status: int
    content_type: str
    text: str


def post(url: str, content: bytes, *, content_type: str, most_bytes: int) -> Answer:
    """Send content to an address and return the answer; raises AnchorError."""
    try:
        request = httpx2.Request(
            "POST",
            url,
            content=content,
            headers={"Content-Type": content_type, "User-Agent": "Countersign"},
            extensions={
                "timeout": dict.fromkeys(("connect", "read", "write", "pool"), 30.0),
                "trace": addresses.watch(addresses.ANCHORS),
            },
        )
        # The transport alone: a client would write the whole address into the log.
        with httpx2.HTTPTransport(trust_env=False) as transport:
            response = transport.handle_request(request)
            raw = _read(response, most_bytes)
    except AddressError as error:
        raise AnchorError(str(error)) from error
    except (httpx2.TransportError, httpx2.InvalidURL) as error:
        # Without the error behind it, whose words may repeat a password of the address.
        raise AnchorError(f"It did not answer ({type(error).__name__}).") from None
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return Answer(response.status_code, kind, raw.decode("utf-8", "replace"))


def _read(response: httpx2.Response, most_bytes: int) -> bytes:
    raw = b""
    try:
        for chunk in response.iter_raw():
            raw += chunk
            if len(raw) > most_bytes:
                raise AnchorError("Its answer is too long.")
    finally:
        response.close()
    return raw
