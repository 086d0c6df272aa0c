"""Posts to addresses that the settings name, and looks at each before a byte is sent.

Link-local addresses are refused, because cloud machines hand out their own credentials there, and
so are those that no host has; private ones only where a setting allows them. The check is made on
the address that was connected to, so a name that changes its answer gains nothing. Redirects are
not followed, and no proxy of the environment is used.
"""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from evidence.errors import AnchorError

_CLOUD_METADATA = ipaddress.ip_address("fd00:ec2::254")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Answer:
    """What a server said: status, kind of content, content as text."""

    status: int
    content_type: str
    text: str


def post(
    url: str, content: bytes, *, content_type: str, allow_private: bool, most_bytes: int
) -> Answer:
    """Send content to an address and return the answer; raises AnchorError."""
    try:
        request = httpx2.Request(
            "POST",
            url,
            content=content,
            headers={"Content-Type": content_type, "User-Agent": "Countersign"},
            extensions={
                "timeout": dict.fromkeys(("connect", "read", "write", "pool"), 30.0),
                "trace": _watch(allow_private=allow_private),
            },
        )
        # The transport alone: a client would write the whole address into the log.
        with httpx2.HTTPTransport(trust_env=False) as transport:
            response = transport.handle_request(request)
            raw = _read(response, most_bytes)
    except (httpx2.TransportError, httpx2.InvalidURL) as error:
        # Without the error behind it, whose words may repeat a password of the address.
        raise AnchorError(f"It did not answer ({type(error).__name__}).") from None
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return Answer(response.status_code, kind, raw.decode("utf-8", "replace"))


def refuse_unfit(address: str, *, allow_private: bool) -> None:
    """Raise AnchorError for an address that no server of ours to ask can have."""
    try:
        inner = _inner(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        raise AnchorError(f"{address} is no address.") from None
    is_trap = inner.is_link_local or inner.is_multicast or inner.is_unspecified
    is_trap = is_trap or inner == _CLOUD_METADATA or (inner.is_reserved and not inner.is_loopback)
    if is_trap or not (inner.is_global or allow_private):
        raise AnchorError(
            f"Its name leads to {address}, which is no public address. Check it, or allow private"
            " addresses by the setting for it."
        )


def _inner(found: _Address) -> _Address:
    """Return the IPv4 address that an IPv6 one carries, for those that lead to it."""
    if isinstance(found, ipaddress.IPv4Address):
        return found
    if found in _NAT64:
        return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    teredo = found.teredo[1] if found.teredo else None
    return found.ipv4_mapped or found.sixtofour or teredo or found


def _watch(*, allow_private: bool) -> Callable[[str, Mapping[str, Any]], None]:
    def watch(event: str, info: Mapping[str, Any]) -> None:
        if event != "connection.connect_tcp.complete":
            return
        stream = info["return_value"]
        try:
            address = stream.get_extra_info("socket").getpeername()[0]
            refuse_unfit(address, allow_private=allow_private)
        except AnchorError:
            stream.close()
            raise

    return watch


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
