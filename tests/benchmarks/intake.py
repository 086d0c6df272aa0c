"""Intake of 100 KB items: in-process batches and one by one through the API, at two sizes."""

import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts import tokens
from evidence import intake
from tests import cast
from tests.benchmarks import rows
from tests.benchmarks.stopwatch import Measure, Rival, compared, take_turns
from tests.evidence import items

ITEM = 100_000
BATCH = 50
SENDERS = 4
API_AIM = 100.0


def measure(quick: bool) -> Iterator[Measure]:
    sizes = (1_000, 5_000) if quick else (1_000, 100_000)
    rates = {}
    for size in sizes:
        rows.fill(size)
        ours, floor = take_turns([_receive_batch, _durable_floor])
        rates[size] = BATCH / ours
        yield compared(
            "intake in process, batches of 50",
            f"{size:,} rows",
            (BATCH / ours, "items/s"),
            Rival("durable floor", BATCH / floor, ">= 0.5"),
            ratio=floor / ours,
        )
    first, last = sizes
    yield compared(
        "intake in process, growth",
        f"{last:,} rows",
        (rates[last], "items/s"),
        Rival(f"at {first:,} rows", rates[first], ">= 0.75"),
        ratio=rates[last] / rates[first],
    )
    with _server() as port:
        rate = _push(port, 50 if quick else 300)
    yield compared(
        "intake through the API",
        f"{last:,} rows",
        (rate, "items/s"),
        Rival("aim", API_AIM, ">= 1"),
        ratio=rate / API_AIM,
    )


def _receive_batch() -> None:
    intake.receive_many(
        [
            items.submission(content=secrets.token_bytes(ITEM), filename="item.bin")
            for _ in range(BATCH)
        ],
        actor="system",
    )


def _durable_floor() -> None:
    """The least that keeps a batch safe: hash, encrypt, write and sync files, commit a row each."""
    folder = Path(settings.VAR_DIR) / "floor" / secrets.token_hex(8)
    folder.mkdir(parents=True)
    found = []
    for number in range(BATCH):
        content = secrets.token_bytes(ITEM)
        key = AESGCM.generate_key(bit_length=256)
        sealed = AESGCM(key).encrypt(bytes(12), content, None)
        with (folder / str(number)).open("wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        found.append((sha256(content).hexdigest(), len(content)))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_floor (sha256 text, size bigint)")
        cursor.executemany("INSERT INTO bench_floor VALUES (%s, %s)", found)


@contextmanager
def _server() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "gunicorn", "compliance.wsgi", "--no-control-socket"),
        *("--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "8"),
        *("--log-level", "warning", "--keep-alive", "30"),
    ]
    process = subprocess.Popen(command, stdout=sys.stderr)
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(port: int) -> None:
    for _ in range(100):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    message = "The web server did not start within ten seconds."
    raise TimeoutError(message)


def _push(port: int, total: int) -> float:
    owner = cast.person("administrator")
    _, secret = tokens.issue(
        owner,
        purpose="benchmark",
        scopes=["evidence:write"],
        environment="production",
        expires_at=timezone.now() + timedelta(days=1),
        issued_by=owner,
    )
    bodies = [_multipart() for _ in range(total)]
    start = time.perf_counter()
    with ThreadPoolExecutor(SENDERS) as pool:
        parts = [bodies[place::SENDERS] for place in range(SENDERS)]
        list(pool.map(lambda part: _send(port, secret, part), parts))
    return total / (time.perf_counter() - start)


def _send(port: int, secret: str, bodies: list[bytes]) -> None:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for body in bodies:
        headers = {
            "Authorization": f"Bearer {secret}",
            "Idempotency-Key": secrets.token_hex(16),
            "Content-Type": "multipart/form-data; boundary=bench",
        }
        link.request("POST", "/api/v1/evidence", body, headers)
        answer = link.getresponse()
        said = answer.read()
        if answer.status != 201:
            raise RuntimeError(f"{answer.status}: {said[:300]!r}")
    link.close()


def _multipart() -> bytes:
    plain = items.PLAIN
    fields = {
        "title": plain.title,
        "evidence_type": plain.evidence_type,
        "kind": plain.kind,
        "area": plain.area,
        "source_system": plain.source_system,
        "environment": plain.environment,
        "covers_from": plain.covers_from.isoformat(),
        "covers_to": plain.covers_to.isoformat(),
        "collected_at": plain.collected_at.isoformat(),
        "expectations": json.dumps([]),
    }
    parts = [
        f'--bench\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
        if name != "expectations"
    ]
    head = (
        b'--bench\r\nContent-Disposition: form-data; name="file"; filename="item.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n"
    )
    return b"".join([*parts, head, secrets.token_bytes(ITEM), b"\r\n--bench--\r\n"])
