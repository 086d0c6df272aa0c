"""One guard for every configured address: traps never, private ones where a setting allows them."""

import ast
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
from django.conf import settings as kept
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from evidence import addresses
from evidence.addresses import ANCHORS, CHAT, PURPOSES, SIGN_ON, SOURCES, STORAGE
from evidence.anchors import git, s3, time_stamp
from evidence.anchors.note import Note
from evidence.errors import AddressError, AnchorError

TRAPS = [
    "169.254.169.254",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "100.100.100.200",
    "192.0.0.192",
    "::ffff:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "2002:a9fe:a9fe::1",
    "0.0.0.0",  # noqa: S104  # it is refused
    "::",
    "224.0.0.1",
    "240.0.0.1",
    "no address",
]
PRIVATE = [
    "127.0.0.1",
    "::1",
    "10.1.2.3",
    "192.168.7.1",
    "172.16.0.1",
    "fd12::1",
    "::ffff:10.0.0.1",
]
NOTE = Note(origin="log.example", size=1, root="00" * 32, text="a note\n")


@pytest.fixture
def closed(settings: Settings) -> Settings:
    """Nothing private is allowed for anything."""
    settings.PRIVATE_ADDRESSES, settings.CHAT_WEBHOOK_PRIVATE = frozenset(), False
    return settings


@pytest.fixture
def heard() -> Iterator[tuple[str, list[str]]]:
    """A server on the loopback, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET  # noqa: N815  # as the library calls it

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Tests speak for themselves."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("address", TRAPS)
def test_traps_are_refused_whatever_is_allowed(
    settings: Settings, address: str, purpose: str
) -> None:
    settings.PRIVATE_ADDRESSES, settings.CHAT_WEBHOOK_PRIVATE = frozenset(PURPOSES), True
    with pytest.raises(AddressError, match="leads to"):
        addresses.refuse(address, purpose)


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_need_the_setting(closed: Settings, address: str, purpose: str) -> None:
    with pytest.raises(AddressError, match="no public address"):
        addresses.refuse(address, purpose)
    closed.PRIVATE_ADDRESSES, closed.CHAT_WEBHOOK_PRIVATE = frozenset({purpose}), purpose == CHAT
    addresses.refuse(address, purpose)


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111"])
def test_public_addresses_pass(closed: Settings, address: str, purpose: str) -> None:
    addresses.refuse(address, purpose)


def test_what_is_allowed_for_one_purpose_is_not_for_another(closed: Settings) -> None:
    closed.PRIVATE_ADDRESSES = frozenset({SOURCES})
    addresses.refuse("10.0.0.1", SOURCES)
    for other in (ANCHORS, SIGN_ON, CHAT):
        with pytest.raises(AddressError):
            addresses.refuse("10.0.0.1", other)


def test_by_default_sources_anchors_and_the_sign_on_may_stand_in_ones_own_network() -> None:
    assert {SOURCES, ANCHORS, SIGN_ON, STORAGE} == kept.PRIVATE_ADDRESSES
    assert not kept.CHAT_WEBHOOK_PRIVATE


@given(st.ip_addresses())
def test_every_address_is_either_refused_or_fine(address: Any) -> None:
    try:
        addresses.refuse(str(address), CHAT)
    except AddressError:
        return
    assert address.is_global or address.version == 6


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://user:secret@git.example:8443/x", "git.example"),
        ("ssh://git@git.example/x", "git.example"),
        ("git@git.example:team/x.git", "git.example"),
        ("http://[::1]:9/", "::1"),
        ("file:///srv/x", ""),
        ("/srv/x", ""),
        ("", ""),
    ],
)
def test_the_host_of_an_address(address: str, host: str) -> None:
    assert addresses.host_of(address) == host


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(AddressError, match="no address"):
        addresses.refuse_named("http://[::1", ANCHORS)
    with pytest.raises(AddressError, match="could not be resolved"):
        addresses.refuse_named("https://nowhere.invalid/", ANCHORS)


def test_a_connection_is_dropped_before_a_byte_is_sent(
    closed: Settings, heard: tuple[str, list[str]]
) -> None:
    url, asked = heard
    with httpx2.Client(trust_env=False) as client:
        with pytest.raises(AddressError):
            client.get(url, extensions={"trace": addresses.watch(ANCHORS)})
        assert asked == []
        # Without the guard the very same question is put: the attack works.
        assert client.get(url).status_code == 200
        assert asked == ["/"]


def test_a_name_that_changes_its_answer_gains_nothing(
    closed: Settings, heard: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name looks public when it is asked about, and leads inside when it is connected to."""
    url, asked = heard
    port = int(url.rpartition(":")[2])
    real, answers = socket.getaddrinfo, ["93.184.216.34", "127.0.0.1"]

    def rebinding(host: str, *more: Any, **named: Any) -> Any:
        return real(answers.pop(0) if len(answers) > 1 else answers[0], *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    addresses.refuse_host("rebind.example", ANCHORS)
    with (
        httpx2.Client(trust_env=False) as client,
        pytest.raises(AddressError, match=r"127\.0\.0\.1"),
    ):
        client.get(f"http://rebind.example:{port}/", extensions={"trace": addresses.watch(ANCHORS)})
    assert asked == []


class TestAnchors:
    def test_an_authority_is_not_asked_there(
        self, closed: Settings, heard: tuple[str, list[str]]
    ) -> None:
        with pytest.raises(AnchorError, match="no public address"):
            time_stamp._asked(f"{heard[0]}/tsa", b"query", 5)
        assert heard[1] == []
        closed.PRIVATE_ADDRESSES = frozenset({ANCHORS})
        assert time_stamp._asked(f"{heard[0]}/tsa", b"query", 5) == b""
        assert heard[1] == ["/tsa"]

    @pytest.mark.usefixtures("var_dir")
    def test_a_repository_is_not_asked_there(
        self, closed: Settings, heard: tuple[str, list[str]]
    ) -> None:
        closed.ANCHOR_GIT_URL = f"{heard[0]}/x.git"
        with pytest.raises(AnchorError, match="no public address"):
            git.deposit(NOTE)
        assert heard[1] == []

    def test_a_bucket_is_not_asked_there(
        self, closed: Settings, heard: tuple[str, list[str]]
    ) -> None:
        closed.ANCHOR_S3_ENDPOINT, closed.ANCHOR_S3_BUCKET = heard[0], "anchors"
        with pytest.raises(AnchorError, match="no public address"):
            s3.deposit(NOTE)
        assert heard[1] == []


# --- Nobody connects past the guard -----------------------------------------------------------
CONNECTS = {
    "boto3.client",
    "boto3.resource",
    "boto3.session.Session",
    "httpx2.AsyncClient",
    "httpx2.Client",
    "httpx2.HTTPTransport",
    "httpx2.get",
    "httpx2.post",
    "httpx2.request",
    "httpx2.stream",
    "http.client.HTTPConnection",
    "http.client.HTTPSConnection",
    "requests.get",
    "timestamps.HTTPTimeStamper",
    "requests.post",
    "smtplib.SMTP",
    "ldap3.Connection",
    "psycopg.connect",
    "socket.create_connection",
    "urllib.request.urlopen",
}
GUARDED = {
    "collectors/wire/addresses.py",
    "collectors/wire/aws.py",
    "collectors/wire/http.py",
    "collectors/wire/ldap.py",
    "collectors/wire/postgresql.py",
    "collectors/wire/tls.py",
    "compliance/notices/webhook.py",
    "evidence/anchors/s3.py",
    "evidence/anchors/time_stamp.py",
    "evidence/keepers/kms.py",
    "evidence/outward.py",
    "evidence/reconcile/postgresql.py",
    "evidence/stores/s3.py",
    "merchants/webhooks/wire.py",
    "reports/pdf_signature.py",
}
"""Each of them looks at the address by `evidence.addresses`; a new place must do so as well."""
OWN = {"compliance/management/commands/up.py"}
"""It asks the web server that it has just started."""


def test_every_place_that_connects_is_a_guarded_one() -> None:
    root = Path(kept.BASE_DIR)
    rooms = [path.parent.name for path in root.glob("*/__init__.py") if path.parent.name != "tests"]
    found = {
        str(path.relative_to(root))
        for room in rooms
        for path in (root / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in CONNECTS
    }
    assert found - OWN == GUARDED
    for place in GUARDED:
        text = (root / place).read_text(encoding="utf-8")
        assert "addresses" in text or "refuse_trap" in text, place
