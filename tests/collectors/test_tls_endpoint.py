"""Transport encryption, seen at real servers on the loopback."""

import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from collectors.errors import SettingsError, SourceUnreachableError
from collectors.models import Run
from collectors.run import perform
from collectors.wire import tls
from tests.collectors import world
from tests.collectors.asking import NOW, Told, ask
from tests.collectors.loopback import Loopback, Reply

V1_0, V1_1 = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
V1_2, V1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def context(
    authority: trustme.CA,
    lowest: ssl.TLSVersion = V1_2,
    highest: ssl.TLSVersion = V1_3,
    **certificate: Any,
) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version, made.maximum_version = lowest, highest
    names = certificate.pop("names", ["127.0.0.1", "localhost"])
    authority.issue_cert(*names, **certificate).configure_cert(made)
    return made


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does one thing with every connection; yields its port."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)

        def loop() -> None:
            while not stop.is_set():
                try:
                    connected, _ = server.accept()
                except TimeoutError:
                    continue
                with connected:
                    serve(connected)

        thread = threading.Thread(target=loop)
        thread.start()
        yield server.getsockname()[1]
        stop.set()
        thread.join()


@contextmanager
def closed_port() -> Iterator[int]:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    yield port


def examine(port: int, scratch: Path, authority: trustme.CA | None, **values: Any) -> Told:
    with closed_port() as plain:
        settings = {
            "endpoints": [f"127.0.0.1:{port}"],
            "plain_port": plain,
            "trusted_ca": authority.cert_pem.bytes().decode() if authority else "",
            **values,
        }
        return ask("tls_endpoint", scratch, **settings)


def test_a_good_endpoint(authority: trustme.CA, scratch: Path) -> None:
    ends = datetime(2027, 2, 1, tzinfo=UTC)
    server = Loopback(Reply(b"ok"), tls=context(authority, not_after=ends))
    with server:
        told = examine(server.port, scratch, authority)
    (row,) = told.rows
    assert row["chain_valid"] is True, row["problem"]
    assert row["problem"] == ""
    assert (row["host"], row["port"], row["plain_http"]) == ("127.0.0.1", server.port, "refused")
    assert [row[f"tls_1_{minor}"] for minor in range(4)] == [False, False, True, True]
    assert row["not_after"] == ends
    assert row["days_to_expiry"] == (ends - NOW).days == 71
    assert "trustme" in row["issuer"]
    assert row["certificate_subject"]
    assert told.trail.source_count == 1
    assert told.trail.shortfalls == []


@pytest.mark.parametrize(
    ("lowest", "highest", "spoken"),
    [
        (V1_0, V1_0, [True, False, False, False]),
        (V1_1, V1_2, [False, True, True, False]),
        (V1_0, V1_3, [True, True, True, True]),
        (V1_3, V1_3, [False, False, False, True]),
    ],
)
def test_every_version_is_tried(
    authority: trustme.CA,
    scratch: Path,
    lowest: ssl.TLSVersion,
    highest: ssl.TLSVersion,
    spoken: list[bool],
) -> None:
    with Loopback(Reply(), tls=context(authority, lowest, highest)) as server:
        (row,) = examine(server.port, scratch, authority).rows
    assert [row[f"tls_1_{minor}"] for minor in range(4)] == spoken
    # Even of a server that speaks only what nobody should, the certificate is seen.
    assert row["not_after"] is not None


def test_an_untrusted_chain_is_told(authority: trustme.CA, scratch: Path) -> None:
    with Loopback(Reply(), tls=context(authority)) as server:
        (row,) = examine(server.port, scratch, None).rows
    assert row["chain_valid"] is False
    assert "certificate" in row["problem"]
    assert row["not_after"] is not None


def test_a_certificate_for_another_name_is_told(authority: trustme.CA, scratch: Path) -> None:
    with Loopback(Reply(), tls=context(authority, names=["shop.example.org"])) as server:
        (row,) = examine(server.port, scratch, authority).rows
    assert row["chain_valid"] is False
    assert "IP address mismatch" in row["problem"]


def test_an_expired_certificate_is_told(authority: trustme.CA, scratch: Path) -> None:
    ended = datetime.now(UTC) - timedelta(days=3)
    started = ended - timedelta(days=30)
    expired = context(authority, not_before=started, not_after=ended)
    with Loopback(Reply(), tls=expired) as server:
        (row,) = examine(server.port, scratch, authority).rows
    assert row["chain_valid"] is False
    assert "expired" in row["problem"]


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (Reply(status=301, headers={"Location": "https://shop.example.org/"}), "redirected"),
        (Reply(status=308, headers={"Location": "HTTPS://shop.example.org/"}), "redirected"),
        (Reply(status=302, headers={"Location": "http://elsewhere.example.org/"}), "open"),
        (Reply(status=302, headers={"Location": "/login"}), "open"),
        (Reply(b"hello"), "open"),
        (Reply(status=404), "open"),
        (Reply(hang_up=True), "refused"),
    ],
)
def test_plain_http_is_tried(
    authority: trustme.CA, scratch: Path, reply: Reply, verdict: str
) -> None:
    with Loopback(Reply(), tls=context(authority)) as server, Loopback(reply) as plain:
        (row,) = examine(server.port, scratch, authority, plain_port=plain.port).rows
    assert row["plain_http"] == verdict


def test_a_plain_port_that_says_nothing_is_none(
    authority: trustme.CA, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "SECONDS", 0.5)
    silence = Reply(wait=5)
    with Loopback(Reply(), tls=context(authority)) as server, Loopback(silence) as plain:
        (row,) = examine(server.port, scratch, authority, plain_port=plain.port).rows
    assert row["plain_http"] == "none"


def test_a_server_without_tls_speaks_no_version(scratch: Path) -> None:
    with Loopback(Reply(b"plain")) as server:
        (row,) = examine(server.port, scratch, None).rows
    assert [row[f"tls_1_{minor}"] for minor in range(4)] == [False] * 4
    assert row["problem"] == "no TLS version is spoken"
    assert row["chain_valid"] is None


def test_an_endpoint_that_cannot_be_reached_fails_the_run(scratch: Path) -> None:
    with closed_port() as port, pytest.raises(SourceUnreachableError, match=f"127.0.0.1:{port}"):
        examine(port, scratch, None)


def test_a_server_that_only_listens_is_left_in_time(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The handshake never ends; only cutting the connection does."""
    monkeypatch.setattr(tls, "SECONDS", 0.3)
    with (
        listening(_drip) as port,
        pytest.raises(SourceUnreachableError),
    ):
        examine(port, scratch, None)


def _drip(connected: socket.socket) -> None:
    # The header of a TLS record that promises 16 KiB, and then a byte now and then.
    try:
        connected.sendall(b"\x16\x03\x03\x3f\xff\x02")
        for _ in range(40):
            connected.sendall(b"\0")
            if threading.Event().wait(0.05):
                return
    except OSError:
        return


def test_one_of_two_that_is_gone_makes_the_run_partial(
    authority: trustme.CA, scratch: Path
) -> None:
    with Loopback(Reply(), tls=context(authority)) as server, closed_port() as gone:
        endpoints = [f"127.0.0.1:{server.port}", f"127.0.0.1:{gone}"]
        told = examine(server.port, scratch, authority, endpoints=endpoints)
    assert [row["tls_1_3"] for row in told.rows] == [True, None]
    assert "refuses connections" in told.rows[1]["problem"]
    assert told.trail.shortfalls == [f"Not reached: 127.0.0.1:{gone}."]


@pytest.mark.parametrize(
    ("words", "parsed"),
    [
        ("api.example.org", ("api.example.org", 443)),
        ("api.example.org:8443", ("api.example.org", 8443)),
        ("[::1]:8443", ("::1", 8443)),
        (" api.example.org ", ("api.example.org", 443)),
    ],
)
def test_endpoints_are_read(words: str, parsed: tuple[str, int]) -> None:
    assert tls.parse_endpoint(words) == parsed


@pytest.mark.parametrize(
    "words", ["", "https://example.org", "example.org/x", "a:b", "a:99999", "u@h", "h?x", ":443"]
)
def test_what_is_no_endpoint_is_refused(scratch: Path, words: str) -> None:
    with pytest.raises(SettingsError, match="endpoints"):
        ask("tls_endpoint", scratch, endpoints=[words])


def test_what_is_no_certificate_is_refused(scratch: Path) -> None:
    with pytest.raises(SettingsError, match="no certificate"):
        ask("tls_endpoint", scratch, endpoints=["example.org"], trusted_ca="nonsense")


@pytest.mark.django_db
def test_it_becomes_evidence(authority: trustme.CA) -> None:
    with Loopback(Reply(), tls=context(authority)) as server, closed_port() as plain:
        values = {"endpoints": [f"127.0.0.1:{server.port}"], "plain_port": plain}
        run = perform(world.source("tls_endpoint", values=values), period=None, key="one")
    assert (run.state, run.rows) == (Run.State.COMPLETE, 1)
