"""Passkeys: whose they are, where they work, and that a guessed answer opens nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import User
from tests import cast
from tests.installation import PATIENCE_SECONDS
from tests.signin.pages import LOGIN, signed_in, type_password

ADD = "/accounts/2fa/webauthn/add/"
ROOT = Path(__file__).parents[2]


def options(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get(ADD).context["js_data"]["creation_options"]["publicKey"]
    return found


def test_a_passkey_belongs_to_the_host_of_site_url(
    client: Client, alice: User, settings: pytest.FixtureRequest
) -> None:
    settings.SITE_URL = "https://evidence.example.org"  # type: ignore[attr-defined]
    type_password(client, alice)
    relying_party = options(client)["rp"]
    assert relying_party == {"id": "evidence.example.org", "name": "Countersign"}


def test_it_names_the_person_by_address_and_proposes_a_name(client: Client, alice: User) -> None:
    type_password(client, alice)
    assert options(client)["user"]["name"] == "alice@example.org"
    form = client.get(ADD).context["form"]
    assert form.initial["name"] == "Passkey 1"
    assert form.fields["passwordless"].initial is True


@pytest.mark.parametrize("answer", ["", "{}", "[]", "nonsense", '{"id": "x", "response": {}}'])
def test_a_made_up_answer_adds_no_passkey(client: Client, alice: User, answer: str) -> None:
    type_password(client, alice)
    options(client)
    response = client.post(ADD, {"name": "Mine", "credential": answer})
    assert response.status_code == 200
    assert not Authenticator.objects.exists()
    assert client.get("/")["Location"] == "/accounts/2fa/"


@pytest.mark.django_db
def test_the_sign_in_hands_out_a_fresh_challenge_each_time(client: Client) -> None:
    def challenge() -> str:
        answer = client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
        asked: str = json.loads(answer.content)["request_options"]["publicKey"]["challenge"]
        return asked

    assert challenge() != challenge()


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["", "{}", "nonsense", '{"response": {"userHandle": "MQ"}}'])
def test_a_made_up_answer_signs_nobody_in(client: Client, answer: str) -> None:
    client.get("/accounts/2fa/webauthn/login/", headers={"Accept": "application/json"})
    response = client.post("/accounts/2fa/webauthn/login/", {"credential": answer})
    assert response["Location"] == LOGIN
    assert not signed_in(client)


def test_nobody_touches_the_passkey_of_another(client: Client, alice: User, charlie: User) -> None:
    key = Authenticator.objects.create(
        user=alice,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": "Alice's key", "credential": {}},
    )
    type_password(client, charlie)
    for deed in ("edit", "remove"):
        address = f"/accounts/2fa/webauthn/keys/{key.pk}/{deed}/"
        assert client.get(address).status_code == 404
        assert client.post(address, {"name": "Mine"}).status_code == 404
    key.refresh_from_db()
    assert key.data["name"] == "Alice's key"


def test_the_list_shows_name_and_use(client: Client, alice: User) -> None:
    cast.sign_in(client, alice)
    assert "No passkey yet" in client.get("/accounts/2fa/webauthn/").content.decode()
    Authenticator.objects.create(
        user=alice, type=Authenticator.Type.WEBAUTHN, data={"name": "Blue key", "credential": {}}
    )
    assert "Blue key" in client.get("/accounts/2fa/webauthn/").content.decode()


PRINT = """
import json
from compliance import settings
names = ["PASSKEYS", "MFA_SUPPORTED_TYPES", "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN", "SITE_URL"]
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


@pytest.mark.parametrize(
    ("site_url", "passkeys", "insecure"),
    [
        ("", True, True),
        ("http://localhost:9000", True, True),
        ("https://evidence.example.org", True, False),
        ("http://evidence.example.org", False, False),
        ("http://127.0.0.1:8000", False, False),
        ("https://192.0.2.7", False, False),
    ],
)
def test_passkeys_are_offered_where_browsers_allow_them(
    tmp_path: Path, site_url: str, passkeys: bool, insecure: bool
) -> None:
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path)}
    if site_url:
        environment["SITE_URL"] = site_url
    done = subprocess.run(
        [sys.executable, "-c", PRINT],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    facts = json.loads(done.stdout)
    assert facts["SITE_URL"] == (site_url or "http://localhost:8000")
    assert facts["PASSKEYS"] is passkeys
    assert ("webauthn" in facts["MFA_SUPPORTED_TYPES"]) is passkeys
    assert facts["MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN"] is insecure
