"""Which network addresses the house may connect to: the one guard for every configured address.

Rules:
- Addresses at which cloud machines hand out credentials, link-local, multicast, reserved and
  unspecified ones are refused always: nothing worth asking stands there.
- Private and loopback ones are allowed for the purposes that PRIVATE_ADDRESSES names.
- The address that was connected to is looked at, before a byte is sent: a name that changes its
  answer between a look and the connection gains nothing.
- Where a program of others makes the connection, every address of the name is looked at before.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Mapping
from typing import Any, NoReturn
from urllib.parse import urlsplit

from django.conf import settings

from evidence.errors import AddressError

SOURCES = "sources"
ANCHORS = "anchors"
SIGN_ON = "sign-on"
STORAGE = "storage"
CHAT = "chat"
WEBHOOKS = "webhooks"
PURPOSES = (SOURCES, ANCHORS, SIGN_ON, STORAGE, CHAT, WEBHOOKS)

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_CREDENTIALS = {
    # AWS serves instance metadata over IPv6 here, which is unique-local, not link-local.
    ipaddress.ip_address("fd00:ec2::254"),
    # Alibaba and Oracle serve theirs in ranges that are shared or reserved, not link-local.
    ipaddress.ip_address("100.100.100.200"),
    ipaddress.ip_address("192.0.0.192"),
}


def may_be_private(purpose: str) -> bool:
    """Say whether private and loopback addresses are allowed for a purpose."""
    if purpose == CHAT:
        return bool(settings.CHAT_WEBHOOK_PRIVATE)
    return purpose in settings.PRIVATE_ADDRESSES


def refuse(address: str, purpose: str) -> None:
    """Raise AddressError for an IP address that nothing may be asked at for this purpose."""
    try:
        inner = _inner(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        _refuse(address, "is no address")
    trap = inner.is_link_local or inner.is_multicast or inner.is_unspecified
    if trap or inner in _CREDENTIALS or (inner.is_reserved and not inner.is_loopback):
        _refuse(address, "is one at which nothing may be asked")
    if not inner.is_global and not may_be_private(purpose):
        _refuse(address, "is no public address")


def refuse_host(host: str, purpose: str) -> None:
    """Raise AddressError where any address of a name is refused, or where it has none.

    For programs that connect themselves: good against mistakes and against a name that stays.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressError(f"The name {host} could not be resolved.") from error
    for *_, address in found:
        refuse(str(address[0]), purpose)


def refuse_named(address: str, purpose: str) -> None:
    """Raise AddressError where the host of a URL, or of user@host:path, is refused.

    A path of this machine names no host, and nothing is said of it.
    """
    host = host_of(address)
    if host:
        refuse_host(host, purpose)


def host_of(address: str) -> str:
    """Return the host of an address in URL form or as user@host:path; empty for a path."""
    if "://" in address:
        try:
            return urlsplit(address).hostname or ""
        except ValueError as error:
            raise AddressError("This is no address that can be asked.") from error
    found = re.match(r"[\w.]+@([^:]+):", address)
    return found[1] if found else ""


def watch(purpose: str) -> Callable[[str, Mapping[str, Any]], None]:
    """Return what an HTTP client of ours calls for each step: it hangs up on a refused address."""

    def look(event: str, info: Mapping[str, Any]) -> None:
        if event != "connection.connect_tcp.complete":
            return
        stream = info["return_value"]
        try:
            refuse(stream.get_extra_info("socket").getpeername()[0], purpose)
        except AddressError:
            stream.close()
            raise

    return look


def _refuse(address: str, why: str) -> NoReturn:
    raise AddressError(
        f"This leads to {address}, which {why}. Check the name, or allow private addresses for"
        " this purpose (PRIVATE_ADDRESSES) where it stands in your own network."
    ) from None


def _inner(found: _Address) -> _Address:
    """Return the IPv4 address that an IPv6 one carries, for those that lead to it."""
    if isinstance(found, ipaddress.IPv4Address):
        return found
    if found in _NAT64:
        return ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    teredo = found.teredo[1] if found.teredo else None
    return found.ipv4_mapped or found.sixtofour or teredo or found
