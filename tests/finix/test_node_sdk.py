"""The official client for Node, which is not ours, against the live server."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from merchants import api_users
from tests.conftest import demand
from tests.finix.calls import PDF, SIGNED
from tests.finix.receiver import listening
from tests.merchants import shops

pytestmark = pytest.mark.django_db(transaction=True)
FOLDER = Path(__file__).parent / "node"
CAMELS = {"ip_address": "ipAddress", "user_agent": "userAgent", "signed_at": "signedAt"}
SAID = {CAMELS.get(name, name): value for name, value in SIGNED.items()}


@pytest.fixture
def told(live_server: LiveServer, var_dir: Path, alice: User) -> dict[str, Any]:
    key, password = api_users.add_platform_key("live", actor="system")
    return {
        "base": f"{live_server.url}/finix/live",
        "user": key.ref,
        "password": password,
        "signature": SAID,
    }


def run(told: dict[str, Any], **more: Any) -> Any:
    """Run one part of what the client does, and return what it says."""
    node = demand("node", "nodejs")
    if not (FOLDER / "node_modules").is_dir():
        message = f"The client is missing; run: npm ci --ignore-scripts --prefix {FOLDER}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    done = subprocess.run(
        [node, "--no-deprecation", "client.cjs"],
        cwd=FOLDER,
        input=json.dumps({**told, **more}),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_fetches_and_signs_a_form(told: dict[str, Any], alice: User) -> None:
    form = shops.form(alice)
    found = run(told, run="forms", form=form.ref)
    assert found["before"] == {
        "id": form.ref, "state": "INCOMPLETE", "linkedTo": form.merchant.ref,
    }  # fmt: skip
    assert found["dueIsDate"]
    assert found["after"]["state"] == "COMPLETE"
    assert found["after"]["pciSaqA"] == {**SAID, "isAccepted": True}
    assert found["other"] == {"status": 409, "codes": ["CONFLICT"]}
    assert found["empty"] == {"status": 422, "codes": ["INVALID_FIELD"]}
    assert found["unknown"] == {"status": 404, "codes": ["NOT_FOUND"]}


def test_it_pages_merchants_and_identities(told: dict[str, Any], alice: User) -> None:
    of = shops.application(alice)
    made = [shops.form(alice, of=of).merchant for _ in range(5)][::-1]
    found = run(told, run="parties")
    assert found["merchants"] == [one.ref for one in made]
    assert found["identities"] == [one.identity_ref for one in made]
    assert found["merchant"] == {"state": "APPROVED", "application": of.ref}
    assert found["business"] == "Brot und Butter GmbH"
    assert found["verifications"] == 5
    assert found["tags"] == {"key": "value"}


def test_it_sends_and_fetches_files(told: dict[str, Any], alice: User, tmp_path: Path) -> None:
    merchant = shops.merchant(alice)
    path = tmp_path / "scan.pdf"
    path.write_bytes(PDF)
    found = run(told, run="files", merchant=merchant.ref, path=str(path))
    assert found["status"] == ["REQUIRES_UPLOAD", "UPLOADED"]
    assert found["listed"] == [found["id"]]
    assert found["fetched"] == "pdf"
    assert found["content"].encode("latin1") == PDF
    assert found["link"].startswith(told["base"])
    assert found["linkAgain"]
    assert len(found["links"]) == 1


@pytest.fixture
def receiver_url(settings: Settings) -> Iterator[str]:
    settings.PRIVATE_ADDRESSES = frozenset({"webhooks"})
    with listening() as receiver:
        yield receiver.url


def test_it_adds_and_switches_webhooks(told: dict[str, Any], receiver_url: str) -> None:
    found = run(told, run="webhooks", receiver=receiver_url)
    assert found["enabled"] == [True, False]
    assert found["listed"] == [found["id"]]
    assert found["fetched"] == receiver_url
