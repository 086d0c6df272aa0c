"""The provider of the single sign-on is asked at no trap, whatever its name resolves to."""

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import requests
from allauth.socialaccount.adapter import get_adapter
from django.test import Client
from pytest_django import Settings

from compliance.signin import guarded
from evidence.errors import AddressError


@pytest.fixture
def heard() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Tests speak for themselves."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_allauth_asks_through_it() -> None:
    session = get_adapter().get_requests_session()
    assert not session.trust_env
    assert type(session.get_adapter("https://id.example")).__module__ == guarded.__name__
    assert session.request.keywords["timeout"]


def test_nothing_is_sent_to_a_private_address_unless_allowed(
    settings: Settings, heard: tuple[str, list[str]]
) -> None:
    url, asked = heard
    settings.PRIVATE_ADDRESSES = frozenset()
    with guarded.guard(requests.Session()) as session, pytest.raises(AddressError):
        session.get(url, timeout=5)
    assert asked == []
    with requests.Session() as careless:
        assert careless.get(url, timeout=5).status_code == 200
    settings.PRIVATE_ADDRESSES = frozenset({"sign-on"})
    with guarded.guard(requests.Session()) as session:
        assert session.get(url, timeout=5).status_code == 200


def test_over_tls_it_looks_before_the_handshake(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        settings.PRIVATE_ADDRESSES = frozenset()
        with guarded.guard(requests.Session()) as session, pytest.raises(AddressError):
            session.get(f"https://localhost:{port}/", timeout=5)
        connection, _ = server.accept()
        with connection:
            connection.settimeout(5)
            assert connection.recv(16) == b""


def test_a_refused_provider_is_told_on_a_page(
    client: Client, settings: Settings, db: None, heard: tuple[str, list[str]]
) -> None:
    url, asked = heard
    settings.PRIVATE_ADDRESSES = frozenset()
    app: dict[str, Any] = {
        "provider_id": "sso",
        "name": "Example ID",
        "client_id": "countersign",
        "secret": "known to both",
        "settings": {"server_url": url},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    assert client.get("/accounts/oidc/sso/login/").status_code == 502
    assert asked == []


def test_a_certificate_authority_of_ones_own_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/own.pem")
    assert guarded.guard(requests.Session()).verify == "/etc/own.pem"
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert guarded.guard(requests.Session()).verify is True
