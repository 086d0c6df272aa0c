"""Which network addresses a collector may talk to, so that a source cannot be pointed at a trap.

The one guard of the house says which (`evidence.addresses`): private and loopback addresses are
allowed where PRIVATE_ADDRESSES names sources, because most systems worth asking stand in a private
network and only people who manage sources can name an address. The check is made on the address
that was connected to, so a name that changes its answer gains nothing.
"""

import socket

from collectors.errors import SourceRefusedError, SourceUnreachableError
from evidence import addresses
from evidence.errors import AddressError


def refuse_trap(address: str) -> None:
    """Raise SourceRefusedError for an address that no source can have."""
    try:
        addresses.refuse(address, addresses.SOURCES)
    except AddressError as error:
        message = f"The address {address} is not one that a source may have. {error}"
        raise SourceRefusedError(message) from error


def refuse_trap_host(host: str) -> None:
    """Raise SourceRefusedError when a name leads to such an address; SourceUnreachableError.

    For programs that make their connections themselves: good against mistakes, not against a name
    that changes its answer.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        message = f"The name {host} could not be resolved: {error.strerror or error}."
        raise SourceUnreachableError(message) from error
    for *_, address in found:
        refuse_trap(str(address[0]))


def connect(host: str, port: int, *, timeout: float) -> socket.socket:
    """Return a connected socket; raises SourceUnreachableError, SourceRefusedError.

    A ConnectionRefusedError is passed on as it is: to be refused is an answer.
    """
    try:
        connected = socket.create_connection((host, port), timeout=timeout)
    except ConnectionRefusedError:
        raise
    except OSError as error:
        message = f"{host}:{port} could not be reached: {error.strerror or error}."
        raise SourceUnreachableError(message) from error
    try:
        refuse_trap(connected.getpeername()[0])
    except SourceRefusedError:
        connected.close()
        raise
    return connected
