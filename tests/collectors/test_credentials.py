"""Permissions of the moment: got, used, renewed, and never shown."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from collectors.deadline import Deadline
from collectors.errors import SettingsError, SourceDeniedError, SourceNonsenseError
from collectors.trail import Trail
from collectors.wire import credentials
from collectors.wire.http import Client
from tests.collectors.asking import ask
from tests.collectors.loopback import Loopback, Reply

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.TraditionalOpenSSL,
    serialization.NoEncryption(),
).decode()
APP = {"app_id": "Iv23planted", "installation_id": "77", "private_key": PEM}
ORGANISATION = Reply(b'{"two_factor_requirement_enabled": true}')


def client(url: str, **options: Any) -> Client:
    deadline = Deadline.after(timedelta(seconds=10))
    return Client(url, deadline=deadline, **{"trail": Trail(), **options})


def test_client_credentials_are_sent_as_a_form() -> None:
    trail = Trail()
    granted = Reply(b'{"access_token": "of-an-hour", "token_type": "Bearer", "expires_in": 3600}')
    with Loopback(granted) as server, client(server.url, trail=trail) as api:
        header = credentials.client_credentials(
            api, "/oauth2/token", client_id="ours", secret="hunter2", scope="read"
        )
    assert header == "Bearer of-an-hour"
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/oauth2/token")
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["client_credentials"],
        "client_id": ["ours"],
        "client_secret": ["hunter2"],
        "scope": ["read"],
    }
    # An answer that holds a secret is not even noted by its digest.
    assert trail.raw_digests == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(b'{"error": "invalid_client"}', status=401), SourceDeniedError),
        (Reply(b'{"token_type": "Bearer"}'), SourceNonsenseError),
    ],
)
def test_a_refused_grant_has_words(reply: Reply, error: type[Exception]) -> None:
    with Loopback(reply) as server, client(server.url) as api, pytest.raises(error) as caught:
        credentials.client_credentials(api, "/token", client_id="ours", secret="hunter2")
    assert "hunter2" not in str(caught.value)


def members(scratch: Path, server: Loopback, **options: Any) -> Any:
    values = {"url": server.url, "organisation": "lindgren-pay", **options}
    return ask("github_members", scratch, **values)


def test_an_app_signs_in_for_its_installation(scratch: Path) -> None:
    granted = Reply(
        b'{"token": "ghs_of_an_hour", "expires_at": "2026-11-21T11:00:00Z"}', status=201
    )
    with Loopback(granted, ORGANISATION, Reply(b"[]")) as server:
        told = members(scratch, server, now=datetime.now(UTC), **APP)
    assert server.asked[0].path == "/app/installations/77/access_tokens"
    signed = server.asked[0].headers["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(signed, KEY.public_key(), algorithms=["RS256"])
    assert claims["iss"] == "Iv23planted"
    assert timedelta(0) < timedelta(seconds=claims["exp"] - claims["iat"]) <= timedelta(minutes=10)
    assert {each.headers["Authorization"] for each in server.asked[1:]} == {"Bearer ghs_of_an_hour"}
    assert told.trail.pages == len(server.asked) - 1


def test_a_token_that_runs_out_on_the_way_is_renewed_once(scratch: Path) -> None:
    granted = [Reply(b'{"token": "first"}', status=201), Reply(b'{"token": "second"}', status=201)]
    ran_out = Reply(b'{"message": "Bad credentials"}', status=401)
    with Loopback(granted[0], ORGANISATION, ran_out, granted[1], Reply(b"[]")) as server:
        members(scratch, server, **APP)
    sent = [each.headers["Authorization"] for each in server.asked]
    assert sent[1:3] == ["Bearer first", "Bearer first"]
    assert set(sent[4:]) == {"Bearer second"}
    with (
        Loopback(granted[0], ORGANISATION, ran_out, granted[1], ran_out) as server,
        pytest.raises(SourceDeniedError),
    ):
        members(scratch, server, **APP)
    assert len(server.asked) == 5


def test_a_fresh_token_that_is_refused_is_not_fetched_again(scratch: Path) -> None:
    granted = Reply(b'{"token": "first"}', status=201)
    with Loopback(granted, Reply(b"{}", status=401)) as server, pytest.raises(SourceDeniedError):
        members(scratch, server, **APP)
    assert len(server.asked) == 2


def test_a_key_survives_a_field_of_one_line() -> None:
    flat = PEM.replace("\n", " ")
    assert credentials.pem(flat) == PEM
    assert credentials.pem(PEM.replace("\n", "\r\n")) == PEM


def test_a_key_that_is_none_is_told_without_it(scratch: Path) -> None:
    with Loopback(ORGANISATION) as server, pytest.raises(SettingsError) as caught:
        members(scratch, server, **{**APP, "private_key": "hunter2-hunter2"})
    assert "private key of the app cannot be read" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert server.asked == []


def test_a_source_needs_one_way_or_the_other(scratch: Path) -> None:
    with Loopback(ORGANISATION) as server:
        with pytest.raises(SettingsError, match="access token, or app id"):
            members(scratch, server)
        with pytest.raises(SettingsError, match="access token, or app id"):
            members(scratch, server, app_id="Iv23planted")
