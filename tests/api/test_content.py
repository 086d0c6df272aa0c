"""The bytes of an item: exact, resumable, never run by a browser, and never handed out unseen."""

import gc
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import ApiToken, User
from evidence.errors import BlobDamagedError
from evidence.models import BlobKey, Evidence, LedgerEntry
from tests.api import calls
from tests.api.calls import EVIDENCE, Program
from tests.evidence.disposal import WHY, dispose_of

pytestmark = pytest.mark.django_db
BYTES = bytes(range(256)) * 3_000
"""Three sealed chunks, the last one not full."""


def fetch(robot: Program, address: str, **headers: str) -> tuple[Any, bytes]:
    """Answer and body of a download that is read to its end."""
    answer = robot.get(address, **headers)
    return answer, b"".join(answer) if answer.streaming else answer.content


@pytest.fixture
def stored(db: None) -> Evidence:
    return calls.evidence(content=BYTES, filename="Zürich report.html")


@pytest.fixture
def address(stored: Evidence) -> str:
    return f"{EVIDENCE}/{stored.ref}/content"


def test_the_bytes_come_as_they_went_in(robot: Program, stored: Evidence, address: str) -> None:
    answer, body = fetch(robot, address)
    assert answer.status_code == 200
    assert body == BYTES
    assert answer.headers["Content-Length"] == str(len(BYTES))
    assert answer.headers["ETag"] == f'"{sha256(BYTES).hexdigest()}"'
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_a_browser_saves_the_bytes_and_does_not_run_them(robot: Program, address: str) -> None:
    answer, _ = fetch(robot, address, Accept="image/png")
    disposition = answer.headers["Content-Disposition"]
    assert disposition == "attachment; filename*=utf-8''Z%C3%BCrich%20report.html"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_every_download_leaves_a_leaf(robot: Program, stored: Evidence, address: str) -> None:
    fetch(robot, address)
    fetch(robot, address, Range="bytes=5-9")
    leaves = LedgerEntry.objects.filter(kind="access")
    assert len(leaves) == 2
    leaf = json.loads(leaves[0].leaf)
    assert leaf["subject"] == stored.ref
    assert leaf["actor"] == f"token:{ApiToken.objects.get().pk}"
    assert leaf["body"] == {"what": "download", "sha256": stored.blob_id}


CHUNK = 256 * 1024
END = len(BYTES)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, END),
        ("bytes=10-19", 10, 20),
        (f"bytes={CHUNK - 1}-{CHUNK}", CHUNK - 1, CHUNK + 1),
        (f"bytes={CHUNK}-{2 * CHUNK - 1}", CHUNK, 2 * CHUNK),
        (f"bytes={END - 1}-", END - 1, END),
        ("bytes=-7", END - 7, END),
        (f"bytes=-{END * 2}", 0, END),
        (f"bytes=5-{END * 2}", 5, END),
    ],
)
def test_a_download_resumes_anywhere(
    robot: Program, address: str, asked: str, start: int, end: int
) -> None:
    answer, body = fetch(robot, address, Range=asked)
    assert answer.status_code == 206
    assert body == BYTES[start:end]
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{END}"
    assert answer.headers["Content-Length"] == str(end - start)


@pytest.mark.parametrize(
    "asked", ["bytes=9-5", "bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "bytes=1", ""]
)
def test_a_range_that_means_nothing_gives_the_whole(
    robot: Program, address: str, asked: str
) -> None:
    answer, body = fetch(robot, address, Range=asked)
    assert answer.status_code == 200
    assert body == BYTES


@pytest.mark.parametrize("asked", [f"bytes={END}-", f"bytes={END * 9}-{END * 10}", "bytes=-0"])
def test_a_range_outside_the_file_is_refused(robot: Program, address: str, asked: str) -> None:
    answer = robot.get(address, Range=asked)
    said = calls.error(answer, 416, "range")
    assert f"{END} bytes" in said["message"]
    assert answer.headers["Content-Range"] == f"bytes */{END}"
    assert not LedgerEntry.objects.filter(kind="access").exists()


def test_a_part_of_another_version_is_never_mixed_in(robot: Program, address: str) -> None:
    etag = fetch(robot, address)[0].headers["ETag"]
    assert fetch(robot, address, Range="bytes=1-2", If_Range=etag)[1] == BYTES[1:3]
    assert fetch(robot, address, Range="bytes=1-2", If_Range='"other"')[1] == BYTES


def test_bytes_that_the_caller_has_are_not_sent_again(robot: Program, address: str) -> None:
    etag = fetch(robot, address)[0].headers["ETag"]
    answer, body = fetch(robot, address, If_None_Match=f'"x", {etag}')
    assert answer.status_code == 304
    assert body == b""
    assert LedgerEntry.objects.filter(kind="access").count() == 1


def test_a_missing_file_is_an_error_of_ours(
    robot: Program, address: str, settings: Settings
) -> None:
    Path(settings.STORE_DIR, BlobKey.objects.get().location).unlink()
    calls.error(robot.get(address), 500, "internal_error")
    assert not LedgerEntry.objects.filter(kind="access").exists()


def test_content_that_was_disposed_of_is_said_with_the_reason(
    robot: Program, address: str, alice: User
) -> None:
    dispose_of(Evidence.objects.get(), by=alice)
    error = calls.error(robot.get(address), 410, "disposed")
    assert f"because: {WHY}" in error["message"]
    assert not LedgerEntry.objects.filter(kind="access").exists()


def test_damaged_bytes_break_the_download_off(
    robot: Program, address: str, settings: Settings
) -> None:
    path = Path(settings.STORE_DIR, BlobKey.objects.get().location)
    sealed = bytearray(path.read_bytes())
    sealed[CHUNK + 500] ^= 1
    path.write_bytes(sealed)
    with pytest.raises(BlobDamagedError):
        fetch(robot, address)


def test_a_download_that_nobody_reads_leaves_no_open_file(robot: Program, address: str) -> None:
    answer = robot.get(address)
    answer.close()
    del answer
    gc.collect()


def test_an_unknown_reference_is_not_found(robot: Program) -> None:
    calls.error(robot.get(f"{EVIDENCE}/EV-999999/content"), 404, "not_found")


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE"])
def test_it_refuses_a_wrong_method(robot: Program, address: str, method: str) -> None:
    answer = robot.call(method, address)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET"


def test_it_refuses_charlie(charlie: User, address: str) -> None:
    calls.error(calls.program(charlie).get(address), 403, "insufficient_scope")
    assert not LedgerEntry.objects.filter(kind="access").exists()


def test_it_costs_a_bounded_number_of_queries(robot: Program, address: str) -> None:
    fetch(robot, address)
    with CaptureQueriesContext(connection) as queries:
        fetch(robot, address)
    assert len(queries) <= 12
