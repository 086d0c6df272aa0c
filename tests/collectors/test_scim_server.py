"""Accounts of a real SCIM 2.0 server (scim2-server), started by the test."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from tests.collectors.asking import ask
from tests.conftest import demand

MANY = 203
"""More than two pages."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    program = Path(sys.executable).parent / "scim2-server"
    found = str(program) if program.exists() else shutil.which("scim2-server")
    if found is None:
        found = demand("scim2-server", "(none: pip install scim2-server)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = subprocess.Popen(
        [found, "--port", str(port)], env=os.environ, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}/v2"
    try:
        _await(url)
        yield url
    finally:
        running.terminate()
        running.wait()


def _await(url: str) -> None:
    for _ in range(600):
        try:
            with urlopen(f"{url}/Users"):  # noqa: S310  # the server of this very test
                return
        except URLError:
            time.sleep(0.1)
    pytest.fail("scim2-server does not answer after a minute.")


def _post(url: str, body: dict[str, Any]) -> None:
    headers = {"Content-Type": "application/scim+json"}
    told = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], **body}
    request = Request(f"{url}/Users", json.dumps(told).encode(), headers)  # noqa: S310
    with urlopen(request):  # noqa: S310
        pass


def test_every_user_of_a_real_server_is_a_row(server: str, scratch: Path) -> None:
    empty = ask("scim_users", scratch, url=server, token="planted-token")
    assert (empty.rows, empty.trail.source_count) == ([], 0)
    for number in range(MANY):
        _post(server, {"userName": f"p{number}", "active": number % 2 == 0})
    _post(
        server,
        {
            "userName": "mira",
            "name": {"formatted": "Mira Okt"},
            "active": True,
            "password": "planted-word",
            "roles": [{"value": "agent"}],
        },
    )
    told = ask("scim_users", scratch, url=server, token="planted-token")
    rows = {row["account"]: row for row in told.rows}
    assert told.trail.source_count == len(told.rows) == len(rows) == MANY + 1
    assert rows["mira"]["full_name"] == "Mira Okt"
    assert rows["mira"]["roles"] == "agent"
    assert rows["mira"]["created_at"].tzinfo is not None
    assert (rows["p0"]["active"], rows["p1"]["active"]) == (True, False)
    assert "planted" not in repr(told)
