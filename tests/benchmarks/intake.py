"""Intake of 100 KB items: in-process batches at two sizes, one by one and in batches by the API.

The API answers from the web server as `manage.py up` starts it, to as many senders as it has
threads; its limit is what so many threads can keep safe one by one, without any framework.
"""

import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts import tokens
from compliance import supervisor
from evidence import intake
from tests import cast
from tests.benchmarks import rows
from tests.benchmarks.stopwatch import Measure, Rival, compared, take_turns
from tests.evidence import items

ITEM = 100_000
BATCH = 50
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
    yield from _through_the_api(f"{last:,} rows", turns=4 if quick else 20)


def _through_the_api(size: str, *, turns: int) -> Iterator[Measure]:
    senders = settings.WEB_THREADS
    total = senders * turns
    batches = 2 * BATCH * (1 if turns < 10 else 4)
    with _server() as port:
        singly = _pusher(port, senders, _SINGLE)
        together = _pusher(port, 2, _BATCH_CALL)
        singly(senders)
        together(2 * BATCH)
        seconds, batched, floor = take_turns(
            [
                lambda: singly(total),
                lambda: together(batches),
                lambda: _durable_singles(total, senders),
            ]
        )
    rate, least = total / seconds, total / floor
    for rival, ratio in (
        (Rival("aim", API_AIM, ">= 1"), rate / API_AIM),
        # 100 a second beside the 440 of the machine that the aim was set on.
        (Rival("durable one by one", least, ">= 0.23"), rate / least),
    ):
        name = f"intake through the API, {senders} senders"
        yield compared(name, size, (rate, "items/s"), rival, ratio=ratio)
    rate = batches / batched
    name = f"intake through the API, batches of {BATCH}"
    aim = Rival("aim", API_AIM, ">= 1")
    yield compared(name, size, (rate, "items/s"), aim, ratio=rate / API_AIM)


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
    folder = _floor_folder()
    _note([_keep(folder / secrets.token_hex(8)) for _ in range(BATCH)])


def _durable_singles(total: int, threads: int) -> None:
    """The least that keeps items safe one by one: a synced file and a commit for each."""
    folder = _floor_folder()
    turn = threading.Lock()

    def keep(count: int) -> None:
        for _ in range(count):
            found = _keep(folder / secrets.token_hex(8))
            with turn:
                _note([found])
        connection.close()

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(keep, [total // threads] * threads))


def _floor_folder() -> Path:
    folder = Path(settings.VAR_DIR) / "floor"
    folder.mkdir(exist_ok=True)
    return folder


def _keep(path: Path) -> tuple[str, int]:
    """Hash, encrypt, write and sync one item."""
    content = secrets.token_bytes(ITEM)
    sealed = AESGCM(AESGCM.generate_key(bit_length=256)).encrypt(bytes(12), content, None)
    with path.open("wb") as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    return sha256(content).hexdigest(), len(content)


def _note(found: list[tuple[str, int]]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_floor (sha256 text, size bigint)")
        cursor.executemany("INSERT INTO bench_floor VALUES (%s, %s)", found)


@contextmanager
def _server() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    known = supervisor.parts(
        listen=f"127.0.0.1:{port}", threads=settings.WEB_THREADS, workers=settings.WORKERS
    )
    command = known["web"].command
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


@dataclass(frozen=True)
class _Call:
    """One call to the API that hands items in."""

    path: str
    items: int
    body: Callable[[], bytes]


def _pusher(port: int, senders: int, call: _Call) -> Callable[[int], None]:
    """Return what hands so many items in, by senders that keep their connections."""
    owner = cast.person("administrator")

    def push(total: int) -> None:
        # A token of its own for each turn, so that the limit of calls a minute is not what counts.
        _, secret = tokens.issue(
            owner,
            purpose="benchmark",
            scopes=["evidence:write"],
            environment="production",
            expires_at=timezone.now() + timedelta(days=1),
            issued_by=owner,
        )
        each = total // senders // call.items
        with ThreadPoolExecutor(senders) as pool:
            list(pool.map(lambda count: _send(port, secret, call, count), [each] * senders))

    return push


def _send(port: int, secret: str, call: _Call, count: int) -> None:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(count):
        headers = {
            "Authorization": f"Bearer {secret}",
            "Idempotency-Key": secrets.token_hex(16),
            "Content-Type": "multipart/form-data; boundary=bench",
        }
        link.request("POST", call.path, call.body(), headers)
        answer = link.getresponse()
        said = answer.read()
        if answer.status != 201:
            raise RuntimeError(f"{answer.status}: {said[:300]!r}")
    link.close()


def _one_body() -> bytes:
    parts = [_text_part(name, value) for name, value in _fields().items()]
    return b"".join([*parts, _file_part("file"), b"--bench--\r\n"])


def _batch_body() -> bytes:
    listed = [
        {**_fields(), "file": f"file-{number}", "idempotency_key": secrets.token_hex(16)}
        for number in range(BATCH)
    ]
    files = [_file_part(f"file-{number}") for number in range(BATCH)]
    return b"".join([_text_part("items", json.dumps(listed)), *files, b"--bench--\r\n"])


def _fields() -> dict[str, str]:
    plain = items.PLAIN
    return {
        "title": plain.title,
        "evidence_type": plain.evidence_type,
        "kind": plain.kind,
        "area": plain.area,
        "source_system": plain.source_system,
        "environment": plain.environment,
        "covers_from": plain.covers_from.isoformat(),
        "covers_to": plain.covers_to.isoformat(),
        "collected_at": plain.collected_at.isoformat(),
    }


def _text_part(name: str, value: str) -> bytes:
    return f'--bench\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def _file_part(name: str) -> bytes:
    head = (
        f'--bench\r\nContent-Disposition: form-data; name="{name}"; filename="item.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode() + secrets.token_bytes(ITEM) + b"\r\n"


_SINGLE = _Call("/api/v1/evidence", 1, _one_body)
_BATCH_CALL = _Call("/api/v1/evidence/batch", BATCH, _batch_body)
