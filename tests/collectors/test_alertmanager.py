"""Alerts and silences of a real Alertmanager."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from collectors.errors import SourceDeniedError, SourceNonsenseError
from tests.collectors.asking import ask
from tests.collectors.loopback import Loopback, Reply
from tests.conftest import demand

CONFIGURATION = """
route: {receiver: on-call, group_wait: 1s}
receivers: [{name: on-call}]
"""
RAISED = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=30)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = demand("prometheus-alertmanager", "prometheus-alertmanager")
    folder = tmp_path_factory.mktemp("alertmanager")
    (folder / "alertmanager.yml").write_text(CONFIGURATION, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    running = subprocess.Popen(
        [
            program,
            f"--config.file={folder / 'alertmanager.yml'}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address={url.removeprefix('http://')}",
            "--cluster.listen-address=",
            "--log.level=error",
        ]
    )
    try:
        _await(url)
        _fill(url)
        yield url
    finally:
        running.terminate()
        running.wait()


def _await(url: str) -> None:
    for _ in range(600):
        try:
            with urlopen(f"{url}/-/ready"):  # noqa: S310  # the server of this very test
                return
        except URLError:
            time.sleep(0.1)
    pytest.fail("Alertmanager does not answer after a minute.")


def _post(url: str, body: Any) -> Any:
    headers = {"Content-Type": "application/json"}
    request = Request(url, json.dumps(body).encode(), headers)  # noqa: S310
    with urlopen(request) as answer:  # noqa: S310
        text = answer.read()
    return json.loads(text) if text else None


def _fill(url: str) -> None:
    """Two alerts, the second of them silenced."""
    labels = {"alertname": "PayoutsLate", "severity": "critical", "owner": "ada"}
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    alerts = [
        {"labels": labels, "startsAt": RAISED.isoformat(), "endsAt": ends},
        {"labels": {"alertname": "DiskFull"}, "startsAt": RAISED.isoformat(), "endsAt": ends},
    ]
    _post(f"{url}/api/v2/alerts", alerts)
    matchers = [
        {"name": "alertname", "value": "DiskFull", "isRegex": False, "isEqual": True},
        {"name": "env", "value": "test.*", "isRegex": True, "isEqual": False},
    ]
    silence = {
        "matchers": matchers,
        "startsAt": datetime.now(UTC).isoformat(),
        "endsAt": ends,
        "createdBy": "jon",
        "comment": "A larger disk comes",
    }
    _post(f"{url}/api/v2/silences", silence)
    for _ in range(600):
        with urlopen(f"{url}/api/v2/alerts") as answer:  # noqa: S310
            states = {each["status"]["state"] for each in json.load(answer)}
        if states == {"active", "suppressed"}:
            return
        time.sleep(0.1)
    pytest.fail("Alertmanager did not take alerts and silence in after a minute.")


@pytest.mark.debian
def test_every_open_alert_is_a_row(server: str, scratch: Path) -> None:
    told = ask("alertmanager_alerts", scratch, url=server)
    rows = {row["rule_name"]: row for row in told.rows}
    assert told.trail.source_count == len(told.rows) == 2
    late, full = rows["PayoutsLate"], rows["DiskFull"]
    assert (late["severity"], late["owner"], late["state"]) == ("critical", "ada", "active")
    assert (late["raised_at"], late["receivers"]) == (RAISED, "on-call")
    assert late["silenced_by"] is None
    assert (full["state"], full["owner"]) == ("suppressed", None)
    assert full["silenced_by"]


@pytest.mark.debian
def test_every_silence_is_a_row_with_its_author(server: str, scratch: Path) -> None:
    told = ask("alertmanager_silences", scratch, url=server)
    (row,) = told.rows
    assert told.trail.source_count == 1
    assert (row["created_by"], row["comment"], row["state"]) == (
        "jon",
        "A larger disk comes",
        "active",
    )
    assert row["matchers"] == "alertname=DiskFull; env!~test.*"
    assert timedelta(minutes=50) < row["ends_at"] - row["starts_at"] <= timedelta(hours=1)


@pytest.mark.debian
def test_the_label_of_the_owner_is_chosen(server: str, scratch: Path) -> None:
    told = ask("alertmanager_alerts", scratch, url=server, owner_label="severity")
    assert {row["owner"] for row in told.rows} == {"critical", None}


@pytest.mark.parametrize("collector", ["alertmanager_alerts", "alertmanager_silences"])
def test_nothing_open_is_a_fact(scratch: Path, collector: str) -> None:
    with Loopback(Reply(b"[]")) as server:
        told = ask(collector, scratch, url=server.url, token="planted-token")
    assert (told.rows, told.trail.source_count) == ([], 0)
    assert server.asked[0].headers["Authorization"] == "Bearer planted-token"


@pytest.mark.parametrize("body", [b"{}", b"7", b'[{"id": "x"}]', b"[1]", b"[{", b"<html>"])
@pytest.mark.parametrize("collector", ["alertmanager_alerts", "alertmanager_silences"])
def test_another_answer_is_nonsense(scratch: Path, collector: str, body: bytes) -> None:
    with Loopback(Reply(body)) as server, pytest.raises(SourceNonsenseError):
        ask(collector, scratch, url=server.url)


def test_a_denial_is_told(scratch: Path) -> None:
    with Loopback(Reply(b"{}", status=401)) as server, pytest.raises(SourceDeniedError):
        ask("alertmanager_alerts", scratch, url=server.url)
