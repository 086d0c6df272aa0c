"""Transport encryption of a server that is not Python's: Debian's own `openssl s_server`."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from tests.collectors.asking import ask
from tests.conftest import demand

pytestmark = pytest.mark.debian


@contextmanager
def s_server(folder: Path, authority: trustme.CA, *options: str) -> Iterator[int]:
    """A real TLS server with these options; yields its port once it takes connections."""
    program = demand("openssl", "openssl")
    pem = folder / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(pem)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [program, "s_server", "-accept", f"127.0.0.1:{port}", "-cert", str(pem), "-www"]
    with subprocess.Popen(
        [*command, "-cipher", "ALL:@SECLEVEL=0", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            _wait_for(port)
            yield port
        finally:
            server.terminate()


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("openssl s_server did not start.")


@pytest.mark.parametrize(
    ("options", "spoken", "chain_valid"),
    [
        (("-tls1_2",), [False, False, True, False], True),
        (("-tls1_3",), [False, False, False, True], True),
        # Nobody should speak only this; its chain is not judged, and that is said.
        (("-tls1_1",), [False, True, False, False], None),
    ],
)
def test_the_versions_that_openssl_speaks_are_told(
    scratch: Path, options: tuple[str, ...], spoken: list[bool], chain_valid: bool | None
) -> None:
    authority = trustme.CA()
    with s_server(scratch, authority, *options) as port:
        told = ask(
            "tls_endpoint",
            scratch,
            endpoints=[f"127.0.0.1:{port}"],
            plain_port=port,
            trusted_ca=authority.cert_pem.bytes().decode(),
        )
    (row,) = told.rows
    assert [row[f"tls_1_{minor}"] for minor in range(4)] == spoken
    assert row["chain_valid"] is chain_valid
    assert bool(row["problem"]) is (chain_valid is None)
