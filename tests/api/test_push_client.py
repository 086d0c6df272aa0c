"""The one-file client that programs take away: it sends, keeps what it cannot send, and repeats."""

import ast
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from evidence.models import Evidence
from tests.api import calls
from tests.collectors.loopback import Loopback, Reply

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "compliance" / "api" / "static" / "api" / "push.py"
FIELDS = {
    "title": "Restore test of October",
    "evidence_type": "test_result",
    "kind": "event",
    "area": "availability",
    "source_system": "backup.example.org",
    "environment": "production",
    "covers_from": "2026-10-01",
    "covers_to": "2026-10-31",
    "collected_at": "2026-11-01T08:00:00Z",
}
TAKEN_IN = Reply(b'{"ref": "EV-000001"}', status=201)
TOKEN = "of-a-test"
NOWHERE = "http://127.0.0.1:9"


def run(
    folder: Path, url: str, *words: str, token: str = TOKEN
) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-I", str(CLIENT), "--spool", str(folder / "spool"), *words]
    environment = {"PATH": os.environ["PATH"], "COUNTERSIGN_URL": url, "COUNTERSIGN_TOKEN": token}
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=False
    )


def sending(name: str = "restore.txt", **changes: str) -> list[str]:
    told = {**FIELDS, **changes}
    return ["send", name, *(f"--field={field}={value}" for field, value in told.items())]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "restore.txt").write_bytes("restored, größer\0".encode())
    return tmp_path


@pytest.mark.django_db(transaction=True)
def test_it_hands_evidence_in_once_however_often_it_is_called(
    live_server: LiveServer, alice: User, folder: Path
) -> None:
    token = calls.give_token(alice, "evidence:write")
    kept = run(folder, NOWHERE, *sending(), token=token)
    assert kept.returncode == 75, kept.stderr
    assert Evidence.objects.count() == 0
    done = run(folder, live_server.url, "flush", token=token)
    assert (done.returncode, done.stdout) == (0, "EV-000001 restore.txt\n"), done.stderr
    again = run(folder, live_server.url, *sending(), token=token)
    assert (again.returncode, again.stdout) == (0, "EV-000001 restore.txt\n"), again.stderr
    stored = Evidence.objects.get()
    assert (stored.title, stored.filename) == (FIELDS["title"], "restore.txt")
    assert list((folder / "spool").iterdir()) == []
    refused = run(folder, live_server.url, *sending(kind="nonsense"), token=token)
    assert refused.returncode == 1
    assert "kind" in refused.stderr


def test_what_cannot_be_sent_waits_in_a_private_folder(folder: Path) -> None:
    for reply in (Reply(status=503), Reply(status=429), Reply(hang_up=True)):
        with Loopback(reply) as server:
            assert run(folder, server.url, *sending()).returncode == 75
    [item] = (folder / "spool").iterdir()
    assert stat.S_IMODE((folder / "spool").stat().st_mode) == 0o700
    assert stat.S_IMODE(item.stat().st_mode) == 0o600
    assert "of-a-test" not in item.read_text(encoding="utf-8", errors="replace")


def test_the_spool_is_sent_in_order_and_stops_where_nobody_answers(folder: Path) -> None:
    for number in range(3):
        run(folder, NOWHERE, *sending(title=f"Item {number}"))
    with Loopback(TAKEN_IN, Reply(status=503)) as server:
        done = run(folder, server.url, "flush")
    assert done.returncode == 75
    assert b"Item 0" in server.asked[0].body
    assert len(server.asked) == 2
    assert len(list((folder / "spool").iterdir())) == 2


def test_a_refused_item_is_put_aside_and_the_others_go_on(folder: Path) -> None:
    for number in range(2):
        run(folder, NOWHERE, *sending(title=f"Item {number}"))
    with Loopback(Reply(b'{"error": {"code": "invalid"}}', status=422), TAKEN_IN) as server:
        done = run(folder, server.url, "flush")
    assert done.returncode == 1
    assert "invalid" in done.stderr
    assert [path.suffix for path in (folder / "spool").iterdir()] == [".refused"]


def test_an_item_that_was_changed_in_the_spool_is_not_sent(folder: Path) -> None:
    run(folder, NOWHERE, *sending())
    [item] = (folder / "spool").iterdir()
    item.write_bytes(item.read_bytes().replace(b"restored", b"rewarded"))
    with Loopback(TAKEN_IN) as server:
        done = run(folder, server.url, "flush")
        assert server.asked == []
    assert done.returncode == 1
    assert "changed in the spool" in done.stderr


def test_key_and_digest_go_along(folder: Path) -> None:
    with Loopback(TAKEN_IN) as server:
        for words in (sending(), sending(), [*sending(), "--key", "mine"], sending(title="Other")):
            assert run(folder, server.url, *words).returncode == 0
    first, again, own, other = (asked.headers["Idempotency-Key"] for asked in server.asked)
    assert first == again != other
    assert own == "mine"
    assert b'name="sha256"' in server.asked[0].body
    assert server.asked[0].headers["Authorization"] == "Bearer of-a-test"


def test_no_redirect_is_followed_with_the_token(folder: Path) -> None:
    with Loopback(TAKEN_IN) as other:
        away = Reply(status=307, headers={"Location": f"{other.url}/api/v1/evidence"})
        with Loopback(away) as server:
            assert run(folder, server.url, *sending()).returncode == 1
        assert other.asked == []


@pytest.mark.parametrize("url", ["http://evidence.example.org", "ftp://127.0.0.2", "nonsense"])
def test_plain_http_is_refused_but_to_this_machine(folder: Path, url: str) -> None:
    done = run(folder, url, *sending())
    assert done.returncode == 2
    assert "https" in done.stderr


def test_a_name_cannot_break_out_of_its_part(folder: Path) -> None:
    name = 'a"\r\nX: y.txt'
    (folder / name).write_bytes(b"x")
    with Loopback(TAKEN_IN) as server:
        assert run(folder, server.url, *sending(name)).returncode == 0
    assert b'filename="a___X: y.txt"' in server.asked[0].body


def test_it_needs_nothing_but_the_standard_library_of_python_3_9() -> None:
    tree = ast.parse(CLIENT.read_text(encoding="utf-8"), feature_version=(3, 9))
    names = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name) or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Match)]


def test_the_how_to_says_where_it_is() -> None:
    text = (ROOT / "docs" / "how-to" / "push-evidence.md").read_text(encoding="utf-8")
    assert "/static/api/push.py" in text
    assert "push.py flush" in text
    assert json.dumps(75) in text
