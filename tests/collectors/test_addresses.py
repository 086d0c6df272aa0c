"""Which addresses a source may have."""

import socket

import pytest

from collectors.errors import SourceRefusedError, SourceUnreachableError
from collectors.wire import addresses


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.170.2",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "0.0.0.0",  # noqa: S104  # it is refused
        "::",
        "224.0.0.1",
        "ff02::1",
        "240.0.0.1",
        "255.255.255.255",
    ],
)
def test_it_refuses_addresses_that_are_traps(address: str) -> None:
    with pytest.raises(SourceRefusedError, match="not one that a source may have"):
        addresses.refuse_trap(address)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "10.1.2.3", "192.168.7.1", "8.8.8.8", "2606:4700::1111"]
)
def test_it_allows_hosts_private_ones_too(address: str) -> None:
    addresses.refuse_trap(address)


def test_it_connects_to_who_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with addresses.connect("127.0.0.1", port, timeout=1) as connected:
            assert connected.getpeername()[1] == port


def test_to_be_refused_is_an_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        addresses.connect("127.0.0.1", port, timeout=1)


def test_a_name_without_an_address_is_unreachable() -> None:
    with pytest.raises(SourceUnreachableError, match="could not be reached"):
        addresses.connect("nowhere.invalid", 443, timeout=1)


def test_it_hangs_up_on_a_trap(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(socket.socket, "getpeername", lambda _: ("169.254.169.254", port))
        with pytest.raises(SourceRefusedError):
            addresses.connect("127.0.0.1", port, timeout=1)


def test_a_name_that_leads_to_a_trap_is_refused_before_other_programs_get_it() -> None:
    with pytest.raises(SourceRefusedError):
        addresses.refuse_trap_host("169.254.169.254")
    with pytest.raises(SourceUnreachableError, match="could not be resolved"):
        addresses.refuse_trap_host("nowhere.invalid")
    addresses.refuse_trap_host("127.0.0.1")
